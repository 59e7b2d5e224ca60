"""The queue trigger: messages of a Storage queue, as the host encodes, hides, returns and poisons them.

Rules: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger, and
`QueueProcessor.cs`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import threading
from collections.abc import Iterator

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.functions.queue import QueueMessage as FunctionMessage
from azure.storage.queue import QueueClient, QueueMessage

from speechdrop.devhost.accounts import queue_service
from speechdrop.devhost.delivery import BackOff
from speechdrop.devhost.host import Host
from speechdrop.devhost.index import Function, QueueTrigger
from speechdrop.devhost.listener import Listener

POISON_SUFFIX = "-poison"


def listener(function: Function, trigger: QueueTrigger, host: Host) -> Listener:
    """The listener of one queue function."""
    most = host.config.queue_poll_most_seconds
    return Listener(
        function.name,
        QueueSource(function, trigger, host),
        batching=host.config.queues,
        most=host.config.queue_max_dequeue,
        back_off=BackOff(least=min(host.options.times.queue_poll_seconds, most), most=most),
        hidden_seconds=host.options.times.invisibility_seconds,
    )


class QueueSource:
    def __init__(self, function: Function, trigger: QueueTrigger, host: Host) -> None:
        self.function, self.config, self.invoker = function, host.config, host.invoker
        self.hidden_seconds = max(1, round(host.options.times.invisibility_seconds))
        service = queue_service(trigger.connection, host.environ)
        self.queue = service.get_queue_client(trigger.queue)
        # A poison queue has no poison queue of its own.
        is_last = trigger.queue.endswith(POISON_SUFFIX)
        self.poison = None if is_last else service.get_queue_client(trigger.queue + POISON_SUFFIX)

    def receive(self, count: int) -> list[TakenMessage]:
        try:
            messages = list(self.queue.receive_messages(max_messages=count, visibility_timeout=self.hidden_seconds))
        except ResourceNotFoundError:  # the host waits for a queue to appear; it does not create it
            return []
        return [TakenMessage(self, message) for message in messages]


class TakenMessage:
    """One message in work. The lock keeps its renewal and its end apart, since each needs the newest pop receipt."""

    def __init__(self, source: QueueSource, message: QueueMessage) -> None:
        self._source, self._message = source, message
        self._body = decoded(message.content, base64_encoded=source.config.base64)
        self._lock, self._settled = threading.Lock(), False

    def __str__(self) -> str:
        return str(self._message.id)

    @property
    def dequeue_count(self) -> int:
        return int(self._message.dequeue_count or 1)

    @property
    def unreadable(self) -> bool:
        return self._body is None

    def run(self) -> None:
        message = self._message
        value = FunctionMessage(  # type: ignore[no-untyped-call]  # the package tells no types
            id=message.id,
            body=self._body,
            dequeue_count=message.dequeue_count,
            insertion_time=message.inserted_on,
            expiration_time=message.expires_on,
            time_next_visible=message.next_visible_on,
            pop_receipt=message.pop_receipt,
        )
        self._source.invoker.call(self._source.function, value)

    def complete(self) -> None:
        with self._lock, _lost_is_fine():
            self._settled = True
            self._source.queue.delete_message(self._message)

    def give_back(self) -> None:
        if self._source.poison is None:
            return  # the host leaves it hidden, to come again later: no endless quick loop
        self._hide(self._source.config.queue_retry_seconds, settled=True)

    def stay_hidden(self) -> None:
        self._hide(self._source.hidden_seconds, settled=False)

    def poison(self) -> None:
        if self._source.poison is None:
            return
        send(self._source.poison, self._message.content)
        self.complete()

    def _hide(self, seconds: float, *, settled: bool) -> None:
        with self._lock, _lost_is_fine():
            if not self._settled:
                self._settled = settled
                self._message = self._source.queue.update_message(self._message, visibility_timeout=round(seconds))


def decoded(content: str, *, base64_encoded: bool) -> bytes | None:
    """A message's bytes; None where it is not the base64 it should be."""
    if not base64_encoded:
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        return None


def send(queue: QueueClient, content: str) -> None:
    """Sends the message as it stands; makes the queue if there is none."""
    try:
        queue.send_message(content)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(content)


@contextlib.contextmanager
def _lost_is_fine() -> Iterator[None]:
    """The message was given to somebody else, or deleted: the host lets that pass."""
    try:
        yield
    except HttpResponseError as error:
        if getattr(error, "error_code", None) not in ("PopReceiptMismatch", "MessageNotFound", "QueueNotFound"):
            raise
