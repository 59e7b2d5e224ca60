// The workbook: what the app's telemetry shows. infra/workbook.py makes its content of the queries in infra/queries.

@description('Name that the portal shows.')
param displayName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // A workbook's name is a GUID.
  name: guid(workspaceId, 'speechdrop')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    version: '1.0'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('../workbook.json'), '{workspaceId}', workspaceId)
  }
}

@description('Resource id of the workbook.')
output id string = workbook.id
