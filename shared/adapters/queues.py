"""ports.Queue over Azure Queue storage.

Text goes as base64, which is what the Functions host expects; messages never expire. A queue is made when a send finds
it missing.
"""

from __future__ import annotations

import math

from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueClient

from shared.adapters.failures import error_code, told_as_ours
from shared.adapters.limits import DELAY_LIMIT, check_message


class AzureQueue:
    """Implements ports.Queue. Thread-safe. A delay is rounded up to seconds and cut to 7 days."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

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

    def _send(self, message: str, hidden: int) -> None:
        self._client.send_message(message, visibility_timeout=hidden, time_to_live=-1)

    def _create(self) -> None:
        try:
            self._client.create_queue()
        except HttpResponseError as error:
            if error_code(error) != "QueueAlreadyExists":
                raise
