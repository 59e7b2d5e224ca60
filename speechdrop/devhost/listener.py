"""Takes messages from a source and runs them in threads, as the host's queue listener does for queues and blob events.

Fetches a batch whenever no more than the threshold run, keeps what runs hidden, and applies the rules of delivery.py.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from azure.core.exceptions import AzureError

from speechdrop.devhost.delivery import BackOff, Fate, exhausted, fate
from speechdrop.devhost.hostjson import Batching
from speechdrop.devhost.invoke import FunctionFailed

log = logging.getLogger("devhost")

TROUBLE = (AzureError, sqlite3.Error)
"""What storage may raise at any time; the next look will do."""


class Message(Protocol):
    """A message that was handed out, hidden from others for a while."""

    @property
    def dequeue_count(self) -> int:
        """From 1: this handing-out included."""

    @property
    def unreadable(self) -> bool:
        """Whether it is poison without a run."""

    def run(self) -> None:
        """Raises FunctionFailed."""

    def complete(self) -> None: ...

    def give_back(self) -> None: ...

    def poison(self) -> None: ...

    def stay_hidden(self) -> None: ...


class Source(Protocol):
    def receive(self, count: int) -> Sequence[Message]: ...


class Listener:
    """Threads that serve one function in one process."""

    def __init__(
        self, name: str, source: Source, *, batching: Batching, most: int, back_off: BackOff, hidden_seconds: float
    ) -> None:
        self._name, self._source, self._batching, self._most = name, source, batching, most
        self._back_off, self._hidden_seconds = back_off, hidden_seconds
        self._running: set[Message] = set()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(batching.size + batching.threshold, thread_name_prefix=name)
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True) for target in (self._fetch, self._renew)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Fetches no more; returns when what runs has ended."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._threads[0].join()
        self._pool.shutdown(wait=True)

    def _fetch(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: len(self._running) <= self._batching.threshold or self._stop.is_set())
            messages = self._receive()
            if messages:
                self._back_off.reset()
            else:
                self._stop.wait(self._back_off.next_wait())

    def _receive(self) -> Sequence[Message]:
        if self._stop.is_set():
            return ()
        try:
            messages = self._source.receive(self._batching.size)
        except TROUBLE as error:
            log.warning("function=%s cannot receive: %s", self._name, type(error).__name__)
            return ()
        with self._changed:
            self._running.update(messages)
        for message in messages:
            self._pool.submit(self._process, message).add_done_callback(_report)
        return messages

    def _process(self, message: Message) -> None:
        try:
            is_poison = message.unreadable or exhausted(message.dequeue_count, most=self._most)
            self._settle(message, Fate.POISON if is_poison else self._run(message))
        except TROUBLE as error:
            log.warning("function=%s cannot settle a message, it will come again: %s", self._name, type(error).__name__)
        finally:
            with self._changed:
                self._running.discard(message)
                self._changed.notify_all()

    def _run(self, message: Message) -> Fate:
        succeeded = False
        try:
            message.run()
            succeeded = True
        except (FunctionFailed, *TROUBLE) as error:
            words = error if isinstance(error, FunctionFailed) else type(error).__name__
            log.error(
                "function=%s message=%s try=%d/%d failed: %s",
                *(self._name, message, message.dequeue_count, self._most, words),
            )
        return fate(succeeded=succeeded, dequeue_count=message.dequeue_count, most=self._most)

    def _settle(self, message: Message, fate: Fate) -> None:
        if fate is Fate.COMPLETE:
            message.complete()
        elif fate is Fate.RETRY:
            message.give_back()
        else:
            log.error("function=%s message=%s is poison", self._name, message)
            message.poison()

    def _renew(self) -> None:
        """Renews what runs every half-life; a message fetched meanwhile gets its first renewal early."""
        while not self._is_over_within(self._hidden_seconds / 2):
            with self._changed:
                running = list(self._running)
            for message in running:
                try:
                    message.stay_hidden()
                except TROUBLE as error:
                    log.warning("function=%s cannot keep %s hidden: %s", self._name, message, type(error).__name__)

    def _is_over_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stop.is_set() and not self._running, timeout=seconds)


def _report(done: Future[None]) -> None:
    """A mistake of the host's own is not swallowed by the thread pool."""
    if error := done.exception():
        log.critical("host failed over a message", exc_info=error)
