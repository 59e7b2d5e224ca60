"""The host's own memory in SQLite: blob events under way, blobs already seen, and the timers' status.

Shared by all processes of a devhost (WAL), and whole after a SIGKILL of any of them. The real host keeps the events in
the queue `azure-webjobs-blobtrigger-HOSTID` and the status in blobs; Azurite is too slow and too forgetful for that.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from speechdrop.devhost.schedule import Status

_SCHEMA = """
CREATE TABLE IF NOT EXISTS watched (container TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS seen (container TEXT, name TEXT, etag TEXT, PRIMARY KEY (container, name));
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, function TEXT, container TEXT, name TEXT, etag TEXT, blob_type TEXT,
    dequeue_count INTEGER NOT NULL DEFAULT 0, visible_at REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS events_by_function ON events (function, visible_at);
CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, expression TEXT, last TEXT, next TEXT, updated TEXT);
"""
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobEvent:
    """A blob that a function is to be told of."""

    function: str
    container: str
    name: str
    etag: str
    blob_type: str = "BlockBlob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One handing-out of an event; `dequeue_count` tells deliveries of the same event apart."""

    id: int
    event: BlobEvent
    dequeue_count: int


class _Connection(sqlite3.Connection):
    """Closed when its thread is gone; from Python 3.13 on, not to close one is a warning."""

    def __del__(self) -> None:
        self.close()


class Store:
    """One database; each thread has its own connection."""

    def __init__(self, path: Path) -> None:
        self._path, self._local = path, threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection().executescript(_SCHEMA)

    # Events

    def add(self, events: Iterable[BlobEvent]) -> None:
        with self._transaction() as db:
            _insert_events(db, events)

    def take(self, function: str, count: int, *, hidden_seconds: float) -> list[Delivery]:
        """Hands out up to `count` events, oldest first, which nobody else is given for `hidden_seconds`."""
        now = time.time()
        due = (function, now, count)
        if (
            not self._connection()
            .execute("SELECT 1 FROM events WHERE function = ? AND visible_at <= ?", due[:2])
            .fetchone()
        ):
            return []
        with self._transaction() as db:
            rows = db.execute(
                "UPDATE events SET dequeue_count = dequeue_count + 1, visible_at = ?4 WHERE id IN"
                " (SELECT id FROM events WHERE function = ?1 AND visible_at <= ?2 ORDER BY id LIMIT ?3)"
                " RETURNING id, function, container, name, etag, blob_type, dequeue_count",
                (*due, now + hidden_seconds),
            ).fetchall()
        return sorted((_delivery(row) for row in rows), key=lambda delivery: delivery.id)

    def hide(self, delivery: Delivery, *, seconds: float) -> None:
        """Hides it for `seconds` from now; 0 gives it back. Nothing happens if it was handed out again meanwhile."""
        with self._transaction() as db:
            db.execute(
                "UPDATE events SET visible_at = ? WHERE id = ? AND dequeue_count = ?",
                (time.time() + seconds, delivery.id, delivery.dequeue_count),
            )

    def remove(self, delivery: Delivery) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM events WHERE id = ?", (delivery.id,))

    def waiting(self) -> int:
        """Events not yet handled."""
        count: int = self._connection().execute("SELECT count(*) FROM events").fetchone()[0]
        return count

    # Blobs seen

    def seen(self, container: str) -> dict[str, str] | None:
        """ETags by name of the blobs that raise no event any more; None: the container was never watched."""
        db = self._connection()
        if not db.execute("SELECT 1 FROM watched WHERE container = ?", (container,)).fetchone():
            return None
        return dict(db.execute("SELECT name, etag FROM seen WHERE container = ?", (container,)))

    def notice(
        self, container: str, *, present: Mapping[str, str], gone: Iterable[str], events: Iterable[BlobEvent]
    ) -> None:
        """Records what a look into a container found and raises its events, all or nothing."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO watched VALUES (?)", (container,))
            db.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", [(container, *item) for item in present.items()]
            )
            db.executemany("DELETE FROM seen WHERE container = ? AND name = ?", [(container, name) for name in gone])
            _insert_events(db, events)

    # Timers

    def status(self, name: str) -> Status | None:
        row = (
            self._connection()
            .execute("SELECT expression, last, next, updated FROM timers WHERE name = ?", (name,))
            .fetchone()
        )
        if row is None:
            return None
        return Status(
            expression=row[0],
            last=datetime.fromisoformat(row[1]) if row[1] else None,
            next=datetime.fromisoformat(row[2]),
            updated=datetime.fromisoformat(row[3]),
        )

    def save_status(self, name: str, status: Status) -> None:
        last = status.last.isoformat() if status.last else None
        values = (name, status.expression, last, status.next.isoformat(), status.updated.isoformat())
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?)", values)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path,
                timeout=_PATIENCE_SECONDS,
                isolation_level=None,
                check_same_thread=False,  # whichever thread collects it closes it
                factory=_Connection,
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # loses nothing when processes die, only when power fails
            self._local.connection = connection
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield connection


def _insert_events(db: sqlite3.Connection, events: Iterable[BlobEvent]) -> None:
    rows = [(event.function, event.container, event.name, event.etag, event.blob_type) for event in events]
    db.executemany("INSERT INTO events (function, container, name, etag, blob_type) VALUES (?, ?, ?, ?, ?)", rows)


def _delivery(row: tuple[int, str, str, str, str, str, int]) -> Delivery:
    identity, function, container, name, etag, blob_type, dequeue_count = row
    event = BlobEvent(function=function, container=container, name=name, etag=etag, blob_type=blob_type)
    return Delivery(id=identity, event=event, dequeue_count=dequeue_count)
