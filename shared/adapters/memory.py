"""The storage ports in memory, with the conflict rules and refusals of the real services.

Thread-safe: one lock per object. All results, iterators included, can be pickled; an ETag is never used twice.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from shared.adapters.limits import (
    DELAY_LIMIT,
    check_message,
    check_operations,
)
from shared.adapters.memory_blobs import MemoryBlobs
from shared.adapters.memory_links import open_memory
from shared.errors import Conflict
from shared.ports import (
    MOST_RECEIVED,
    Blobs,
    Clock,
    Delete,
    Insert,
    Operation,
    Received,
    Replace,
    Row,
)


class MemoryTable:
    """Implements ports.Table."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[tuple[str, str], Row] = {}
        self._keys: dict[str, list[str]] = {}
        self._etags = itertools.count(1)

    def get(self, partition: str, key: str) -> Row | None:
        with self._lock:
            return self._rows.get((partition, key))

    def query(self, partition: str, *, start: str = "", end: str = "", limit: int | None = None) -> Iterator[Row]:
        with self._lock:
            keys = self._keys.get(partition, [])
            last = bisect_left(keys, end) if end else len(keys)
            found = keys[bisect_left(keys, start) : last][:limit]
            return iter([self._rows[partition, key] for key in found])

    def insert(self, row: Row) -> Row:
        (etag,) = self.commit([Insert(row)])
        return replace(row, etag=etag)

    def replace(self, row: Row) -> Row:
        (etag,) = self.commit([Replace(row)])
        return replace(row, etag=etag)

    def delete(self, row: Row) -> None:
        with self._lock:
            if (row.partition, row.key) in self._rows:
                self._check(Delete(row))
                self._apply(Delete(row))

    def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        check_operations(operations)
        with self._lock:
            for operation in operations:
                self._check(operation)
            return tuple([self._apply(operation) for operation in operations])

    def _check(self, operation: Operation) -> None:
        row = operation.row
        stored = self._rows.get((row.partition, row.key))
        if isinstance(operation, Insert):
            if stored:
                raise Conflict(f"The row {row.partition}/{row.key} exists.")
        elif not stored or (row.etag and row.etag != stored.etag):
            raise Conflict(f"The row {row.partition}/{row.key} was changed or is gone.")

    def _apply(self, operation: Operation) -> str:
        row = operation.row
        keys = self._keys.setdefault(row.partition, [])
        if isinstance(operation, Delete):
            del self._rows[row.partition, row.key]
            del keys[bisect_left(keys, row.key)]
            return ""
        if isinstance(operation, Insert):
            insort(keys, row.key)
        etag = f'W/"{next(self._etags)}"'
        self._rows[row.partition, row.key] = replace(row, values=dict(row.values), etag=etag)
        return etag


@dataclass(slots=True, kw_only=True)
class _Message:
    text: str
    visible_at: datetime
    dequeue_count: int = 0


class MemoryQueue:
    """Implements ports.Inlet."""

    def __init__(self, clock: Clock, name: str = "") -> None:
        self.name = name
        self._clock = clock
        self._lock = Lock()
        self._messages: dict[str, _Message] = {}
        self._ids = itertools.count(1)

    def send(self, message: str, *, delay: float = 0) -> None:
        check_message(message)
        visible_at = self._clock() + timedelta(seconds=min(delay, DELAY_LIMIT))
        with self._lock:
            self._messages[str(next(self._ids))] = _Message(text=message, visible_at=visible_at)

    def receive(self, limit: int = MOST_RECEIVED, *, visibility: float = 30) -> tuple[Received, ...]:
        now = self._clock()
        with self._lock:
            due = [(id_, message) for id_, message in self._messages.items() if message.visible_at <= now][:limit]
            for _, message in due:
                message.visible_at = now + timedelta(seconds=visibility)
                message.dequeue_count += 1
            return tuple(Received(id=id_, text=m.text, dequeue_count=m.dequeue_count) for id_, m in due)

    def delete(self, received: Received) -> bool:
        with self._lock:
            message = self._messages.get(received.id)
            if message is None or message.dequeue_count != received.dequeue_count:
                return False
            del self._messages[received.id]
            return True

    def texts(self) -> tuple[str, ...]:
        """All that wait, hidden ones too, oldest first."""
        with self._lock:
            return tuple(message.text for message in self._messages.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStorage:
    """A storage account: the twin of `connect.Storage`."""

    clock: Clock
    tables: dict[str, MemoryTable] = field(default_factory=dict)
    containers: dict[str, MemoryBlobs] = field(default_factory=dict)
    queues: dict[str, MemoryQueue] = field(default_factory=dict)

    def table(self, name: str) -> MemoryTable:
        return self.tables.setdefault(name, MemoryTable())

    def blobs(self, container: str) -> MemoryBlobs:
        return self.containers.setdefault(container, MemoryBlobs(container, self.clock))

    def queue(self, name: str) -> MemoryQueue:
        return self.queues.setdefault(name, MemoryQueue(self.clock, name))

    def open_container(self, url: str) -> Blobs:
        return open_memory(url, self.containers)
