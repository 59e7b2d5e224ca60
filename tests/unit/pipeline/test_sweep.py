"""Sweep: finds what no event told of, and reads no more than it must."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.errors import Conflict, SpeechdropError, StorageError
from shared.pipeline.sweep import sweep
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Counting, Interrupted, Running


def mark(running: Running) -> str | None:
    row = running.world.tables["app"].get("sweep", "mark")
    return str(row.values["begun"]) if row else None


def test_a_missed_event_is_made_up_for(running: Running) -> None:
    running.world.drop("a.txt", note("a"), event=False)
    sweep(running.p)
    assert running.sent() == [(note("a"),)]
    running.settle()


def test_a_missed_change_is_too(running: Running) -> None:
    running.take("a.txt", note("one"))
    running.settle()
    running.world.drop("a.txt", note("two"), event=False)
    sweep(running.p)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]


def test_it_reads_rows_only_for_what_changed_since_the_last_one(running: Running) -> None:
    running.world.drop("old.txt", note("old"), event=False)
    sweep(running.p)
    running.wait(running.world.settings.sweep_overlap_seconds + 1)
    sweep(running.p)
    running.world.drop("new.txt", note("new"), event=False)
    read: list[tuple[str, tuple[str, ...]]] = []
    sweep(replace(running.p, inbox=Counting(running.p.inbox, read)))
    heads = [args[0] for name, args in read if name == "head"]
    assert "new.txt" in heads
    assert "old.txt" not in heads
    assert sum(name == "list" for name, _ in read) == 1


def test_the_overlap_is_read_again(running: Running) -> None:
    """A blob may appear with a time before the sweep that did not see it."""
    running.wait(100)
    sweep(running.p)
    running.wait(-4)
    running.world.drop("late.txt", note("late"), event=False)
    running.wait(4)
    sweep(running.p)
    assert running.sent() == [(note("late"),)]


def die() -> None:
    raise StorageError("storage is down")


def test_the_mark_moves_to_the_beginning_of_a_complete_sweep_only(running: Running) -> None:
    sweep(running.p)
    first = mark(running)
    assert first == running.world.clock.now.isoformat()
    running.wait(60)
    running.world.drop("a.txt", note("a"), event=False)
    running.world.drop("b.txt", note("b"), event=False)
    sweep(replace(running.p, inbox=Interrupted(running.p.inbox, "read", die)))
    assert mark(running) == first
    assert running.statuses("a.txt") == []
    assert running.statuses("b.txt") == ["PENDING"]  # went on past the blob that failed
    begun = running.world.clock.now
    slow = Interrupted(running.p.inbox, "read", lambda: running.wait(30))
    sweep(replace(running.p, inbox=slow))
    assert mark(running) == begun.isoformat()
    running.settle()


@dataclass
class Barred:
    """An inbox in which one blob cannot be looked at."""

    port: Any
    path: str
    error: SpeechdropError

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    def head(self, name: str) -> Any:
        if name == self.path:
            raise self.error
        return self.port.head(name)


@pytest.mark.parametrize("error", [StorageError("409 BlobArchived", status=409), Conflict("leased")])
def test_a_blob_that_is_never_read_holds_up_no_other_and_is_tried_each_time(
    running: Running, error: SpeechdropError
) -> None:
    for name in "amz":
        running.world.drop(f"{name}.txt", note(name), event=False)
    barred = replace(running.p, inbox=Barred(running.p.inbox, "m.txt", error))
    for _ in range(2):
        sweep(barred)
        running.wait(60)
        assert (running.statuses("a.txt"), running.statuses("z.txt")) == (["PENDING"], ["PENDING"])
        assert mark(running) is None
    sweep(running.p)
    running.settle()
    assert mark(running)


def test_two_sweeps_at_once_take_everything_in_once(running: Running) -> None:
    running.world.drop("a.txt", note("a"), event=False)
    other = running.p
    sweep(replace(running.p, inbox=Interrupted(running.p.inbox, "head", lambda: sweep(other))))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert len(running.sent()) == 1
