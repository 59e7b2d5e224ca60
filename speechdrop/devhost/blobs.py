"""The blob trigger: the host's own queue of blob events, from hand-out to poison.

Rules: `BlobQueueTriggerExecutor.cs` and `BlobTriggerMessage.cs` of
Microsoft.Azure.WebJobs.Extensions.Storage.Blobs, and
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-blob-trigger#poison-blobs.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.functions.blob import InputStream
from azure.storage.blob import BlobClient

from speechdrop.devhost.accounts import blob_service, queue_service
from speechdrop.devhost.delivery import BackOff
from speechdrop.devhost.host import Host
from speechdrop.devhost.index import BlobTrigger, Function
from speechdrop.devhost.listener import Listener
from speechdrop.devhost.queues import send
from speechdrop.devhost.store import BlobEvent, Delivery

POISON_QUEUE = "webjobs-blobtrigger-poison"


def function_id(name: str) -> str:
    """A function's name as the host's messages and webhooks know it."""
    return f"Host.Functions.{name}"


def poison_body(event: BlobEvent) -> str:
    """The message of a blob that failed for good."""
    return json.dumps(
        {
            "Type": "BlobTrigger",
            "FunctionId": function_id(event.function),
            "BlobType": event.blob_type,
            "ContainerName": event.container,
            "BlobName": event.name,
            "ETag": event.etag,
        }
    )


def listener(function: Function, trigger: BlobTrigger, host: Host) -> Listener:
    """The listener of one blob function."""
    times = host.options.times
    return Listener(
        function.name,
        BlobSource(function, trigger, host),
        batching=host.config.blobs,
        most=host.config.blob_max_dequeue,
        back_off=BackOff(least=times.blob_poll_seconds, most=times.blob_poll_seconds),
        hidden_seconds=times.invisibility_seconds,
    )


class BlobSource:
    def __init__(self, function: Function, trigger: BlobTrigger, host: Host) -> None:
        self.function, self.trigger = function, trigger
        self.config, self.invoker, self.store = host.config, host.invoker, host.store
        self.hidden_seconds = host.options.times.invisibility_seconds
        self.blobs = blob_service(trigger.connection, host.environ)
        self.poison = queue_service(trigger.connection, host.environ).get_queue_client(POISON_QUEUE)

    def receive(self, count: int) -> list[TakenEvent]:
        taken = self.store.take(self.function.name, count, hidden_seconds=self.hidden_seconds)
        return [TakenEvent(self, delivery) for delivery in taken]


class TakenEvent:
    """One event in work."""

    unreadable = False

    def __init__(self, source: BlobSource, delivery: Delivery) -> None:
        self._source, self._delivery = source, delivery

    def __str__(self) -> str:
        return f"{self._delivery.event.container}/{self._delivery.event.name}"

    @property
    def dequeue_count(self) -> int:
        return self._delivery.dequeue_count

    def run(self) -> None:
        event = self._delivery.event
        client = self._source.blobs.get_blob_client(event.container, event.name)
        try:
            # The host looks whether the blob is there, and does not compare its ETag with the event's.
            client.get_blob_properties()
            value = client if self._source.trigger.as_client else _stream(client)
        except ResourceNotFoundError:
            return
        self._source.invoker.call(self._source.function, value)

    def complete(self) -> None:
        self._source.store.remove(self._delivery)

    def give_back(self) -> None:
        self._source.store.hide(self._delivery, seconds=0)

    def stay_hidden(self) -> None:
        self._source.store.hide(self._delivery, seconds=self._source.hidden_seconds)

    def poison(self) -> None:
        body = poison_body(self._delivery.event)
        send(self._source.poison, base64.b64encode(body.encode()).decode() if self._source.config.base64 else body)
        self.complete()


def _stream(client: BlobClient) -> Any:
    download = client.download_blob()
    properties = download.properties
    return InputStream(
        data=download.readall(),
        name=f"{client.container_name}/{client.blob_name}",
        uri=client.url,
        length=properties.size,
        metadata=dict(properties.metadata or {}),
    )
