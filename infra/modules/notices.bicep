// Whom alerts and the budget tell: an address, and who owns the subscription.

@description('Name of the action group.')
param name string

@description('Tags.')
param tags object

@description('An address, or empty.')
param email string

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'speechdrop'
    enabled: true
    armRoleReceivers: [
      {
        name: 'owners'
        // Owner. So somebody is told where no address was given.
        roleId: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'
        useCommonAlertSchema: true
      }
    ]
    emailReceivers: empty(email) ? [] : [
      {
        name: 'address'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

@description('Resource id of the action group.')
output id string = group.id
