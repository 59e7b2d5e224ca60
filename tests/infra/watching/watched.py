"""A pipeline and a service over their twins, minute by minute, and the alerts that fire on what they tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from shared.adapters.telemetry import CountedSpeechApi
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from shared.service.tend import tend
from tests.infra.watching.deployed import Alert, alerts
from tests.infra.watching.listening import Listening, listening
from tests.unit.pipeline.running import Running
from tests.unit.service.world import World as ServiceWorld

ALERTS = {alert.name: alert for alert in alerts()}
SWEEP_EVERY = 5
"""Minutes, as deployed; the other timers run every minute."""


@dataclass
class Watched:
    running: Running
    listening: Listening
    service: ServiceWorld | None = None
    minute: int = 0
    timers: set[str] = field(default_factory=lambda: {"poll", "sweep", "tend"})
    """Those that run."""
    endpoint_works: bool = True

    def minutes(self, number: int, *, step: float = 1) -> None:
        """Time passes, timers fire, messages come; `step`: so many minutes at a time."""
        for _ in range(number):
            self._round(step)

    def _round(self, step: float) -> None:
        running = self.running
        if self.endpoint_works:
            running.world.endpoint.work()
        running.wait(60 * step)
        if "poll" in self.timers:
            poll(running.p)
            running.finish_all()
        if "sweep" in self.timers and self.minute % SWEEP_EVERY == 0:
            sweep(running.p)
        if self.service and "tend" in self.timers:
            self.service.now = running.world.clock.now
            tend(self.service.service)
        self.minute += 1
        self.listening.flush(running.world.clock.now)

    def plant(self, table: str, **columns: Any) -> None:
        """A row of what the platform tells of itself, now."""
        self.listening.workspace.add(table, {"TimeGenerated": self.running.world.clock.now, **columns})

    def rows(self, alert: Alert) -> list[dict[str, Any]]:
        now = self.running.world.clock.now
        return self.listening.workspace.ask(alert.query, after=now - alert.window, until=now)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Over the last week."""
        now = self.running.world.clock.now
        return self.listening.workspace.ask(query, after=now - timedelta(days=7), until=now)

    def fired(self) -> set[str]:
        return {name for name, alert in ALERTS.items() if self.rows(alert)}

    def drop(self, *texts: str) -> None:
        for text in texts:
            self.running.take(f"{len(self.running.world.versions):04d}.txt", text)

    def serve(self) -> ServiceWorld:
        """A service beside the pipeline, at the same time of day; nothing joins the two."""
        world = ServiceWorld(now=self.running.world.clock.now)
        world.service = replace(world.service, telemetry=self.listening.telemetry)
        self.service = world
        return world


@contextmanager
def watched(**settings: Any) -> Iterator[Watched]:
    with listening() as heard:
        running = Running.begin(**settings)
        telemetry = heard.telemetry
        speech = CountedSpeechApi(running.world.endpoint, telemetry)
        running.p = replace(running.p, telemetry=telemetry, speech=speech)
        yield Watched(running, heard)
