"""A service over the storage twins and the silent engine, with a clock that a test moves."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.adapters.memory import MemoryStorage
from shared.adapters.memory_links import read_memory
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.engines.silence import Silence
from shared.ports import Engine
from shared.service.context import Service
from shared.service.http import Request, Response, handle
from shared.service.speak import speak
from shared.service.tend import tend
from shared.settings import Settings

ENDPOINT = "http://127.0.0.1:7071"
KEY = "local-key"
DESTINATION = "http://127.0.0.1:10000/account/results?sp=racwl&se=2027-01-01T00:00:00Z&sr=c&sig=secret"
LEASE = Settings().speak_lease_seconds


@dataclass
class World:
    now: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    engine: Engine = field(default_factory=Silence)
    settings: Mapping[str, str] = field(default_factory=dict)
    storage: MemoryStorage = field(init=False)
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.storage = MemoryStorage(clock=lambda: self.now)
        environment = {
            "AzureWebJobsStorage": "memory",
            "CONTENT_STORAGE": "memory",
            "SERVICE_KEYS": f"another-key,{KEY}",
            "LEDGER": "true",
            **self.settings,
        }
        self.service = Service(
            settings=Settings.from_env(environment),
            clock=lambda: self.now,
            new_guid=lambda: str(uuid4()),
            syntheses=self.storage.table("syntheses"),
            work_items=self.storage.table("workitems"),
            work=self.storage.blobs("work"),
            outputs=self.storage.blobs("outputs"),
            queue=self.storage.queue("speak"),
            open_container=lambda url: self.storage.blobs("results"),
            engine=lambda name: self.engine,
        )

    def ask(
        self,
        method: str,
        id: str | None = None,
        body: bytes | Mapping[str, Any] = b"",
        *,
        version: ApiVersion = GA,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        service: Service | None = None,
    ) -> Response:
        request = Request(
            method=method,
            url=f"{ENDPOINT}/{version.path}",
            id=id,
            query={**version.query, **(query or {})},
            headers={"ocp-apim-subscription-key": KEY, **(headers or {})},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        return handle(service or self.service, version, request)

    def get(self, id: str, version: ApiVersion = GA) -> Any:
        response = self.ask("GET", id, version=version)
        assert response.status == 200
        return json.loads(response.body)

    def work(self, service: Service | None = None) -> None:
        """Handles every message that is there, as one worker would."""
        while messages := self.storage.queues["speak"].receive(1, visibility=0):
            self.storage.queues["speak"].delete(messages[0])
            speak(service or self.service, messages[0].text)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def recover(self) -> None:
        """What timers and workers do in the two hours in which every lease and every handler's life ends."""
        for _ in range(6):
            self.wait(1200)
            tend(self.service)
            self.work()

    def create(self, id: str = "job-1", version: ApiVersion = GA, **members: Any) -> str:
        """Creates from a body for one short text, changed by `members`; returns the synthesis's id."""
        response = self.ask(
            version.create_method, id if version is GA else None, {**BODIES[version.name], **members}, version=version
        )
        assert response.status == 201, response.body
        return str(json.loads(response.body)["id"])

    def archive(self, url: str) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(read_memory(url, self.storage.containers))) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    def blobs(self, container: str) -> dict[str, bytes]:
        blobs = self.storage.blobs(container)
        return {info.name: blobs.read(info.name) for info in blobs.list()}

    def rows(self, table: str, *partitions: str) -> list[str]:
        """Keys, without the ledger's."""
        found = self.storage.table(table)
        return [row.key for name in partitions for row in found.query(name) if not row.key.startswith("ledger~")]

    def ledger(self, version: ApiVersion = GA) -> list[str]:
        """The ids of all syntheses ever accepted."""
        rows = self.storage.table("syntheses").query(version.name, start="ledger~", end="ledger~~")
        return [str(row.values["id"]) for row in rows]

    def with_ports(self, change: Callable[[str, Any], Any]) -> Service:
        """The same service, each port as `change(name, port)` makes it."""
        names = ("syntheses", "work_items", "work", "outputs", "queue")
        ports = {name: change(name, getattr(self.service, name)) for name in names}
        return replace(
            self.service, **ports, open_container=lambda url: change("destination", self.storage.blobs("results"))
        )


BODIES: Mapping[str, Mapping[str, Any]] = {
    GA.name: {
        "inputKind": "PlainText",
        "inputs": [{"content": "One short text."}],
        "synthesisConfig": {"voice": "en-US-JennyNeural"},
    },
    PREVIEW.name: {
        "displayName": "a name",
        "textType": "PlainText",
        "inputs": [{"text": "One short text."}],
        "synthesisConfig": {"voice": "en-US-JennyNeural"},
    },
}
