// A Speech resource that takes Entra tokens only, which needs a subdomain of its own.

@description('Name of the resource, and its subdomain.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Whether requests may come from any network. They need a role in any case.')
param open bool

@description('Workspace that requests are logged to, without their content.')
param workspaceId string

resource speech 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_134:Closed with privateNetwork. Without it, requests from anywhere need a role all the same.
  // checkov:skip=CKV_AZURE_238:It enters nothing by itself; results are written through a link that it is given.
  name: name
  location: location
  tags: tags
  kind: 'SpeechServices'
  sku: {
    // Batch synthesis refuses F0.
    name: 'S0'
  }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: open ? 'Enabled' : 'Disabled'
    networkAcls: {
      defaultAction: open ? 'Allow' : 'Deny'
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: speech
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'Audit'
        enabled: true
      }
      {
        category: 'RequestResponse'
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

@description('Resource id of the resource.')
output id string = speech.id
