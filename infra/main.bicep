// The first deployment of `azd up`: all that can exist before the code does. infra/events.bicep is the second.
//
// Scope: the subscription, so that the resource group is part of the deployment. azd then asks for no group, and
// `azd down` removes the group with all that is in it. Everything else is a module in that group; only containers and
// role assignments of accounts that were there before lie in theirs.
targetScope = 'subscription'

// ---- What azd asks for, or knows

@minLength(1)
@maxLength(64)
@description('Name of the environment. Names of resources are made of it.')
param environmentName string

@minLength(1)
@description('Region of all resources. It needs Flex Consumption, and Speech with batch synthesis.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Who deploys, for the roles that the smoke test needs. Empty: nobody gets them.')
param principalId string = ''

@description('Kinds of principals that may deploy.')
type principalKind = 'User' | 'Group' | 'ServicePrincipal'

@description('What kind of principal deploys.')
param principalType principalKind = 'User'

// ---- Options: see docs/infra.md

@description('Serve the Batch Synthesis API from this app, and speak by it: no Speech resource is made or used.')
param selfHostedService bool = false

@description('Storage, and Speech, take requests from the app\'s own network only.')
param privateNetwork bool = false

@description('Resource id of an account that is there, for inbox and results. Empty: one is made.')
param existingStorageId string = ''

@description('Resource id of a Speech resource that is there, with a custom subdomain. Empty: one is made.')
param existingSpeechId string = ''

@description('How often, and where, data is kept: thrice in one place, in three zones, or also in a second region.')
type redundancy = 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@description('How often, and where, data is kept.')
param storageRedundancy redundancy = 'Standard_LRS'

@minLength(3)
@maxLength(63)
@description('Container where documents are dropped.')
param inboxContainerName string = 'inbox'

@minLength(3)
@maxLength(63)
@description('Container where manifests and audio appear.')
param resultsContainerName string = 'results'

@description('Queue of the content account that is told of each document that has ended (docs/notices.md). Empty: none.')
param noticeQueueName string = ''

@description('Sizes of instances that Flex Consumption has, in MB.')
type instanceMemory = 512 | 2048 | 4096

@description('Memory of an instance, in MB. Speaking needs 2048.')
param instanceMemoryMB instanceMemory = 2048

@minValue(1)
@maxValue(1000)
@description('Most instances at once, of each group of functions that scales.')
param maximumInstanceCount int = 40

@minValue(0)
@maxValue(100)
@description('Instances of the HTTP functions that always wait. They are billed by the hour.')
param alwaysReadyHttp int = 0

@minValue(0)
@maxValue(100)
@description('Instances for new documents that always wait.')
param alwaysReadyIntake int = 0

@minValue(0)
@maxValue(100)
@description('Instances that always wait for something to speak.')
param alwaysReadySpeak int = 0

@description('Address that alerts and the budget write to, besides the owners of the subscription. Empty: only to them.')
param noticeEmail string = ''

@minValue(0)
@description('Amount a month, in the currency of the subscription, at 80 % of which a notice is sent. 0: no budget.')
param monthlyBudget int = 100

@description('First day of the first month of the budget. Azure lets nobody change it: azd keeps the first one.')
param budgetStart string = ''

@description('First day of this month.')
param thisMonth string = utcNow('yyyy-MM-01')

// The one place for an app setting that may be set at deployment: each is a field of shared/settings.py in capitals, and
// the README explains it. A test compares them. A secret is written as a reference to a key vault's, never as itself.
@description('App settings by name.')
type appSettings = {
  ACCEPT_WINDOW_SECONDS: string?
  ACTIVE_LIMIT_PERCENT: string?
  BACK_OFF_FIRST_SECONDS: string?
  BACK_OFF_MOST_SECONDS: string?
  BYOS_CONTAINER: string?
  COLLECT_SECONDS: string?
  DAILY_CHARACTERS: string?
  DEADLINE_SECONDS: string?
  DESTINATION_BACKDATE_SECONDS: string?
  DESTINATION_HOSTS: string?
  DESTINATION_PATIENCE_SECONDS: string?
  DESTINATION_SECONDS: string?
  DESTINATION_VERDICT_SECONDS: string?
  DRY_RUN: string?
  ENGINE: string?
  ENTRA_AUDIENCE: string?
  ENTRA_OBJECT_IDS: string?
  EXTRAS_AT_ONCE_BYTES: string?
  FETCH_HOSTS: string?
  FUNCTION_GRACE_SECONDS: string?
  FUNCTION_TIMEOUT_SECONDS: string?
  HTTP_TIMEOUT_SECONDS: string?
  INPUT_CHARACTERS: string?
  KEEP_REQUESTS_SECONDS: string?
  KEEP_ROWS_DAYS: string?
  LEASE_MARGIN_SECONDS: string?
  LEASE_SECONDS: string?
  LEDGER: string?
  MAX_ACTIVE_JOBS: string?
  MAX_ATTEMPTS: string?
  MAX_BOOK_BYTES: string?
  MAX_BOOK_ENTRIES: string?
  MAX_BOOK_RATIO: string?
  MAX_COVER_BYTES: string?
  MAX_DOCUMENT_BYTES: string?
  MAX_OPTION_BYTES: string?
  MAX_OPTION_FOLDERS: string?
  MAX_REQUESTS_PER_SECOND: string?
  MAX_RESULT_BYTES: string?
  MAX_STARTS: string?
  MISSING_FILE_SECONDS: string?
  MONTHLY_CHARACTERS: string?
  NOTICE_BACK_OFF_MOST_SECONDS: string?
  NOTICE_ROUND_SECONDS: string?
  NOTICE_SECONDS: string?
  NOTICE_SECRET: string?
  NOTICE_URL: string?
  OUTPUT_FORMAT: string?
  PACK_OLDEST_SECONDS: string?
  PACK_QUIET_SECONDS: string?
  PACK_RECENT_SECONDS: string?
  POISON_HIDDEN_SECONDS: string?
  POLL_SCHEDULE: string?
  PRICE_PER_MILLION: string?
  PURGE_SCHEDULE: string?
  REPLACED_FILES_SECONDS: string?
  REQUEST_LIMIT_PERCENT: string?
  RESULT_LINK_SECONDS: string?
  SEGMENT_CHARACTERS: string?
  SERVICE_KEYS: string?
  SLICE_DOCUMENTS: string?
  SPEAK_LEASE_SECONDS: string?
  SPEECH_API_VERSION: string?
  SPEECH_KEY: string?
  STUCK_SECONDS: string?
  SWEEP_OVERLAP_SECONDS: string?
  SWEEP_PATIENCE_SECONDS: string?
  SWEEP_SCHEDULE: string?
  SWEEP_SECONDS: string?
  TEND_SCHEDULE: string?
  UNSEEN_GET_SECONDS: string?
  VOICE: string?
}

@description('App settings that differ from their defaults, by name.')
param settings appSettings = {}

// ---- Names

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}
var groupName = 'rg-${environmentName}'
var appName = 'func-${token}'
var deadLetterContainerName = 'dead-letters'
var eventSubscriptionName = 'inbox'

// Of the host's account. The app is told of those that are settings.
var packageContainerName = 'app-package'
var workContainerName = 'speechdrop-work'
var serviceContainerName = 'synthesis-work'
var serviceOutputsContainerName = 'batchsynthesis-output'

// The app's own page may read audio in the browser.
var appOrigin = 'https://${appName}.azurewebsites.net'

// Azure's Speech writes results from its own network, so their account has to be open where the inbox's is closed.
var separateResults = privateNetwork && !selfHostedService
var makesStorage = empty(existingStorageId)
var makesSpeech = !selfHostedService && empty(existingSpeechId)

// By the ids, not by what is made: Resource Manager works scopes out also where a condition keeps a module from being made.
var contentAccountName = makesStorage ? 'st${token}in' : split(existingStorageId, '/')[8]
var contentGroup = makesStorage ? groupName : split(existingStorageId, '/')[4]
var speechName = empty(existingSpeechId) ? 'spch-${token}' : split(existingSpeechId, '/')[8]
var speechSubscription = empty(existingSpeechId) ? subscription().subscriptionId : split(existingSpeechId, '/')[2]
var speechGroup = empty(existingSpeechId) ? groupName : split(existingSpeechId, '/')[4]

// ---- Lifecycle rules

// A net below the service's own timer, which removes a synthesis at the end of its time to live: 31 days at most.
var serviceRules = selfHostedService ? [
  {
    name: 'delete-forgotten-syntheses'
    enabled: true
    type: 'Lifecycle'
    definition: {
      actions: {
        baseBlob: {
          delete: {
            daysAfterModificationGreaterThan: 40
          }
        }
      }
      filters: {
        blobTypes: [
          'blockBlob'
        ]
        prefixMatch: [
          '${serviceContainerName}/'
          '${serviceOutputsContainerName}/'
        ]
      }
    }
  }
] : []

var resultsRules = [
  {
    name: 'cool-old-results'
    enabled: true
    type: 'Lifecycle'
    definition: {
      actions: {
        baseBlob: {
          tierToCool: {
            daysAfterModificationGreaterThan: 90
          }
        }
      }
      filters: {
        blobTypes: [
          'blockBlob'
        ]
        prefixMatch: [
          '${resultsContainerName}/'
        ]
      }
    }
  }
]

// Whatever they told of, the sweep has found since.
var deadLetterRules = [
  {
    name: 'delete-old-dead-letters'
    enabled: true
    type: 'Lifecycle'
    definition: {
      actions: {
        baseBlob: {
          delete: {
            daysAfterModificationGreaterThan: 30
          }
        }
      }
      filters: {
        blobTypes: [
          'blockBlob'
        ]
        prefixMatch: [
          '${deadLetterContainerName}/'
        ]
      }
    }
  }
]

// ---- Resources

resource rg 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: rg
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: rg
  params: {
    workspaceName: 'log-${token}'
    appInsightsName: 'appi-${token}'
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
  }
}

module notices 'modules/notices.bicep' = {
  name: 'notices'
  scope: rg
  params: {
    name: 'ag-${token}'
    tags: tags
    email: noticeEmail
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  name: 'budget'
  scope: rg
  params: {
    name: 'budget-${token}'
    amount: monthlyBudget
    start: empty(budgetStart) ? thisMonth : budgetStart
    actionGroupId: notices.outputs.id
  }
}

// The host's account: the host's own state, the package, the rows, the queues, the request blobs.
module host 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: rg
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    open: !privateNetwork
    takesDeadLetters: false
    softDeleteDays: 1
    corsOrigin: ''
    lifecycleRules: serviceRules
    workspaceId: monitoring.outputs.workspaceId
  }
}

module hostStores 'modules/stores.bicep' = {
  name: 'host-stores'
  scope: rg
  params: {
    accountName: host.outputs.name
    containerNames: [
      packageContainerName
      workContainerName
      serviceContainerName
      serviceOutputsContainerName
    ]
    queueNames: [
      'speechdrop-finish'
      'speechdrop-finish-poison'
      'speechdrop-speak'
      'speechdrop-speak-poison'
    ]
    tableNames: [
      'app'
      'days'
      'documents'
      'jobs'
      'open'
      'syntheses'
      'workitems'
    ]
  }
}

// The content account: what users see.
module content 'modules/storage.bicep' = if (makesStorage) {
  name: 'content-storage'
  scope: rg
  params: {
    name: contentAccountName
    location: location
    tags: tags
    redundancy: storageRedundancy
    open: !privateNetwork
    takesDeadLetters: true
    softDeleteDays: 7
    corsOrigin: appOrigin
    lifecycleRules: separateResults ? deadLetterRules : concat(deadLetterRules, resultsRules)
    workspaceId: monitoring.outputs.workspaceId
  }
}

module contentStores 'modules/stores.bicep' = {
  name: 'content-stores-${token}'
  scope: resourceGroup(contentGroup)
  params: {
    accountName: contentAccountName
    containerNames: concat([
      inboxContainerName
      deadLetterContainerName
    ], separateResults ? [] : [
      resultsContainerName
    ])
    queueNames: concat([
      'webjobs-blobtrigger-poison'
    ], empty(noticeQueueName) ? [] : [
      noticeQueueName
    ])
    tableNames: []
  }
  dependsOn: [
    content
  ]
}

module results 'modules/storage.bicep' = if (separateResults) {
  name: 'results-storage'
  scope: rg
  params: {
    name: 'st${token}out'
    location: location
    tags: tags
    redundancy: storageRedundancy
    open: true
    takesDeadLetters: false
    softDeleteDays: 7
    corsOrigin: appOrigin
    lifecycleRules: resultsRules
    workspaceId: monitoring.outputs.workspaceId
  }
}

module resultsStores 'modules/stores.bicep' = if (separateResults) {
  name: 'results-stores'
  scope: rg
  params: {
    accountName: separateResults ? results!.outputs.name : ''
    containerNames: [
      resultsContainerName
    ]
    queueNames: []
    tableNames: []
  }
}

module speech 'modules/speech.bicep' = if (makesSpeech) {
  name: 'speech'
  scope: rg
  params: {
    name: speechName
    location: location
    tags: tags
    open: !privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module topic 'modules/topic.bicep' = {
  name: 'topic'
  scope: rg
  params: {
    name: 'evgt-${token}'
    location: contentStores.outputs.location
    tags: tags
    sourceId: contentStores.outputs.accountId
    workspaceId: monitoring.outputs.workspaceId
  }
}

// ---- Who may do what: a module for each account, with the reason beside each role

module hostRoles 'modules/roles-host.bicep' = {
  name: 'roles-host'
  scope: rg
  params: {
    accountName: host.outputs.name
    appPrincipalId: identity.outputs.principalId
  }
}

module contentRoles 'modules/roles-content.bicep' = {
  name: 'roles-content-${token}'
  scope: resourceGroup(contentGroup)
  params: {
    accountName: contentAccountName
    inboxContainerName: inboxContainerName
    deadLetterContainerName: deadLetterContainerName
    appPrincipalId: identity.outputs.principalId
    topicPrincipalId: topic.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
}

module noticeRoles 'modules/roles-notices.bicep' = if (!empty(noticeQueueName)) {
  name: 'roles-notices-${token}'
  scope: resourceGroup(contentGroup)
  params: {
    accountName: contentAccountName
    queueName: noticeQueueName
    appPrincipalId: identity.outputs.principalId
  }
  dependsOn: [
    contentStores
  ]
}

module resultsRoles 'modules/roles-results.bicep' = {
  name: 'roles-results-${token}'
  scope: resourceGroup(separateResults ? groupName : contentGroup)
  params: {
    accountName: separateResults ? results!.outputs.name : contentAccountName
    resultsContainerName: resultsContainerName
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
  dependsOn: [
    contentStores
    resultsStores
  ]
}

module speechRoles 'modules/roles-speech.bicep' = if (!selfHostedService) {
  name: 'roles-speech-${token}'
  scope: resourceGroup(speechSubscription, speechGroup)
  params: {
    accountName: speechName
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
  dependsOn: [
    speech
  ]
}

// ---- The private network

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: rg
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  name: 'private-endpoints'
  scope: rg
  params: {
    location: location
    tags: tags
    subnetId: privateNetwork ? network!.outputs.endpointsSubnetId : ''
    zoneIds: privateNetwork ? network!.outputs.zoneIds : {}
    hostAccountId: host.outputs.id
    contentAccountId: makesStorage ? content!.outputs.id : ''
    speechId: makesSpeech ? speech!.outputs.id : ''
  }
}

// ---- The app

module app 'modules/app.bicep' = {
  name: 'app'
  scope: rg
  params: {
    name: appName
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityName: identity.outputs.name
    appInsightsName: monitoring.outputs.appInsightsName
    workspaceId: monitoring.outputs.workspaceId
    hostAccountName: host.outputs.name
    packageContainerName: packageContainerName
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyIntake: alwaysReadyIntake
    alwaysReadySpeak: alwaysReadySpeak
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    selfHostedService: selfHostedService
    speechEndpoint: selfHostedService ? '' : speechRoles!.outputs.endpoint
    contentBlobEndpoint: contentStores.outputs.blobEndpoint
    contentQueueEndpoint: contentStores.outputs.queueEndpoint
    resultsBlobEndpoint: separateResults ? resultsStores!.outputs.blobEndpoint : ''
    deployerPrincipalId: principalId
    names: {
      DEPLOYMENT_ID: token
      INBOX_CONTAINER: inboxContainerName
      RESULTS_CONTAINER: resultsContainerName
      WORK_CONTAINER: workContainerName
      SERVICE_CONTAINER: serviceContainerName
      SERVICE_OUTPUTS_CONTAINER: serviceOutputsContainerName
      NOTICE_QUEUE: noticeQueueName
    }
    settings: settings
  }
  dependsOn: [
    hostRoles
    hostStores
    contentRoles
    resultsRoles
  ]
}

// ---- Watching

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: rg
  params: {
    namePrefix: 'alert-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: notices.outputs.id
    instanceMemoryMB: instanceMemoryMB
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: rg
  params: {
    displayName: 'Speechdrop: ${environmentName}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

// ---- What azd keeps in its environment: for its hooks, and for this template's own next run

@description('Resource group of the app.')
output AZURE_RESOURCE_GROUP string = rg.name

@description('Region.')
output AZURE_LOCATION string = location

@description('Tenant of the subscription.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('The function app.')
output AZURE_FUNCTION_APP_NAME string = app.outputs.name

@description('Event Grid topic of the content account.')
output EVENT_GRID_TOPIC_NAME string = topic.outputs.name

@description('Event subscription that infra/events.bicep makes.')
output EVENT_GRID_SUBSCRIPTION_NAME string = eventSubscriptionName

@description('Account of the inbox.')
output CONTENT_STORAGE_ACCOUNT_NAME string = contentAccountName

@description('Its blob endpoint.')
output CONTENT_STORAGE_BLOB_ENDPOINT string = contentStores.outputs.blobEndpoint

@description('Container where documents are dropped.')
output INBOX_CONTAINER string = inboxContainerName

@description('Container where results appear.')
output RESULTS_CONTAINER string = resultsContainerName

@description('Container of events that could not be delivered.')
output DEAD_LETTER_CONTAINER string = deadLetterContainerName

@description('The Batch Synthesis endpoint.')
output SPEECH_ENDPOINT string = selfHostedService ? app.outputs.url : speechRoles!.outputs.endpoint

// Without a budget none has begun: Azure takes no month that is past by the time there is one.
@description('Where the budget began, so that the next deployment leaves it. Empty: none has.')
output BUDGET_START string = empty(budgetStart) && monthlyBudget > 0 ? thisMonth : budgetStart

@description('Log Analytics workspace.')
output LOG_ANALYTICS_WORKSPACE_ID string = monitoring.outputs.workspaceId

@description('The workbook.')
output WORKBOOK_ID string = workbook.outputs.id
