"""Sweep: finds what no event told of, and reads no more than it must."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.errors import Conflict, StorageError
from shared.pipeline import sweep as sweeping
from shared.pipeline.context import Known
from shared.pipeline.sweep import sweep
from shared.ports import Row
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Counting, Interrupted, Running


def mark(running: Running) -> str | None:
    row = running.world.tables["app"].get("sweep", "mark")
    return str(row.values["mark"]) if row and "mark" in row.values else None


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
    heads = [args[0] for name, args in read if name == "peek"]
    assert "new.txt" in heads
    assert "old.txt" not in heads
    assert sum(name == "page" for name, _ in read) == 1


def test_the_overlap_is_read_again(running: Running) -> None:
    """A blob may appear with a time before the sweep that did not see it."""
    running.wait(100)
    sweep(running.p)
    running.wait(-4)
    running.world.drop("late.txt", note("late"), event=False)
    running.wait(4)
    sweep(running.p)
    assert running.sent() == [(note("late"),)]


def test_what_is_young_is_left_to_its_event_until_it_is_late(running: Running) -> None:
    patient = replace(running.p, settings=replace(running.p.settings, sweep_patience_seconds=600.0))
    running.world.drop("a.txt", note("a"), event=False)
    for _ in range(2):
        sweep(patient)
        assert running.statuses("a.txt") == []
        running.wait(300)
    running.world.drop("b.txt", note("b"), event=False)
    running.wait(1)
    sweep(patient)
    assert (running.statuses("a.txt"), running.statuses("b.txt")) == (["PENDING"], [])
    running.wait(600)
    sweep(patient)
    assert running.statuses("b.txt") == ["PENDING"]


def die() -> None:
    raise StorageError("storage is down")


def test_the_mark_moves_to_the_beginning_of_a_complete_sweep_only(running: Running) -> None:
    sweep(running.p)
    first = mark(running)
    assert first == running.world.clock.now.isoformat()
    running.wait(60)
    running.world.drop("a.txt", note("a"), event=False)
    running.world.drop("b.txt", note("b"), event=False)
    sweep(replace(running.p, inbox=Interrupted(running.p.inbox, "peek", die)))
    assert mark(running) == first
    assert running.statuses("a.txt") == []
    assert running.statuses("b.txt") == ["PENDING"]  # went on past the blob that failed
    begun = running.world.clock.now
    slow = Interrupted(running.p.inbox, "peek", lambda: running.wait(30))
    sweep(replace(running.p, inbox=slow))
    assert mark(running) == begun.isoformat()
    running.settle()


@dataclass
class Barred:
    """An inbox in which one blob cannot be looked at."""

    port: Any
    path: str
    error: Exception

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    def peek(self, name: str, **options: Any) -> Any:
        if name == self.path:
            raise self.error
        return self.port.peek(name, **options)


@pytest.mark.parametrize(
    "error", [StorageError("409 BlobArchived", status=409), Conflict("leased"), ValueError("Call me Ishmael")]
)
def test_a_blob_that_is_never_read_holds_up_no_other_and_is_tried_each_time(
    running: Running, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    for name in "amz":
        running.world.drop(f"{name}.txt", note(name), event=False)
    barred = replace(running.p, inbox=Barred(running.p.inbox, "m.txt", error))
    for _ in range(2):
        sweep(barred)
        running.wait(60)
        assert (running.statuses("a.txt"), running.statuses("z.txt")) == (["PENDING"], ["PENDING"])
        assert mark(running) is None
    assert "Ishmael" not in caplog.text
    sweep(running.p)
    running.settle()
    assert mark(running)


def test_two_sweeps_at_once_take_everything_in_once(running: Running) -> None:
    running.world.drop("a.txt", note("a"), event=False)
    other = running.p
    sweep(replace(running.p, inbox=Interrupted(running.p.inbox, "peek", lambda: sweep(other))))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert len(running.sent()) == 1


def test_a_sweep_of_more_than_a_run_can_do_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each intake takes a second, a run has five; two blobs make a page."""
    running = Running.begin(sweep_seconds=5)
    monkeypatch.setattr(sweeping, "PAGE_BLOBS", 2)
    begun = running.world.clock.now
    paths = [f"{number:02d}.txt" for number in range(11)]
    for path in paths:
        running.world.drop(path, note(path), event=False)
    calls: list[tuple[str, Any]] = []
    slow = replace(running.p, inbox=Slow(Counting(running.p.inbox, calls), running))
    done = []
    for _ in range(2):
        assert mark(running) is None
        sweep(slow)
        done.append(sum(running.statuses(path) != [] for path in paths))
    assert done == [6, 11]
    assert mark(running) == begun.isoformat()
    assert sum(name == "page" for name, _ in calls) == 6
    assert sum(name == "peek" for name, _ in calls) == len(paths)
    running.settle()


@dataclass
class Slow:
    """An inbox whose blobs take a second to be looked at."""

    port: Any
    running: Running

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    def peek(self, name: str, **options: Any) -> Any:
        self.running.wait(1)
        return self.port.peek(name, **options)


def test_a_page_that_a_run_could_not_do_whole_is_not_looked_at_again(running: Running) -> None:
    running.p = replace(running.p, settings=replace(running.p.settings, sweep_seconds=250))
    for number in range(350):
        running.world.drop(f"{number:03d}.txt", note(str(number)), event=False)
    calls: list[tuple[str, Any]] = []
    slow = replace(running.p, inbox=Slow(Counting(running.p.inbox, calls), running))
    sweep(slow)
    assert (len(running.world.all_versions()), mark(running)) == (300, None)
    sweep(slow)
    assert len(running.world.all_versions()) == 350
    assert mark(running)
    assert sum(name == "peek" for name, _ in calls) == 350


def test_a_blob_that_failed_in_an_earlier_run_of_a_sweep_keeps_the_mark_back(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running.begin(sweep_seconds=1)
    monkeypatch.setattr(sweeping, "PAGE_BLOBS", 1)
    for name in "abc":
        running.world.drop(f"{name}.txt", note(name), event=False)
    barred = Barred(running.p.inbox, "a.txt", StorageError("409 BlobArchived", status=409))
    for inbox in (barred, running.p.inbox, running.p.inbox):
        sweep(replace(running.p, inbox=Slow(inbox, running)))
    assert [running.statuses(f"{name}.txt") != [] for name in "abc"] == [False, True, True]
    assert mark(running) is None
    for _ in "abc":
        sweep(replace(running.p, inbox=Slow(running.p.inbox, running)))
    assert running.statuses("a.txt") != []
    assert mark(running)


def test_a_state_of_an_earlier_release_is_a_sweep_of_everything(running: Running) -> None:
    begun = running.world.clock.now.isoformat()
    running.world.tables["app"].insert(Row(partition="sweep", key="mark", values={"begun": begun}))
    running.wait(100_000)
    sweep(running.p)
    assert mark(running) == begun


def test_what_this_process_has_met_is_not_asked_for_again(running: Running) -> None:
    """Within the overlap each sweep meets the same blobs."""
    for name in "abc":
        running.take(f"{name}.txt", note(name))
    queries: list[tuple[str, Any]] = []
    counted = replace(running.p, documents=Counting(running.p.documents, queries))

    def asked() -> int:
        queries.clear()
        sweep(counted)
        return sum(name == "query" for name, _ in queries)

    running.wait(3)
    assert asked() >= 3  # they are under way, and sent
    assert asked() == 0
    running.settle()
    assert asked() == 0
    running.world.drop("b.txt", note("changed"), event=False)
    sweep(counted)
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED", "FINISHED"]
    assert asked() == 2
    counted = replace(counted, known=Known())
    assert asked() == 2  # of a document with an older version that is looked at, too


def test_what_another_process_has_ended_is_read_of_many_at_once(running: Running) -> None:
    p = replace(running.p, settings=replace(running.p.settings, sweep_overlap_seconds=3600.0))
    running.wait(2 * 3600)
    sweep(p)
    for name in ("a.txt", "b.txt", "c.txt"):
        running.take(name, note(name))
    running.settle()
    running.world.drop("b.txt", note("changed"), event=False)
    running.wait(60)
    told = []
    for known in (Known(), p.known):
        documents: list[tuple[str, Any]] = []
        days: list[tuple[str, Any]] = []
        ports: dict[str, Any] = {"documents": Counting(p.documents, documents), "days": Counting(p.days, days)}
        sweep(replace(p, known=known, **ports))
        told.append(([name for name, _ in documents].count("query"), [name for name, _ in days].count("query")))
        running.settle()
    assert running.statuses("b.txt") == ["FINISHED", "FINISHED"]
    assert told == [(2, 1), (2, 1)], "only of the one that changed, whose older version is looked at too"


def test_what_was_under_way_is_looked_at_again_once_its_handlers_cannot_live_any_more(running: Running) -> None:
    p = replace(running.p, settings=replace(running.p.settings, sweep_overlap_seconds=24 * 3600.0))
    running.take("a.txt", note("a"))
    running.wait(3)
    sweep(p)  # and sends it
    queries: list[tuple[str, Any]] = []
    counted = replace(p, documents=Counting(p.documents, queries))
    told = []
    life = p.longest_life.total_seconds()
    for wait in (life - 4, 2):
        running.wait(wait)
        sweep(counted)
        told.append(bool(queries))
    assert told == [False, True]


def test_an_entry_that_is_lost_is_put_back(running: Running) -> None:
    """Once no handler can be about to write it: no rule of ours loses one, but storage may."""
    running.p = replace(running.p, settings=replace(running.p.settings, sweep_overlap_seconds=3600))
    running.take("first.txt", note("first"))
    running.take("a.txt", book("a", 2))
    (entry,) = running.entries("ready")
    running.world.tables["open"].delete(entry)
    sweep(running.p)
    assert running.entries("ready") == []
    running.wait(running.p.longest_life.total_seconds() + 1)
    sweep(running.p)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert len(running.sent()) == 2


def test_an_entry_that_is_there_is_not_doubled(running: Running) -> None:
    running.p = replace(running.p, settings=replace(running.p.settings, sweep_overlap_seconds=3600))
    lease = Row(partition="packer", key="lease", values={"until": "2999-01-01T00:00:00+00:00"})
    running.world.tables["app"].insert(lease)  # nobody packs
    running.take("a.txt", note("a"))
    running.wait(running.p.longest_life.total_seconds() + 1)
    sweep(running.p)
    assert len(running.entries("ready")) == 1
