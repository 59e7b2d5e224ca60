// Who may call the Speech resource, which may be one that was there before.

@description('Name of the resource.')
param accountName string

@description('Object id of the app\'s identity.')
param appPrincipalId string

@description('Object id of who deploys. Empty: nobody.')
param deployerPrincipalId string

@description('Kinds of principals that may deploy.')
type principalKind = 'User' | 'Group' | 'ServicePrincipal'

@description('What kind of principal that is.')
param deployerPrincipalType principalKind

// It may synthesize, and cannot list keys.
var speechUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'f2dc8367-1007-4938-bd23-fe263f013447')

resource speech 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = {
  name: accountName
}

// The pipeline creates, lists and gets syntheses.
resource appSpeaks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(speech.id, appPrincipalId, speechUser)
  scope: speech
  properties: {
    roleDefinitionId: speechUser
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The smoke test puts the endpoint's promises to the test.
resource deployerProbes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(speech.id, deployerPrincipalId, speechUser)
  scope: speech
  properties: {
    roleDefinitionId: speechUser
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
  }
}

@description('Its endpoint, with the subdomain that tokens need.')
output endpoint string = speech.properties.endpoint
