// The second deployment, by infra/hooks/events.py once the code is live: the key of the blob webhook exists only after
// the host has met a blob trigger, and Event Grid wants an answer from the app before it subscribes.

@description('Name of the function app.')
param functionAppName string

@description('Name of the Event Grid topic of the content account.')
param topicName string

@description('Name of the event subscription.')
param eventSubscriptionName string

@description('Container whose new blobs are told of.')
param inboxContainerName string

@description('Container of the content account for events that could not be delivered.')
param deadLetterContainerName string

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource inbox 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: eventSubscriptionName
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.pipeline_intake&code=${listKeys('${site.id}/host/default', '2024-11-01').systemKeys.blobs_extension}'
        minimumTlsVersionAllowed: '1.2'
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
      ]
      // With `/blobs/`: without, the events of a container whose name begins like this one's would come as well.
      subjectBeginsWith: '/blobServices/default/containers/${inboxContainerName}/blobs/'
      advancedFilters: [
        {
          // Only calls that complete a blob.
          operatorType: 'StringIn'
          key: 'data.api'
          values: [
            'PutBlob'
            'PutBlockList'
            'CopyBlob'
            'FlushWithClose'
            'SftpCommit'
          ]
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: topic.properties.source
          blobContainerName: deadLetterContainerName
        }
      }
    }
  }
}
