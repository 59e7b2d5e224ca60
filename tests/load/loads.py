"""One load on a deployment of its own: all jobs created as fast as allowed, watched until the last has ended."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from shared.settings import Settings
from speechdrop.cli.local import TIMES, Deployment, deployment
from tests.load import processes
from tests.load.checking import check
from tests.load.client import Client

KILL_EVERY_SECONDS = 2.0
_LOOK_SECONDS = 15.0
DOCUMENTED = {item.name.upper(): str(item.default) for item in fields(Settings) if item.name.upper() in TIMES}
"""Times of settings as they are documented, where a laptop's are shorter."""
_ENDED = {"Succeeded", "Failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a load cost, from just before the first create to the last job's end."""

    audio_seconds: float
    wall_seconds: float
    """To the last job's `lastActionDateTime`."""
    cpu_seconds: Mapping[str, float]
    """By role, of the processes that live at the end: all of them unless there were kills."""
    other_cores: float
    """Cores that what else ran on this machine used meanwhile, on average; with kills, the dead workers too."""
    memory_bytes: Mapping[str, int]
    """Most resident memory (VmHWM) by role, of all processes that had it."""
    kills: int
    open_after_kills: int

    @property
    def worker_cpu_seconds(self) -> float:
        return sum(seconds for role, seconds in self.cpu_seconds.items() if role.startswith("worker"))


def run(
    data: Path, jobs: Mapping[str, list[str]], samples: Mapping[str, int], *, workers: int, killing_seconds: float = 0
) -> Load:
    """Raises AssertionError where a job did not end as it should; `samples`: of each text's sound."""
    data.mkdir()
    with deployment(data, port=0, key="load", workers=workers) as running:
        client = Client(running)
        before = {pid: processes.cpu_seconds(pid) for pid in processes.pids(running).values()}
        busy, clock, begun = processes.machine_busy_seconds(), time.monotonic(), datetime.now(UTC)
        killing = _Killing(running, killing_seconds)
        with killing:
            client.create_all(jobs)
            memory = _watched(running, client, len(jobs), killing)
        cpu = {role: processes.cpu_seconds(pid) - before.get(pid, 0.0) for role, pid in processes.pids(running).items()}
        busy, watched = processes.machine_busy_seconds() - busy, time.monotonic() - clock
        found = list(client.all())
        assert Counter(each["status"] for each in found) == {"Succeeded": len(jobs)}
        check(running, client, jobs, samples)
    last = max(datetime.fromisoformat(each["lastActionDateTime"]) for each in found)
    return Load(
        audio_seconds=sum(each["properties"]["durationInMilliseconds"] for each in found) / 1000,
        wall_seconds=(last - begun).total_seconds(),
        cpu_seconds=cpu,
        other_cores=(busy - sum(cpu.values())) / watched,
        memory_bytes=memory | {role: max(size, memory.get(role, 0)) for role, size in killing.memory.items()},
        kills=killing.kills,
        open_after_kills=killing.open_after,
    )


def _watched(running: Deployment, client: Client, jobs: int, killing: _Killing) -> dict[str, int]:
    """Waits for the end of all jobs and of the kills; returns the most memory by role."""
    memory: dict[str, int] = {}
    while True:
        running.check()
        for role, pid in processes.pids(running).items():
            memory[role] = max(memory.get(role, 0), processes.most_memory(pid))
        still_open = jobs - sum(each["status"] in _ENDED for each in client.all())
        if killing.over.is_set() and killing.open_after < 0:
            killing.open_after = still_open
        if not still_open and killing.over.is_set():
            return memory
        time.sleep(_LOOK_SECONDS)


class _Killing:
    """SIGKILL to a random worker every so often, beside the load."""

    def __init__(self, running: Deployment, seconds: float) -> None:
        self._running, self._seconds = running, seconds
        self.kills, self.open_after = 0, -1
        self.memory: dict[str, int] = {}
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join()

    def _run(self) -> None:
        draw, end = random.Random(9), time.monotonic() + self._seconds
        try:
            while time.monotonic() < end and not self.over.wait(KILL_EVERY_SECONDS):
                role, pid = draw.choice(sorted(processes.workers(self._running).items()))
                self.memory[role] = max(self.memory.get(role, 0), processes.most_memory(pid))
                with suppress(ProcessLookupError):  # it is dead, and its successor not told of yet
                    os.kill(pid, signal.SIGKILL)
                    self.kills += 1
        finally:
            self.over.set()
