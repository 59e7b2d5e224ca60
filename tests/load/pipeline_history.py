"""A hundred thousand finished versions in real tables: an intake and a poll make the same requests as with none.

`make test-load` runs this file; plain pytest does not collect it. HISTORY_VERSIONS makes it shorter.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table as Drawn

from shared.adapters.connect import Storage
from shared.errors import Conflict, StorageError
from shared.pipeline.context import Pipeline
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.ports import TRANSACTION_LIMIT, Insert, Row, Table
from shared.settings import Connection
from speechdrop.devhost import azurite as emulator
from tests.crash.scenarios import note
from tests.load.pipeline_counting import Counts
from tests.unit.pipeline.history import history
from tests.unit.pipeline.running import Running

VERSIONS = int(os.environ.get("HISTORY_VERSIONS", "100000"))
_AT_ONCE = 4
_STEPS = ("an intake", "a poll while its job runs", "the intake of changed content", "a poll of two")

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(1800)]


def test_an_intake_and_a_poll_make_the_same_requests_as_with_none(tmp_path: Path) -> None:
    counts = Counts()
    none, many = (_measured(tmp_path / str(versions), versions, counts) for versions in (0, VERSIONS))
    table = Drawn(title="requests (and milliseconds)")
    for column in ("", "no history", f"{VERSIONS} finished versions"):
        table.add_column(column, justify="right" if column else "left")
    for step in _STEPS:
        table.add_row(step, *(f"{found[step][0].total()} ({found[step][1] * 1000:.0f})" for found in (none, many)))
    Console().print()
    Console().print(table)
    for step in _STEPS:
        assert many[step][0] == none[step][0] != Counter(), step


def _measured(data: Path, versions: int, counts: Counts) -> dict[str, tuple[Counter[str], float]]:
    """Requests and seconds of each step."""
    with emulator.running(data) as connection:
        account = Storage(Connection(connection_string=connection))
        _fill(account, versions)
        running = Running.begin()
        p = counts.counted(_over(account, running.p))
        _warm_up(p)
        return {step: _step(p, running, step, counts) for step in _STEPS}


def _over(account: Storage, p: Pipeline) -> Pipeline:
    """The pipeline with real storage; the endpoint is the crash harness's."""
    return replace(
        p,
        inbox=account.blobs("inbox"),
        results=account.blobs("results"),
        work=account.blobs("work"),
        documents=account.table("documents"),
        jobs=account.table("jobs"),
        open=account.table("open"),
        days=account.table("days"),
        app=account.table("app"),
        finishers=account.queue("finish"),
    )


def _warm_up(p: Pipeline) -> None:
    """Tables, containers and connections are made when they are first needed."""
    for table in (p.documents, p.jobs, p.open, p.days, p.app):
        table.delete(table.insert(Row(partition="warm", key="up", values={})))
    for blobs in (p.inbox, p.results, p.work):
        blobs.write("warm", b"")
        blobs.delete("warm")


def _step(p: Pipeline, running: Running, step: str, counts: Counts) -> tuple[Counter[str], float]:
    if "intake" in step:
        p.inbox.write("a.txt", note(step).encode())
    running.wait(30)
    before, begun = Counter(counts.snapshot()), time.monotonic()
    if "intake" in step:
        intake(p, "a.txt")
    else:
        poll(p)
    return Counter(counts.snapshot()) - before, time.monotonic() - begun


def _fill(account: Storage, versions: int) -> None:
    tables = {name: account.table(name) for name in ("documents", "jobs", "days")}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda batch: _commit(tables[batch[0]], batch[1]), _batches(versions)):
            pass


def _commit(table: Table, rows: Sequence[Row]) -> None:
    """Once more where no answer came, as a busy emulator closes a connection now and then."""
    inserts = [Insert(row) for row in rows]
    try:
        table.commit(inserts)
    except StorageError:
        with suppress(Conflict):  # it had come through
            table.commit(inserts)


def _batches(versions: int) -> Iterator[tuple[str, list[Row]]]:
    waiting: dict[tuple[str, str], list[Row]] = {}
    for table, row in history(versions):
        batch = waiting.setdefault((table, row.partition), [])
        batch.append(row)
        if len(batch) == TRANSACTION_LIMIT:
            yield table, waiting.pop((table, row.partition))
    for (table, _), batch in waiting.items():
        yield table, batch
