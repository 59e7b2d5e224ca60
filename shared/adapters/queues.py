"""ports.Queue and ports.Inlet over Azure Queue storage.

Text goes as base64, which is what the Functions host expects; messages never expire. A queue is made when a send finds
it missing.
"""

from __future__ import annotations

import base64
import math
from itertools import islice

from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueClient, QueueMessage

from shared.adapters.failures import error_code, told_as_ours
from shared.adapters.limits import DELAY_LIMIT, check_message
from shared.errors import Missing, StorageError
from shared.ports import MOST_RECEIVED, Received


class AzureQueue:
    """Implements ports.Inlet. Thread-safe. A delay is rounded up to seconds and cut to 7 days."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    @property
    def name(self) -> str:
        return str(self._client.queue_name)

    def send(self, message: str, *, delay: float = 0) -> None:
        check_message(message)
        hidden = math.ceil(max(0.0, min(delay, DELAY_LIMIT)))
        with told_as_ours(f"The queue {self._client.queue_name}"):
            try:
                self._send(message, hidden)
            except HttpResponseError as error:
                if error_code(error) != "QueueNotFound":
                    raise
                self._create()
                self._send(message, hidden)

    def receive(self, limit: int = MOST_RECEIVED, *, visibility: float = 30) -> tuple[Received, ...]:
        try:
            with told_as_ours(f"The queue {self._client.queue_name}"):
                found = self._client.receive_messages(max_messages=limit, visibility_timeout=math.ceil(visibility))
                return tuple(map(_received, islice(found, limit)))
        except Missing:
            return ()

    def delete(self, received: Received) -> bool:
        try:
            with told_as_ours(f"The queue {self._client.queue_name}"):
                self._client.delete_message(received.id, received.receipt)
        except Missing:
            return False
        except StorageError as error:
            if error.status != 400:  # PopReceiptMismatch
                raise
            return False
        return True

    def _send(self, message: str, hidden: int) -> None:
        self._client.send_message(message, visibility_timeout=hidden, time_to_live=-1)

    def _create(self) -> None:
        try:
            self._client.create_queue()
        except HttpResponseError as error:
            if error_code(error) != "QueueAlreadyExists":
                raise


def _received(message: QueueMessage) -> Received:
    return Received(
        id=message.id,
        text=_decoded(message.content),
        dequeue_count=message.dequeue_count or 1,
        receipt=message.pop_receipt or "",
    )


def _decoded(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode()
    except ValueError:  # no base64, or no text in it
        return content
