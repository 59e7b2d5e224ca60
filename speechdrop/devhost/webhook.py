"""Event Grid's events as the blob webhook receives them (pure).

Schema: https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage; handshake:
https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from speechdrop.devhost.index import BlobTrigger
from speechdrop.devhost.store import BlobEvent

_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)


def validation_code(events: Sequence[Mapping[str, Any]]) -> str | None:
    """The code of a subscription's handshake; None where these are ordinary events. Raises KeyError, TypeError."""
    for event in events:
        if event["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent":
            return str(event["data"]["validationCode"])
    return None


def events_of(events: Sequence[Mapping[str, Any]], function: str, trigger: BlobTrigger) -> Iterator[BlobEvent]:
    """The blobs that the function is to be told of. Raises KeyError, TypeError."""
    for event in events:
        match = _SUBJECT.fullmatch(event["subject"])
        if event["eventType"] != "Microsoft.Storage.BlobCreated" or not match:
            continue
        container, name = match.groups()
        if container == trigger.container and trigger.pattern.fullmatch(name):
            data = event["data"]
            etag = '"' + str(data["eTag"]).strip('"') + '"'
            yield BlobEvent(
                function=function,
                container=container,
                name=name,
                etag=etag,
                blob_type=data.get("blobType", "BlockBlob"),
            )
