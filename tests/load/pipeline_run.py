"""One drop of many small files on a deployment of its own, watched until the last of them is published."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.adapters.connect import Storage, storage
from shared.ports import Row
from shared.settings import Connection, Settings
from speechdrop.cli.local import REPOSITORY, Deployment, deployment
from tests.load import processes
from tests.load.loads import DOCUMENTED
from tests.load.pipeline_counting import read_counts

FILE_BYTES = 1024
RATE = "+200%"
"""Of the speech: a third of the sound to encode, which at rate 1 takes two cores half an hour."""
WORKERS = 2
_APP = Path(__file__).with_name("pipeline_app.py")
_UPLOADERS = 4
_LOOK_SECONDS = 3.0
_PATIENCE_SECONDS = 3600.0
_OPEN = ("ready", "sending", "running", "finishing")
_CLOUD = {
    **DOCUMENTED,
    "POLL_SCHEDULE": "0 * * * * *",
    "SWEEP_SCHEDULE": "0 * * * * *",
    "SWEEP_PATIENCE_SECONDS": "1800",
    "TEND_SCHEDULE": "30 * * * * *",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:02",
    "ENGINE": "silence",
    "DEVHOST_VERBOSE": "false",
}
"""Times as they are documented, and schedules as `infra/` deploys them, not a laptop's; but for the sweep, which comes
every minute instead of every five, so that a short run meets it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a drop cost, from the first file's upload to the last one's end."""

    files: int
    upload_seconds: float
    seconds: float
    requests: Counter[str]
    """Of the pipeline, by port and method."""
    memory_bytes: Mapping[str, int]
    """Most resident memory (VmHWM) by role."""
    statuses: Counter[str]
    """Of the documents, as their days tell them."""
    accepted: Counter[str]
    """How often the service accepted each text, by its SHA-256."""
    manifests: int

    @property
    def bytes(self) -> int:
        return self.files * FILE_BYTES


@contextmanager
def counted_deployment(data: Path) -> Iterator[tuple[Deployment, Path]]:
    """A deployment, and where its processes write what the pipeline asks for."""
    counts, app = data / "counts", data / "app"
    for folder in (data, counts, app):
        folder.mkdir()
    for file in (_APP, REPOSITORY / "host.json"):
        shutil.copy(file, app)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**_CLOUD, "LOAD_COUNTS": str(counts.resolve())}.items():
            environment.setenv(name, value)
        with deployment(data, port=0, key="load", workers=WORKERS, app=app.resolve() / _APP.name) as running:
            yield running, counts


def run(data: Path, files: int) -> Run:
    """Raises AssertionError where it takes too long."""
    with counted_deployment(data) as (running, counts):
        account = storage(Connection(connection_string=running.connection))
        begun, today = time.monotonic(), datetime.now(UTC)
        _drop(account, running.settings, files)
        uploaded = time.monotonic()
        memory = _watched(running, account)
        ended = time.monotonic()
        statuses = Counter(str(row.values["status"]) for row in _days(account, today))
        time.sleep(1)  # the counts of the last half second
        return Run(
            files=files,
            upload_seconds=uploaded - begun,
            seconds=ended - begun,
            requests=read_counts(counts),
            memory_bytes=memory,
            statuses=statuses,
            accepted=_accepted(account, running.settings),
            manifests=sum(
                info.name.endswith("/manifest.json")
                for info in account.blobs(running.settings.results_container).list()
            ),
        )


def texts(files: int) -> Iterator[str]:
    """Each of FILE_BYTES, all different."""
    draw = random.Random(10_000)
    for number in range(files):
        words = "".join(draw.choice("abcdefgh ") for _ in range(FILE_BYTES))
        yield f"Number {number}. {words}"[: FILE_BYTES - 1].rstrip().ljust(FILE_BYTES - 1, "x") + "."


def _drop(account: Storage, settings: Settings, files: int) -> None:
    inbox = account.blobs(settings.inbox_container)
    inbox.write("_speechdrop.json", json.dumps({"rate": RATE}).encode())
    with ThreadPoolExecutor(_UPLOADERS) as pool:
        written = [
            pool.submit(inbox.write, f"{number:05d}.txt", text.encode()) for number, text in enumerate(texts(files))
        ]
        for each in written:
            each.result()


def _watched(running: Deployment, account: Storage) -> dict[str, int]:
    """Waits until nothing is open any more; returns the most memory by role."""
    waiting, deadline = account.table("open"), time.monotonic() + _PATIENCE_SECONDS
    memory: dict[str, int] = {}
    quiet = 0
    while quiet < 2:  # an intake may be about to write its first entry
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(_LOOK_SECONDS)
        running.check()
        for role, pid in processes.pids(running).items():
            memory[role] = max(memory.get(role, 0), processes.most_memory(pid))
        quiet = 0 if any(next(waiting.query(name, limit=1), None) for name in _OPEN) else quiet + 1
    return memory


def _days(account: Storage, first: datetime) -> Iterator[Row]:
    for day in {f"{first:%Y%m%d}", f"{datetime.now(UTC):%Y%m%d}"}:
        yield from account.table("days").query(day)


def _accepted(account: Storage, settings: Settings) -> Counter[str]:
    blobs = account.blobs(settings.service_container)
    kept = [json.loads(blobs.read(info.name)) for info in blobs.list("ledger/")]
    return Counter(digest for entry in kept for digest in entry["inputs"])
