"""What a document costs, and that history costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.pipeline.context import Pipeline
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from shared.settings import Settings
from tests.crash.scenarios import book, note
from tests.unit.pipeline.history import history
from tests.unit.pipeline.running import Running

PORTS = ("inbox", "results", "work", "documents", "jobs", "open", "days", "app", "finishers", "speech")
MOST_PER_FILE = 11


class Asked:
    """A port that notes each request, and how many rows it gave."""

    def __init__(self, port: Any, name: str, notes: list[tuple[str, int]]) -> None:
        self._port, self._name, self._notes = port, name, notes

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            given = 0
            try:
                found = getattr(self._port, method)(*args, **options)
                if method == "query":
                    found = list(found)
                    given = len(found)
                return found
            finally:
                is_option = self._name == "inbox" and method == "read" and args[0].endswith(".json")
                self._notes.append(("options" if is_option else f"{self._name}.{method}", given))

        return call


def asked(p: Pipeline) -> tuple[Pipeline, list[tuple[str, int]]]:
    notes: list[tuple[str, int]] = []
    ports: dict[str, Any] = {name: Asked(getattr(p, name), name, notes) for name in PORTS}
    return replace(p, **ports), notes


def with_history(versions: int) -> Running:
    running = Running.begin()
    for table, row in history(versions):
        running.world.tables[table].insert(row)
    running.world.inbox.write("history/000000.txt", note("it has changed").encode())
    return running


def a_new_file(running: Running, p: Pipeline) -> None:
    running.world.drop("new.txt", note("new"), event=False)
    intake(p, "new.txt")


def a_changed_file(running: Running, p: Pipeline) -> None:
    intake(p, "history/000000.txt")


def a_book(running: Running, p: Pipeline) -> None:
    running.world.drop("book.txt", book("a book", 6), event=False)
    intake(p, "book.txt")


def a_poll(running: Running, p: Pipeline) -> None:
    poll(p)


def a_poll_with_a_job_running(running: Running, p: Pipeline) -> None:
    running.take("running.txt", note("running"))
    running.wait(10)
    poll(p)


def a_sweep(running: Running, p: Pipeline) -> None:
    sweep(p)


ACTS = {act.__name__: act for act in (a_new_file, a_changed_file, a_book, a_poll, a_poll_with_a_job_running, a_sweep)}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_finished_versions_cost_no_request_and_give_no_row(act: Callable[[Running, Pipeline], None]) -> None:
    told = []
    for versions in (1, 2000):
        running = with_history(versions)
        p, notes = asked(running.p)
        act(running, p)
        told.append(notes)
    assert told[0] == told[1]
    assert told[0]


def test_a_small_file_among_many_costs_few_requests() -> None:
    """A hundred come each second. A copy is one request, once its job's content type is known."""
    running = Running.begin()
    running.p = replace(running.p, settings=Settings(deployment_id="x"))
    p, notes = asked(running.p)
    files = 1000
    for number in range(files):
        running.world.drop(f"{number:04d}.txt", f"{note(str(number))} {'x' * 900}", event=False)
        running.wait(0.01)
        intake(p, f"{number:04d}.txt")
    running.p = p
    for _ in range(9):
        running.round(15)
    assert running.world.settled()
    counts = Counter(name for name, _ in notes)
    storage = sum(count for name, count in counts.items() if name != "options" and not name.startswith("speech."))
    assert storage / files <= MOST_PER_FILE, counts.most_common()
    assert counts["speech.create"] <= 2
