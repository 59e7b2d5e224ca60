// Private endpoints of what is closed to other networks, each in the zone that resolves it.

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Subnet that they lie in.')
param subnetId string

@description('DNS zones by group id: blob, queue, table, account.')
param zoneIds object

@description('Resource id of the host\'s account.')
param hostAccountId string

@description('Resource id of the content account. Empty: its owner sees to it.')
param contentAccountId string

@description('Resource id of the Speech resource. Empty: there is none, or its owner sees to it.')
param speechId string

var hostEndpoints = [
  {
    name: 'host-blob'
    target: hostAccountId
    group: 'blob'
  }
  {
    name: 'host-queue'
    target: hostAccountId
    group: 'queue'
  }
  {
    name: 'host-table'
    target: hostAccountId
    group: 'table'
  }
]
var contentEndpoints = empty(contentAccountId) ? [] : [
  {
    name: 'content-blob'
    target: contentAccountId
    group: 'blob'
  }
  {
    name: 'content-queue'
    target: contentAccountId
    group: 'queue'
  }
]
var speechEndpoints = empty(speechId) ? [] : [
  {
    name: 'speech'
    target: speechId
    group: 'account'
  }
]
var wanted = concat(hostEndpoints, contentEndpoints, speechEndpoints)

resource endpoints 'Microsoft.Network/privateEndpoints@2024-07-01' = [for item in wanted: {
  name: 'pe-${item.name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: item.name
        properties: {
          privateLinkServiceId: item.target
          groupIds: [
            item.group
          ]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (item, index) in wanted: {
  parent: endpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: item.group
        properties: {
          privateDnsZoneId: zoneIds[item.group]
        }
      }
    ]
  }
}]
