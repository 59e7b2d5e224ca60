"""A pipeline over the twins, in this process: the crash harness's world, its handlers called one by one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from shared.adapters.memory_telemetry import MemoryTelemetry
from shared.adapters.telemetry import CountedSpeechApi
from shared.domain.documents import Part, Version
from shared.domain.jobs import Job
from shared.pipeline.context import Pipeline
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.ports import Row
from tests.crash.world import SETTINGS, World

PARTITIONS = ("ready", "held", "sending", "running", "finishing")


@dataclass
class Running:
    """The world, a pipeline over it, and words for what tests do and look at."""

    world: World
    p: Pipeline
    telemetry: MemoryTelemetry = field(default_factory=MemoryTelemetry)

    @classmethod
    def begin(cls, **settings: Any) -> Running:
        world = World(replace(SETTINGS, **settings))
        world.told = None
        numbers = count()
        ports = world.ports()
        links = ports.pop("links")
        del ports["host"]
        telemetry = MemoryTelemetry()
        speech = CountedSpeechApi(ports.pop("speech"), telemetry)
        p = Pipeline(
            settings=world.settings,
            clock=world.clock,
            new_id=lambda: f"{next(numbers):08x}",
            jitter=lambda: 0.0,
            open_container=world.storage.open_container,
            open_file=lambda link: io.BytesIO(links.read(link())),
            speech=speech,
            telemetry=telemetry,
            **ports,
        )
        return cls(world, p, telemetry)

    def take(self, path: str, text: str) -> None:
        """Drops a file, and its event comes."""
        self.world.drop(path, text, event=False)
        intake(self.p, path)

    def limited(self, **settings: Any) -> Pipeline:
        """The same pipeline with other settings."""
        return replace(self.p, settings=replace(self.p.settings, **settings))

    def wait(self, seconds: float) -> None:
        self.world.clock.now += timedelta(seconds=seconds)

    def finish_all(self) -> None:
        while received := self.world.queue.receive(1):
            nudged(self.p, received[0].text)
            self.world.queue.delete(received[0])

    def round(self, seconds: float = 4) -> None:
        """The endpoint works, time passes, the timer fires, messages come."""
        self.world.endpoint.work()
        self.wait(seconds)
        poll(self.p)
        self.finish_all()

    def settle(self, rounds: int = 40) -> None:
        while not self.world.settled():
            assert rounds, f"not settled: {self.all()}"
            self.round()
            rounds -= 1
        self.world.check()

    def all(self) -> tuple[list[Version], list[Part], list[Job]]:
        return self.world.all_versions(), self.world.all_parts(), self.world.all_jobs()

    def statuses(self, path: str) -> list[str]:
        """Of a document's versions, by sequence."""
        found = sorted((v.sequence, v.status.value) for v in self.world.all_versions() if v.path == path)
        return [status for _, status in found]

    def job(self) -> Job:
        (job,) = self.world.all_jobs()
        return job

    def jobs(self, status: str) -> list[Job]:
        return [job for job in self.world.all_jobs() if job.status == status]

    def part(self) -> Part:
        (part,) = self.world.all_parts()
        return part

    def entries(self, partition: str) -> list[Row]:
        return list(self.world.tables["open"].query(partition))

    def open(self) -> dict[str, int]:
        """How many entries lie in each partition of `open`, those that hold any."""
        return {name: found for name in PARTITIONS if (found := len(self.entries(name)))}

    def days(self) -> list[Row]:
        return list(self.world.tables["days"].query("20260101"))

    def error(self, path: str) -> dict[str, Any]:
        manifest = self.world.manifest(path)
        assert manifest["status"] == "FAILED"
        error: dict[str, Any] = manifest["error"]
        return error

    def sent(self) -> list[tuple[str, ...]]:
        """The inputs of each accepted synthesis."""
        return [texts for _, texts in self.world.endpoint.ledger]


@dataclass
class Interrupted:
    """A port at one of whose methods something else happens first, once: what two handlers at once can do."""

    port: Any
    method: str
    first: Callable[[], object]
    happened: bool = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)
        if name != self.method or self.happened:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            if not self.happened:
                self.happened = True
                self.first()
            return real(*args, **kwargs)

        return call


@dataclass
class Counting:
    """A port that counts its calls."""

    port: Any
    calls: list[tuple[str, Any]]

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args))
            return real(*args, **kwargs)

        return call


def rewrite_manifest(running: Running, path: str, **change: Any) -> None:
    """As another writer would."""
    name = f"{path}/manifest.json"
    value = {**running.world.manifest(path), **change}
    running.world.storage.blobs(running.world.settings.results_container).write(name, json.dumps(value).encode())
