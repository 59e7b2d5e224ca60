// The app: a Flex Consumption plan, the function app on it, and its settings.

@description('Name of the app, and of its host below azurewebsites.net.')
param name string

@description('Name of the plan. Flex Consumption has one app on each.')
param planName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Name of the identity that the app runs as.')
param identityName string

@description('Name of the Application Insights component.')
param appInsightsName string

@description('Workspace that the host logs to.')
param workspaceId string

@description('Name of the host\'s account.')
param hostAccountName string

@description('Container of the host\'s account that the code is deployed from.')
param packageContainerName string

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Most instances of each group of functions.')
param maximumInstanceCount int

@description('Instances of the HTTP functions that always wait.')
param alwaysReadyHttp int

@description('Instances for new documents that always wait.')
param alwaysReadyIntake int

@description('Instances that always wait for something to speak.')
param alwaysReadySpeak int

@description('Subnet that the app runs in. Empty: none.')
param subnetId string

@description('Whether the service is on.')
param selfHostedService bool

@description('The Batch Synthesis endpoint. Empty: this app\'s own.')
param speechEndpoint string

@description('Blob endpoint of the content account.')
param contentBlobEndpoint string

@description('Queue endpoint of the content account.')
param contentQueueEndpoint string

@description('Blob endpoint of the results\' account. Empty: the content account.')
param resultsBlobEndpoint string

@description('Object id of who deploys, who may call the service. Empty: nobody.')
param deployerPrincipalId string

@description('Settings that are names of what the templates make.')
param names object

@description('Settings that were given at deployment. They win.')
param settings object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostAccountName
}

// ---- Settings

// `clientId` is read by the host and by shared/settings.py; `credential` by the host alone.
var connections = {
  AzureWebJobsStorage__blobServiceUri: host.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: host.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: host.properties.primaryEndpoints.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  CONTENT_STORAGE__blobServiceUri: contentBlobEndpoint
  CONTENT_STORAGE__queueServiceUri: contentQueueEndpoint
  CONTENT_STORAGE__credential: 'managedidentity'
  CONTENT_STORAGE__clientId: identity.properties.clientId
}
var resultsConnection = empty(resultsBlobEndpoint) ? {} : {
  RESULTS_STORAGE__blobServiceUri: resultsBlobEndpoint
  RESULTS_STORAGE__credential: 'managedidentity'
  RESULTS_STORAGE__clientId: identity.properties.clientId
}
// The worker sets OpenTelemetry up by these before it imports the app. Calls that the app makes are not told one by one:
// a document has some hundred of them, and their addresses hold its path.
var telemetry = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: appInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
  PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
  PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME: 'shared'
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,httpx2,psycopg2,requests,urllib,urllib3'
}

// Every name between % signs in function_app.py, whether its function is on or off: the host wants them all.
var schedules = {
  POLL_SCHEDULE: '0 * * * * *'
  SWEEP_SCHEDULE: '0 */5 * * * *'
  TEND_SCHEDULE: '30 * * * * *'
  PURGE_SCHEDULE: '0 0 * * * *'
}

// Event Grid tells of documents; the sweep takes in what is still untold of after half an hour.
var patience = {
  SWEEP_PATIENCE_SECONDS: '1800'
}

// The service's callers show Entra tokens: the pipeline as the app's identity, and who deployed.
var loginEndpoint = environment().authentication.loginEndpoint
var callers = empty(deployerPrincipalId) ? identity.properties.principalId : '${identity.properties.principalId},${deployerPrincipalId}'
var serviceOn = {
  ENTRA_ISSUERS: 'https://sts.windows.net/${tenant().tenantId}/,${loginEndpoint}${tenant().tenantId}/v2.0'
  ENTRA_KEYS_URL: '${loginEndpoint}${tenant().tenantId}/discovery/v2.0/keys'
  ENTRA_TENANT: tenant().tenantId
  ENTRA_OBJECT_IDS: callers
}

// Every function whose name begins with `service_`.
var serviceOff = {
  'AzureWebJobs.service_synthesis.Disabled': 'true'
  'AzureWebJobs.service_syntheses.Disabled': 'true'
  'AzureWebJobs.service_preview_synthesis.Disabled': 'true'
  'AzureWebJobs.service_preview_syntheses.Disabled': 'true'
  'AzureWebJobs.service_operation.Disabled': 'true'
  'AzureWebJobs.service_voices.Disabled': 'true'
  'AzureWebJobs.service_nothing.Disabled': 'true'
  'AzureWebJobs.service_preview_nothing.Disabled': 'true'
  'AzureWebJobs.service_openapi.Disabled': 'true'
  'AzureWebJobs.service_speak.Disabled': 'true'
  'AzureWebJobs.service_tend.Disabled': 'true'
  'AzureWebJobs.service_purge.Disabled': 'true'
}

var endpoint = {
  SPEECH_ENDPOINT: empty(speechEndpoint) ? 'https://${site.properties.defaultHostName}' : speechEndpoint
}

// ---- Resources

var httpReady = alwaysReadyHttp == 0 ? [] : [
  {
    name: 'http'
    instanceCount: alwaysReadyHttp
  }
]
var intakeReady = alwaysReadyIntake == 0 ? [] : [
  {
    name: 'blob'
    instanceCount: alwaysReadyIntake
  }
]
var speakReady = alwaysReadySpeak == 0 ? [] : [
  {
    name: 'function:service_speak'
    instanceCount: alwaysReadySpeak
  }
]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  // checkov:skip=CKV_AZURE_225:Not every region has zones. Rows and queues outlive an instance, and a sweep finds what it lost.
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  // checkov:skip=CKV_AZURE_17:Event Grid's webhook shows no client certificate, and nor do callers of the service.
  // checkov:skip=CKV_AZURE_78:Flex Consumption has no FTP, and takes no ftpsState.
  // checkov:skip=CKV_AZURE_212:Flex Consumption scales to nothing, which is what makes it cheap. Always-ready instances are an option.
  // checkov:skip=CKV_AZURE_213:Flex Consumption has no health check path: the platform watches its instances.
  // checkov:skip=CKV_AZURE_222:Event Grid's webhook comes from outside; it shows the key of the blob extension.
  name: name
  location: location
  // azd finds the app by its service's name in azure.yaml.
  tags: union(tags, {
    'azd-service-name': 'app'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Event Grid's webhook comes from outside, also with a private network.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identity.id
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${host.properties.primaryEndpoints.blob}${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.12'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(httpReady, intakeReady, speakReady)
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  // These checks are for the configuration `web`; this is `appsettings`, which has environment variables only.
  // checkov:skip=CKV_AZURE_13:Not this configuration's. Callers are known by their Entra token, which our code checks.
  // checkov:skip=CKV_AZURE_63:Not this configuration's. Requests are in Application Insights.
  // checkov:skip=CKV_AZURE_65:Not this configuration's, and of Windows.
  // checkov:skip=CKV_AZURE_66:Not this configuration's, and of Windows.
  // checkov:skip=CKV_AZURE_80:Not this configuration's. The app is Python.
  // checkov:skip=CKV_AZURE_88:Not this configuration's. Nothing is kept in files.
  // checkov:skip=CKV_AZURE_222:Not this configuration's. See the site.
  parent: site
  name: 'appsettings'
  properties: union(connections, resultsConnection, telemetry, schedules, patience, names, endpoint, selfHostedService ? serviceOn : serviceOff, settings)
}

// Passwords for deployment off, by both ways that there are.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

// What the host says where telemetry does not come through.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: site
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
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

@description('Name of the app.')
output name string = site.name

@description('Its address.')
output url string = 'https://${site.properties.defaultHostName}'
