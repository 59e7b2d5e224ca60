// One storage account, hardened: identities only, TLS 1.2, nothing public, soft delete, writes logged.

@description('Name of the account.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('SKU: how often, and where, data is kept.')
type replication = 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@description('SKU of the account.')
param redundancy replication

@description('Whether requests may come from any network. They need a role in any case.')
param open bool

@description('Whether Event Grid may write dead letters where other networks may not enter. It needs a role in any case.')
param takesDeadLetters bool

@minValue(1)
@maxValue(365)
@description('For how many days deleted blobs can be had back.')
param softDeleteDays int

@description('Origin whose pages may read blobs in a browser. Empty: none.')
param corsOrigin string

@description('Rules of the lifecycle policy.')
param lifecycleRules array

@description('Workspace that writes and deletions are logged to.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  // checkov:skip=CKV_AZURE_206:How often data is kept is an option, storageRedundancy.
  // checkov:skip=CKV_AZURE_35:Closed with privateNetwork. Without it, requests from anywhere need a role all the same.
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // `Disabled` would also keep out the services that Azure trusts, of which Event Grid is one.
    publicNetworkAccess: open || takesDeadLetters ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: takesDeadLetters ? 'AzureServices' : 'None'
      defaultAction: open ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    cors: {
      corsRules: empty(corsOrigin) ? [] : [
        {
          allowedOrigins: [
            corsOrigin
          ]
          allowedMethods: [
            'GET'
            'HEAD'
          ]
          allowedHeaders: [
            'range'
            'x-ms-*'
          ]
          exposedHeaders: [
            'content-length'
            'content-range'
          ]
          maxAgeInSeconds: 3600
        }
      ]
    }
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = if (!empty(lifecycleRules)) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: lifecycleRules
    }
  }
  dependsOn: [
    blobs
  ]
}

// Reads are left out: they are the bulk, and metrics count them.
resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

@description('Name of the account.')
output name string = account.name

@description('Resource id of the account.')
output id string = account.id
