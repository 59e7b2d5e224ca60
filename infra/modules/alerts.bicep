// The alerts: scheduled queries over the workspace. A query gives a row where something is wrong, and none where all is
// well; docs/runbooks has a page for each, by its name. tests/infra/watching runs each over telemetry of the app itself.

@description('Begins the names of the rules.')
param namePrefix string

@description('Region of the workspace.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource id of the action group that is told.')
param actionGroupId string

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

// A rule costs more the more often it looks: every 5 minutes three times as much as every 15.
var alerts = [
  {
    name: 'poll-silent'
    summary: 'The pipeline\'s timer does not run: nothing is sent, looked for or published.'
    severity: 1
    window: 'PT10M'
    every: 'PT5M'
    query: loadTextContent('../queries/alerts/poll-silent.kql')
  }
  {
    name: 'sweep-silent'
    summary: 'The sweep does not run: a document whose event was lost stays unseen.'
    severity: 2
    window: 'PT30M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/sweep-silent.kql')
  }
  {
    name: 'promise-broken'
    summary: 'The endpoint accepted a job twice: somebody pays twice.'
    severity: 1
    // Twice as long as between two looks: it rests on a single row, which may come late.
    window: 'PT30M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/promise-broken.kql')
  }
  {
    name: 'items-waiting'
    summary: 'Something has been waiting for more than 30 minutes.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/items-waiting.kql')
  }
  {
    name: 'items-overdue'
    summary: 'Something has been waiting for 84 hours, half the life of the link that results are written by.'
    severity: 1
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/items-overdue.kql')
  }
  {
    name: 'jobs-unsent'
    summary: 'A job has been waiting for more than 5 minutes for the endpoint to accept it.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/jobs-unsent.kql')
  }
  {
    name: 'poison-messages'
    summary: 'Messages have failed too often.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/poison-messages.kql')
  }
  {
    name: 'dead-letters'
    summary: 'Event Grid has given up events of new documents.'
    severity: 2
    // As above: metrics of the platform come late.
    window: 'PT30M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/dead-letters.kql')
  }
  {
    name: 'documents-failing'
    summary: 'More than 5 % of the documents that were sent have failed.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/documents-failing.kql')
  }
  {
    name: 'endpoint-throttling'
    summary: 'The endpoint answers more than 10 % of the requests with 429.'
    severity: 3
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/endpoint-throttling.kql')
  }
  {
    name: 'budget-nearly-spent'
    summary: '80 % of a budget of characters are spent.'
    severity: 3
    // Told when a document is admitted.
    window: 'PT6H'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/budget-nearly-spent.kql')
  }
  {
    name: 'budget-spent'
    summary: 'A budget of characters is spent: documents are held.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/budget-spent.kql')
  }
  {
    name: 'functions-failing'
    summary: 'A function fails.'
    severity: 3
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/functions-failing.kql')
  }
  {
    name: 'starts-slow'
    summary: 'The app takes more than 10 seconds to start.'
    severity: 3
    window: 'PT1H'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/starts-slow.kql')
  }
  {
    name: 'memory-short'
    summary: 'An instance uses more than 85 % of its memory.'
    severity: 3
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/memory-short.kql')
  }
  {
    name: 'syntheses-waiting'
    summary: 'A synthesis of the service has not ended for more than 30 minutes.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: loadTextContent('../queries/alerts/syntheses-waiting.kql')
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in alerts: {
  name: '${namePrefix}-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Speechdrop: ${alert.name}'
    description: '${alert.summary} What to do: docs/runbooks/${alert.name}.md of Speechdrop\'s repository.'
    enabled: true
    severity: alert.severity
    scopes: [
      workspaceId
    ]
    windowSize: alert.window
    evaluationFrequency: alert.every
    // A new workspace does not know a table before its first row came.
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: replace(alert.query, '{instanceMemoryMB}', string(instanceMemoryMB))
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroupId
      ]
      customProperties: {
        runbook: 'docs/runbooks/${alert.name}.md'
      }
    }
  }
}]
