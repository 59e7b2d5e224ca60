"""A thousand documents in a random schedule: handlers are killed at any effect, the endpoint fails in every way it can,
events come twice, late or never. Each document ends by no fault of ours; none is paid twice."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from shared.batchapi.versions import VERSIONS
from shared.domain.documents import VersionStatus
from shared.errors import SpeechdropError
from shared.pipeline import intake as taking_in
from shared.pipeline.context import Pipeline
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from tests.crash.interleaving import TOLD, Killed
from tests.crash.remote import EFFECTS
from tests.crash.scenarios import book, note
from tests.crash.world import SETTINGS, World

DOCUMENTS = int(os.environ.get("SCHEDULE_DOCUMENTS", "150"))
SEEDS = range(int(os.environ.get("SCHEDULES", "1")))
DUPLICATES, MISSED, KILL = 0.1, 0.05, 0.005
FAULTS = (
    "429",
    "429 bare",
    "no connection",
    "408",
    "500 before",
    "503 before",
    "401",
    "lost reply",
    "400 once",
    "expired SAS",
)
"""What a create may meet that says nothing of its documents."""
ENDS = ("failed", "stuck", "no summary", "malformed summary", "no audio")
OURS = ("It was accepted and paid", "had not ended by the deadline", "could not be learnt by the deadline")
"""What a failed document may say besides what an endpoint says of it: it was paid, or perhaps, and has no result."""
WHOLE = 1000
"""So many documents meet everything."""
MOST, FEW = max(1, 2 * DOCUMENTS // WHOLE), max(2, 8 * DOCUMENTS // WHOLE)
"""Syntheses that end in each way that leaves no result, and inputs of each: all its documents fail."""
VOICES = ("Jenny", "Guy", "Aria", "Davis", "Jane", "Jason", "Nancy", "Sara", "Tony")
ROUNDS = 5000


class Schedule(World):
    """Who drops what, what goes wrong, and in which order things happen: by the seed."""

    def __init__(self, seed: int, version: str) -> None:
        super().__init__(replace(SETTINGS, speech_api_version=version, deadline_seconds=1200, max_active_jobs=8))
        self.rnd, self.told = Random(seed), (*TOLD, *OURS)
        self.clock.now += timedelta(hours=1)
        self.numbers, self.kills, self.missed, self.doubled = 0, 0, 0, 0
        self.endpoint.at_once, self.endpoint.seconds, self.endpoint.refuses_when_full = 6, 5, seed % 2 == 0
        self.endpoint.listed_after, self.endpoint.few = 1, FEW
        self.endpoint.bad_texts = lambda text: "name bad" in text
        self.to_drop = list(range(DOCUMENTS))
        for folder, voice in enumerate(VOICES):  # so that there are jobs of many kinds
            options = {"voice": f"en-US-{voice}Neural"}
            self.inbox.write(f"{folder}/_speechdrop.json", json.dumps(options).encode())

    def drop_some(self) -> None:
        for number in (self.to_drop.pop() for _ in range(min(len(self.to_drop), self.rnd.randint(1, 30)))):
            kind = "bad" if number % 50 == 49 else "good"
            text = book(f"{kind} {number}", 2 + number % 4) if number % 10 == 3 else note(f"{kind} {number}")
            lot, path = self.rnd.random(), f"{number % len(VOICES)}/{number:04d}.txt"
            self.drop(path, text, event=lot > MISSED)
            self.missed += lot <= MISSED
            if lot > 1 - DUPLICATES:
                self.doubled += 1
                self.events.insert(self.rnd.randint(0, len(self.events)), path)

    def misfortune(self) -> None:
        """Something that the next creates and syntheses meet."""
        endpoint = self.endpoint
        if not endpoint.faults and self.rnd.random() < 0.3:
            endpoint.faults.append(self._one_of(FAULTS))
        if not endpoint.ends and self.rnd.random() < 0.1:
            end = self._one_of(ENDS)
            endpoint.ends.append(end if endpoint.met[end] < MOST else "failed")
        endpoint.takes_destination = self.rnd.random() < 0.95
        endpoint.writes_destination = self.rnd.random() < 0.98

    def _one_of(self, misfortunes: Sequence[str]) -> str:
        """Each once before any comes again."""
        return self.rnd.choice([name for name in misfortunes if not self.endpoint.met[name]] or misfortunes)

    def pipeline(self) -> Pipeline:
        ports: dict[str, Any] = self.ports()
        links = ports.pop("links")
        del ports["host"]
        ports = {name: _Deadly(self, port) for name, port in ports.items()}

        def new_id() -> str:
            self.numbers += 1
            return f"{self.numbers:08x}"

        return Pipeline(
            settings=self.settings,
            clock=self.clock,
            new_id=new_id,
            jitter=self.rnd.random,
            open_container=lambda url: ports["results"],
            open_file=lambda link: io.BytesIO(links.read(link())),
            **ports,
        )

    def run(self) -> None:
        p, rounds = self.pipeline(), 0
        while (self.to_drop or not self.settled()) and rounds < ROUNDS:
            rounds += 1
            self.misfortune()
            self.drop_some()
            for _ in range(self.rnd.randint(0, 40)):
                self.one_of_the_hosts_functions(p)
            self.attempt(lambda: poll(p))
            if rounds % 10 == 0:
                self.attempt(lambda: sweep(p))
            self.endpoint.work()
            self.clock.now += timedelta(seconds=self.rnd.choice([0.5, 2, 5, 20]))

    def one_of_the_hosts_functions(self, p: Pipeline) -> None:
        if self.events and self.rnd.random() < 0.6:
            path = self.events.pop(self.rnd.randrange(len(self.events)))
            self.attempt(lambda: intake(p, path), again=lambda: self.events.append(path))
        for received in self.queue.receive(1, visibility=8):
            if self.attempt(lambda text=received.text: nudged(p, text)):  # type: ignore[misc]
                self.queue.delete(received)

    def attempt(self, act: Callable[[], object], again: Callable[[], object] = lambda: None) -> bool:
        """False: it was killed, or storage or endpoint ended it; the host then tries again."""
        try:
            act()
        except (Killed, SpeechdropError) as error:
            self.kills += isinstance(error, Killed)
            again()
            return False
        return True


class _Deadly:
    """A port at whose effects the process may end, before it or after it."""

    def __init__(self, schedule: Schedule, port: Any) -> None:
        self._schedule, self._port = schedule, port

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            lot = self._schedule.rnd.random() if method in EFFECTS else 1
            if lot < KILL / 2:
                raise Killed
            value = getattr(self._port, method)(*args, **kwargs)
            if lot < KILL:
                raise Killed
            return list(value) if isinstance(value, Iterator) else value

        return call


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_random_schedule_loses_nothing_and_pays_nothing_twice(
    version: str, seed: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(taking_in, "MAX_PART_INPUTS", 2)
    schedule = Schedule(seed, version)
    schedule.run()
    schedule.check()
    versions = schedule.all_versions()
    ends = Counter(one.status.value for one in versions)
    assert len(versions) == DOCUMENTS
    assert ends[VersionStatus.FINISHED] >= 0.9 * DOCUMENTS
    met = schedule.endpoint.met
    assert schedule.kills
    assert schedule.doubled
    assert schedule.missed
    if DOCUMENTS >= WHOLE:
        assert met.keys() >= {*FAULTS, *ENDS}
        assert schedule.doubled == pytest.approx(DUPLICATES * DOCUMENTS, rel=0.4)
        assert schedule.missed == pytest.approx(MISSED * DOCUMENTS, rel=0.4)
    with capsys.disabled():
        jobs, creates = len(schedule.all_jobs()), schedule.endpoint.requests["create"]
        print(f"\nschedule {seed}, {version}: {dict(ends)}, {jobs} jobs, {creates} creates, {dict(met)}")
        print(f"kills: {schedule.kills}, twice: {schedule.doubled}, missed: {schedule.missed}")
