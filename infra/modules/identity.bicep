// The identity of the app: it runs as it, and fetches its package as it. No other is used, and nothing has a key.

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Name of the identity.')
output name string = identity.name

@description('Object id, which roles are given to.')
output principalId string = identity.properties.principalId
