// The topic of the content account's events. infra/events.bicep subscribes to it once the code is live.

@description('Name of the topic.')
param name string

@description('Region of the account: Azure wants the same.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the account. An account has one topic at most.')
param sourceId string

@description('Workspace that failed deliveries are logged to.')
param workspaceId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    // By its own identity it may write dead letters also where the account is closed.
    type: 'SystemAssigned'
  }
  properties: {
    source: sourceId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Name of the topic.')
output name string = topic.name

@description('Object id of its identity.')
output principalId string = topic.identity.principalId
