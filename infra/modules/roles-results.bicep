// Who may do what in the account of the results: the inbox's, or one of its own.

@description('Name of the account.')
param accountName string

@description('Container where results appear.')
param resultsContainerName string

@description('Object id of the app\'s identity.')
param appPrincipalId string

@description('Object id of who deploys. Empty: nobody.')
param deployerPrincipalId string

@description('Kinds of principals that may deploy.')
type principalKind = 'User' | 'Group' | 'ServicePrincipal'

@description('What kind of principal that is.')
param deployerPrincipalType principalKind

var blobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
var blobDelegator = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a')

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource results 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobs
  name: resultsContainerName
}

// The pipeline copies audio, and writes manifests.
resource appWritesResults 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(results.id, appPrincipalId, blobDataContributor)
  scope: results
  properties: {
    roleDefinitionId: blobDataContributor
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The endpoint writes audio through a link that the pipeline signs. The key for it is asked of the account, not of a
// container, so the scope cannot be narrower; a link can do no more than its signer, which is the role above.
resource appSignsLinks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipalId, blobDelegator)
  scope: account
  properties: {
    roleDefinitionId: blobDelegator
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The smoke test reads the manifest of its word, and removes what was made of it.
resource deployerReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(results.id, deployerPrincipalId, blobDataContributor)
  scope: results
  properties: {
    roleDefinitionId: blobDataContributor
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
  }
}
