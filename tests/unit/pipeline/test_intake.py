"""Intake: one version for each content, whatever events say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from shared.errors import StorageError
from shared.pipeline import looking
from shared.pipeline.intake import intake, take_in
from shared.pipeline.poll import poll
from shared.ports import Row
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Counting, Interrupted, Running


def test_a_note_is_one_version_of_one_part_in_one_job(running: Running) -> None:
    running.take("a.txt", note("a"))
    versions, parts, jobs = running.all()
    assert [(v.path, v.sequence, v.inputs, v.characters) for v in versions] == [("a.txt", 1, 1, len(note("a")))]
    assert [(part.first, part.count, part.job) for part in parts] == [(1, 1, jobs[0].id)]
    assert running.sent() == [(note("a"),)]
    running.settle()


def test_the_same_event_again_does_nothing(running: Running) -> None:
    running.take("a.txt", note("a"))
    before = running.all()
    intake(running.p, "a.txt")
    assert running.all() == before
    assert len(running.sent()) == 1
    running.settle()
    intake(running.p, "a.txt")
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_changed_file_supersedes_what_has_not_ended(running: Running) -> None:
    running.take("a.txt", note("one"))
    running.take("a.txt", note("two"))
    assert running.statuses("a.txt") == ["SUPERSEDED", "PENDING"]
    running.settle()
    assert running.statuses("a.txt") == ["SUPERSEDED", "FINISHED"]
    assert [row.values["status"] for row in running.days()] == ["SUPERSEDED", "FINISHED"]
    assert running.world.manifest("a.txt")["sequence"] == 2


def test_a_changed_file_leaves_what_has_ended(running: Running) -> None:
    running.take("a.txt", note("one"))
    running.settle()
    running.take("a.txt", note("two"))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]
    assert running.world.results.head("a.txt/1/0001.mp3")  # what a reader of the old manifest still reads


@pytest.fixture
def all_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of no file all comes with the first look at it."""
    monkeypatch.setattr(looking, "BEGINNING", 4)


def test_a_file_that_kills_its_reader_is_given_up(running: Running, all_are_long: None) -> None:
    """Each start is counted before the content is read, so it counts however the reader ended."""

    def die() -> None:
        raise StorageError("the process died here")

    running.world.drop("a.txt", note("a"))
    for start in range(running.world.settings.max_starts):
        with pytest.raises(StorageError):
            intake(replace(running.p, inbox=Interrupted(running.world.inbox, "read", die)), "a.txt")
        assert not running.world.all_versions(), start
    calls: list[tuple[str, object]] = []
    intake(replace(running.p, inbox=Counting(running.world.inbox, calls)), "a.txt")
    assert "read" not in [name for name, _ in calls]
    assert running.statuses("a.txt") == ["FAILED"]
    assert running.error("a.txt")["why"] == "Reading it was begun 5 times and never ended"
    assert running.sent() == []


def test_a_short_text_is_read_at_one_go_and_only_failures_are_counted(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> Any:
        raise RecursionError("a fault of ours")

    writes: list[tuple[str, object]] = []
    counted = replace(running.p, documents=Counting(running.p.documents, writes))
    running.world.drop("a.txt", note("a"))
    intake(counted, "a.txt")
    assert [name for name, _ in writes if name in ("insert", "replace")] == []
    running.world.drop("b.txt", note("b"))
    with monkeypatch.context() as patch:
        patch.setattr(looking, "extract", fail)
        for _ in range(running.world.settings.max_starts):
            with pytest.raises(RecursionError):
                intake(running.p, "b.txt")
    intake(running.p, "b.txt")
    assert running.error("b.txt")["why"] == "Reading it was begun 5 times and never ended"
    running.settle()


def test_starts_are_forgotten_with_new_content(running: Running, all_are_long: None) -> None:
    def die() -> None:
        raise StorageError("the process died here")

    for number in range(12):
        running.world.drop("a.txt", note(str(number)), event=False)
        with pytest.raises(StorageError):
            intake(replace(running.p, inbox=Interrupted(running.world.inbox, "read", die)), "a.txt")
    intake(running.p, "a.txt")
    assert running.statuses("a.txt") == ["PENDING"]


def test_a_file_that_is_gone_before_its_event_leaves_nothing(running: Running) -> None:
    running.world.drop("a.txt", note("a"))
    running.world.inbox.delete("a.txt")
    intake(running.p, "a.txt")
    assert running.all() == ([], [], [])
    assert running.open() == {}


def test_a_file_that_goes_while_it_is_read_leaves_nothing_waiting(running: Running, all_are_long: None) -> None:
    running.world.drop("a.txt", note("a"))
    gone = Interrupted(running.world.inbox, "read", lambda: running.world.inbox.delete("a.txt"))
    intake(replace(running.p, inbox=gone), "a.txt")
    assert running.all() == ([], [], [])


def test_too_long_a_file_fails_without_being_read() -> None:
    running = Running.begin(max_document_bytes=100)
    running.world.drop("a.txt", "x" * 101)
    calls: list[tuple[str, object]] = []
    intake(replace(running.p, inbox=Counting(running.world.inbox, calls)), "a.txt")
    assert [name for name, _ in calls] == ["peek"]
    assert "101 bytes, and the limit is 100" in running.error("a.txt")["why"]
    assert "MAX_DOCUMENT_BYTES" in running.error("a.txt")["remedy"]
    assert running.world.inbox.head("a.txt")
    assert running.open() == {}
    running.take("b.txt", "x" * 100)
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED"]


@pytest.mark.parametrize(
    ("path", "text", "where"),
    [("a.txt", "", ""), ("a.txt", " \n ", ""), ("a.pdf", "text", ""), ("a.txt", "a\x00b", "byte 1")],
)
def test_what_cannot_be_spoken_fails_with_what_to_do(running: Running, path: str, text: str, where: str) -> None:
    running.take(path, text)
    error = running.error(path)
    assert (error["document"], error["where"]) == (path, where)
    assert error["why"]
    assert error["remedy"]
    assert running.statuses(path) == ["FAILED"]
    assert running.sent() == []
    assert running.open() == {}
    assert len(running.days()) == 1


@pytest.mark.parametrize("method", ["insert", "commit"])
def test_two_intakes_of_one_file_at_once_make_one_version(running: Running, method: str, all_are_long: None) -> None:
    running.world.drop("a.txt", book("a"))
    other = running.p
    mine = Interrupted(running.p.documents, method, lambda: intake(other, "a.txt"))
    intake(replace(running.p, documents=mine), "a.txt")
    assert mine.happened
    assert running.statuses("a.txt") == ["PENDING"]
    running.settle()
    assert len(running.sent()) == 1


def test_a_file_that_changes_while_its_texts_are_kept_is_spoken_as_it_is_now(running: Running) -> None:
    """Both intakes make the same sequence, and keep their texts before either has its rows."""
    running.world.drop("a.txt", book("one"))

    def another() -> None:
        running.world.drop("a.txt", book("two"), event=False)
        take_in(running.p, "a.txt")

    intake(replace(running.p, work=Interrupted(running.p.work, "write", another)), "a.txt")
    running.settle()
    assert running.sent() == [tuple(book("two").split("\n\n"))]


def test_a_file_that_changes_while_it_is_taken_in_is_taken_in_as_it_is_now(
    running: Running, all_are_long: None
) -> None:
    running.world.drop("a.txt", note("one"))
    changed = Interrupted(running.world.inbox, "read", lambda: running.world.drop("a.txt", note("two")))
    intake(replace(running.p, inbox=changed), "a.txt")
    assert running.sent() == [(note("two"),)]
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_book_of_many_inputs_has_several_parts_and_its_rows_stay_small() -> None:
    """A part's results lie in one property of its row: 32,000 characters, with numbers of seven digits."""
    running = Running.begin(deployment_id="d" * 16)
    numbers = count()
    running = Running(running.world, replace(running.p, new_id=lambda: f"{next(numbers):032x}"))
    running.take("a.txt", book("a", 600))
    running.settle()
    _, parts, _ = running.all()
    assert sum(part.count for part in parts) == 600
    longest = max(len(str(part.row().values["results"])) for part in parts)
    assert longest + max(part.count for part in parts) * 16 < 32_000


def test_what_nobody_published_is_published_by_the_timer(running: Running) -> None:
    """The intake of an unusable file is killed after its rows were written."""

    def die() -> None:
        raise StorageError("the process died here")

    running.world.drop("a.txt", "")
    with pytest.raises(StorageError):
        intake(replace(running.p, results=Interrupted(running.p.results, "write", die)), "a.txt")
    assert running.statuses("a.txt") == ["PENDING"]
    running.wait(running.world.settings.stuck_seconds + 1)
    poll(running.p)
    assert running.statuses("a.txt") == ["FAILED"]
    assert running.open() == {}


def die() -> None:
    raise StorageError("the process died here")


def test_intakes_of_one_file_that_overlap_do_not_count_each_other_to_its_end(
    running: Running, all_are_long: None
) -> None:
    """Another begins, and counts its start, while this one reads: what this one read is good all the same."""
    running.world.drop("a.txt", note("a"))
    dying = replace(running.p, inbox=Interrupted(running.world.inbox, "read", die))

    def another() -> None:
        with pytest.raises(StorageError):
            intake(dying, "a.txt")

    reads: list[tuple[str, object]] = []
    inbox = Counting(Interrupted(running.world.inbox, "read", another), reads)
    intake(replace(running.p, inbox=inbox), "a.txt")
    assert reads.count(("read", ("a.txt",))) == 2  # by the intake, and by the packer
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_an_entry_of_a_part_that_its_version_does_not_have_goes_in_time(running: Running) -> None:
    """An intake was killed after its entries, and then the file was emptied: the version has no parts at all."""
    running.world.drop("a.txt", note("a"))
    with pytest.raises(StorageError):
        intake(replace(running.p, documents=Interrupted(running.p.documents, "commit", die)), "a.txt")
    running.take("a.txt", "")
    assert (running.statuses("a.txt"), running.open()) == (["FAILED"], {"ready": 1})
    running.take("b.txt", note("b"))
    assert running.sent() == [(note("b"),)]
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED"]


def without_rows(running: Running) -> Running:
    """The same storage and endpoint, with new tables."""
    fresh = Running.begin()
    fresh.world.storage.containers.update(running.world.storage.containers)
    fresh.world.inbox, fresh.world.results, fresh.world.work = (
        running.world.inbox,
        running.world.results,
        running.world.work,
    )
    return Running(fresh.world, replace(fresh.p, inbox=running.p.inbox, results=running.p.results, work=running.p.work))


def test_new_tables_do_not_pay_again_for_what_has_its_manifest(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    fresh = without_rows(running)
    intake(fresh.p, "a.txt")
    assert fresh.all() == ([], [], [])
    assert fresh.sent() == []


def test_new_tables_count_on_where_the_manifest_ends(running: Running) -> None:
    """Else the audio of the new content would overwrite files that a manifest lists."""
    for text in ("one", "two"):
        running.take("a.txt", note(text))
        running.settle()
    running.world.drop("a.txt", note("three"), event=False)
    fresh = without_rows(running)
    intake(fresh.p, "a.txt")
    assert [version.sequence for version in fresh.world.all_versions()] == [3]


def test_new_tables_try_again_what_failed(running: Running) -> None:
    running.world.endpoint.bad_texts = lambda text: True
    running.take("a.txt", note("a"))
    running.settle()
    fresh = without_rows(running)
    intake(fresh.p, "a.txt")
    assert [version.sequence for version in fresh.world.all_versions()] == [2]
    assert fresh.sent() == [(note("a"),)]


def test_an_end_whose_day_was_not_noted_is_noted_by_the_event_again(running: Running) -> None:
    """Killed after the commit that superseded: its event comes again."""
    running.take("a.txt", note("one"))
    running.world.drop("a.txt", note("two"), event=False)
    with pytest.raises(StorageError):
        intake(replace(running.p, days=Interrupted(running.p.days, "commit", die)), "a.txt")
    assert running.days() == []
    intake(running.p, "a.txt")
    assert [(row.values["sequence"], row.values["status"]) for row in running.days()] == [(1, "SUPERSEDED")]


def test_many_files_taken_in_while_another_packs_read_what_waits_once_each(running: Running) -> None:
    until = (running.world.clock.now + timedelta(seconds=100)).isoformat()
    values = {"until": until, "last_sent": ""}
    running.world.tables["app"].insert(Row(partition="packer", key="lease", values=values))
    entries = Reading(running.p.open)
    for number in range(50):
        running.world.drop(f"{number}.txt", note(str(number)))
        intake(replace(running.p, open=entries), f"{number}.txt")
    assert entries.rows <= 50


@dataclass
class Reading:
    """A table that counts the rows that its queries hand out."""

    table: Any
    rows: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def query(self, *args: Any, **kwargs: Any) -> Any:
        found = list(self.table.query(*args, **kwargs))
        self.rows += len(found)
        return iter(found)


def test_texts_that_another_intake_keeps_for_the_same_sequence_are_not_those_of_this_version(running: Running) -> None:
    """It has read the older content, is slow, and will not win: what it keeps must not be spoken."""
    other = running.p

    def overtaken() -> None:
        running.world.drop("a.txt", book("two"), event=False)
        intake(other, "a.txt")

    running.world.drop("a.txt", book("one"), event=False)
    slow = Interrupted(running.p.work, "write", overtaken)
    running.world.tables["app"].insert(held_lease(running))
    intake(replace(running.p, work=slow), "a.txt")
    running.wait(10)
    running.settle()
    assert running.sent() == [tuple(book("two").split("\n\n"))]


def held_lease(running: Running) -> Row:
    """So that nothing is sent for a while."""
    until = running.world.clock.now + timedelta(seconds=5)
    return Row(partition="packer", key="lease", values={"until": until.isoformat()})
