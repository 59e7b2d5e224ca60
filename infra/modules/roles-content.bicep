// Who may do what in the account of the inbox. It is the users' account, so each scope is a container or a queue.

@description('Name of the account.')
param accountName string

@description('Container where documents are dropped.')
param inboxContainerName string

@description('Container of events that could not be delivered.')
param deadLetterContainerName string

@description('Object id of the app\'s identity.')
param appPrincipalId string

@description('Object id of the identity of the Event Grid topic.')
param topicPrincipalId string

@description('Object id of who deploys. Empty: nobody.')
param deployerPrincipalId string

@description('Kinds of principals that may deploy.')
type principalKind = 'User' | 'Group' | 'ServicePrincipal'

@description('What kind of principal that is.')
param deployerPrincipalType principalKind

var blobDataOwner = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')
var blobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
var queueDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource inbox 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: inboxContainerName
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: deadLetterContainerName
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' existing = {
  parent: queueService
  name: 'webjobs-blobtrigger-poison'
}

// Microsoft names this role for the blob trigger. The pipeline itself only reads and lists here. Of the account the host
// would ask more (what is logged of blobs) only if it looked for them by itself; it is told of them by Event Grid.
resource appReadsInbox 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(inbox.id, appPrincipalId, blobDataOwner)
  scope: inbox
  properties: {
    roleDefinitionId: blobDataOwner
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The host puts messages of failed blob triggers here, in the account of the trigger's connection.
resource appUsesPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(poison.id, appPrincipalId, queueDataContributor)
  scope: poison
  properties: {
    roleDefinitionId: queueDataContributor
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Event Grid writes events here that it could not deliver.
resource topicWritesDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topicPrincipalId, blobDataContributor)
  scope: deadLetters
  properties: {
    roleDefinitionId: blobDataContributor
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The smoke test drops a word, and removes it.
resource deployerDrops 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(inbox.id, deployerPrincipalId, blobDataContributor)
  scope: inbox
  properties: {
    roleDefinitionId: blobDataContributor
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
  }
}
