// What the app may do with the queue of notices.

@description('Name of the content account.')
param accountName string

@description('The queue.')
param queueName string

@description('Object id of the app\'s identity.')
param appPrincipalId string

var queueMessageSender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a')

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' existing = {
  parent: queueService
  name: queueName
}

// The pipeline tells of each document that has ended; it never reads them.
resource appSendsNotices 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(queue.id, appPrincipalId, queueMessageSender)
  scope: queue
  properties: {
    roleDefinitionId: queueMessageSender
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}
