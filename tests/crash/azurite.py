"""The world over Azurite: a child reaches tables, blobs and queue by the real adapters, as a function would."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from shared.adapters import tables
from shared.adapters.connect import Storage
from shared.ports import Row
from shared.settings import Connection, Settings
from tests.crash.remote import Direct, Line, Remote
from tests.crash.world import TABLES, World, _Watched, _WatchedResults


@dataclass(frozen=True)
class Received:
    id: str
    pop_receipt: str
    text: str


class AzuriteWorld(World):
    """Names of its own in a shared Azurite. Its clock begins on another day than the real one, as SAS are checked by
    that: late enough for them, and in the middle of the day."""

    def __init__(self, connection_string: str, settings: Settings) -> None:
        self._account = Storage(Connection(connection_string=connection_string))
        self._name = f"crash{secrets.token_hex(6)}"
        names = {name: f"{self._name}-{name}" for name in ("inbox", "results", "work")}
        super().__init__(
            replace(
                settings,
                inbox_container=names["inbox"],
                results_container=names["results"],
                work_container=names["work"],
            )
        )
        noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        self.clock.now = self.began = noon - timedelta(days=1)
        self.queue = _Queue(self.queue)
        self.results.write("made", b"")  # a destination's link makes no container

    def open_storage(self) -> Any:
        return self._account

    def name_of(self, name: str) -> str:
        return f"{self._name}{name}"

    def ports_of_a_child(self, line: Line) -> dict[str, Any]:
        settings, account = self.settings, self._account
        own: dict[str, Any] = {name: account.table(self.name_of(name)) for name in TABLES}
        own |= {name: _Watched(own[name], Remote(line, name).check) for name in ("documents", "jobs")}
        own["inbox"] = account.blobs(settings.inbox_container)
        own["results"] = _ResultsOfAChild(self, line)
        own["work"] = account.blobs(settings.work_container)
        own["finishers"] = account.queue(self.name_of("finish"))
        ours = {name: Remote(line, name) for name in ("speech", "links", "host")}
        return {name: Direct(line, name, port) for name, port in own.items()} | ours

    def rows(self, table: str) -> list[Row]:
        try:
            return [tables._row(entity) for entity in self.tables[table]._client.list_entities()]
        except ResourceNotFoundError:
            return []


class _ResultsOfAChild(_WatchedResults):
    """The parent looks at each manifest: it alone knows what was dropped since the child was made."""

    def __init__(self, world: World, line: Line) -> None:
        super().__init__(world)
        self._parent = Remote(line, "results")

    def check_manifest(self, new: dict[str, Any], before: dict[str, Any] | None) -> None:
        self._parent.check_manifest(new, before)


@dataclass
class _Queue:
    """The receiving side, which the host has, besides."""

    queue: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)

    def receive(self, count: int, *, visibility: float) -> list[Received]:
        """Of a message that was received and not deleted one hears again after a second of real time."""
        try:
            found = list(self.queue._client.receive_messages(max_messages=count, visibility_timeout=1))
        except ResourceNotFoundError:
            return []
        return [Received(m.id, m.pop_receipt, base64.b64decode(m.content).decode()) for m in found]

    def delete(self, received: Received) -> None:
        try:
            self.queue._client.delete_message(received.id, received.pop_receipt)
        except ResourceNotFoundError:
            return  # it was received again meanwhile
