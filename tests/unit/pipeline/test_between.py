"""Features that meet: a retry and what was taken over, a deletion and a drop, the collector and whoever comes late."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from shared.errors import Conflict, InputError, SpeechdropError, StorageError
from shared.pipeline.collector import tidy_up
from shared.pipeline.control import cancel, delete, retry
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Interrupted, Running, rewrite_manifest

DAY = timedelta(days=1).total_seconds()


def files(running: Running) -> list[str]:
    return sorted(info.name for info in running.world.results.list() if not info.name.startswith("_jobs"))


def test_a_retry_does_not_send_twice_what_was_gone_at_the_copy(running: Running) -> None:
    """Its file went while its part was in a job; that failed for good, and a person has it tried again."""
    running.world.paid_again = 1
    text = book("a")
    changed = text.replace("begins", "started", 1)
    running.take("a.txt", text)
    running.settle()
    real = running.world.results
    running.world.drop("a.txt", changed, event=False)

    def refuse() -> None:
        raise StorageError("busy", status=503)

    with pytest.raises(StorageError):
        intake(replace(running.p, results=Interrupted(real, "copy", refuse)), "a.txt")
    running.world.endpoint.bad_texts = lambda text: "started" in text
    for _ in range(2):
        poll(running.p)
        running.wait(4)
    real.delete("a.txt/1/0002.mp3")
    running.p = running.limited(max_attempts=1)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FAILED"]
    running.world.endpoint.bad_texts = lambda text: False
    sent = len(running.sent())
    retry(running.p, "a.txt")
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]
    assert sorted(running.sent()[sent:]) == [tuple(changed.split("\n\n")[:2])]


def test_what_is_dropped_while_the_document_is_deleted_is_not_lost(running: Running) -> None:
    running.take("a.txt", book("a"))
    running.settle()

    def drop() -> None:
        running.world.drop("a.txt", book("b"), event=False)
        running.world.endpoint.faults = ["429"] * 3
        intake(running.p, "a.txt")

    delete(replace(running.p, documents=Interrupted(running.p.documents, "replace", drop)), "a.txt")
    running.settle()
    assert running.statuses("a.txt")[-1] == "FINISHED"
    assert running.world.manifest("a.txt")["sequence"] == 2


def test_a_manifest_that_comes_after_the_deletion_goes_with_its_files(running: Running) -> None:
    """Its publisher was about to write it when its document was deleted."""
    running.world.called_off = {"a.txt"}
    running.take("a.txt", book("a"))
    running.world.endpoint.work()
    running.wait(4)
    poll(running.p)
    real = running.p

    def delete_it() -> None:
        delete(real, "a.txt")

    running.p = replace(real, results=Interrupted(running.world.results, "write", delete_it))
    running.finish_all()
    running.p = real
    assert running.statuses("a.txt") == ["CANCELLED"]
    assert running.world.results.head("a.txt/manifest.json")
    running.wait(3600)
    tidy_up(running.p)
    assert files(running) == []


def test_a_manifest_that_a_newer_version_writes_during_a_deletion_stays(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.take("a.txt", book("a"))
    running.settle()
    real = running.p

    def publish_the_next() -> None:
        running.take("a.txt", book("b"))
        running.settle()

    interrupted = Interrupted(running.world.results, "delete", publish_the_next)
    running.p = real
    delete(replace(real, results=interrupted), "a.txt")
    assert interrupted.happened
    assert running.statuses("a.txt")[-1] == "FINISHED"
    assert running.world.manifest("a.txt")["sequence"] == 2
    assert all(running.world.results.head(f"a.txt/2/000{number}.mp3") for number in (1, 2, 3))


def test_files_of_a_cancelled_version_go_with_its_rows(running: Running) -> None:
    """Nothing names them any more; a file that is dropped there later begins at 1 again, in the same folder."""
    tidy_up(running.p)
    running.world.endpoint.bad_texts = lambda text: "Paragraph 1 of a" in text
    running.take("a.txt", book("a"))
    running.world.endpoint.work()
    running.wait(4)
    poll(running.p)
    running.finish_all()
    running.world.inbox.delete("a.txt")
    running.settle()
    assert running.statuses("a.txt") == ["CANCELLED"]
    assert "a.txt/1/0001.mp3" in files(running)
    running.wait(91 * DAY)
    tidy_up(running.p)
    assert running.world.all_versions() == []
    assert files(running) == []


def test_files_of_a_version_that_nothing_lists_go_with_its_rows(running: Running) -> None:
    """A part of it was spoken when a newer content came."""
    tidy_up(running.p)
    running.world.endpoint.bad_texts = lambda text: "Paragraph 1 of a" in text
    running.take("a.txt", book("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FAILED"]
    running.take("a.txt", note("b"))
    running.settle()
    assert [name for name in files(running) if name.startswith("a.txt/1/")]
    running.wait(91 * DAY)
    tidy_up(running.p)
    assert files(running) == ["a.txt/2/0001.mp3", "a.txt/manifest.json"]


def test_rows_of_a_document_go_together(running: Running) -> None:
    """Were its version's row to go first, and the collector be killed, the rest would stand in a new content's way."""
    tidy_up(running.p)
    running.take("a.txt", book("a"))
    running.settle()
    running.world.inbox.delete("a.txt")
    running.world.results.delete("a.txt/manifest.json")
    running.wait(91 * DAY)

    class Killed(Exception):
        """In the middle of it."""

    class Dying:
        def __getattr__(self, name: str) -> Any:
            return getattr(running.world.tables["documents"], name)

        def delete(self, row: Any) -> None:
            running.world.tables["documents"].delete(row)
            raise Killed

    with suppress(Killed):
        tidy_up(replace(running.p, documents=cast("Any", Dying())))
    running.take("a.txt", book("a"))
    running.world.paid_again = 1
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_retry_of_long_ago_holds_up_no_other(running: Running) -> None:
    """The endpoint still has its synthesis, and its request is removed."""
    running.world.paid_again = 1
    running.world.endpoint.ends = ["stuck"]
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(6 * DAY)
    poll(running.p)
    running.finish_all()
    assert running.statuses("a.txt") == ["FAILED"]
    for _ in range(2):
        running.wait(31 * DAY)
        tidy_up(running.p)
    for name in running.world.endpoint.active():
        running.world.endpoint.begun[name] = running.p.clock()
    running.world.endpoint.work()
    retry(running.p, "a.txt")
    running.take("b.txt", note("b"))
    running.settle()
    assert running.statuses("a.txt") == running.statuses("b.txt") == ["FINISHED"]


@pytest.mark.parametrize(
    "error",
    [
        StorageError("storage answered 409 BlobArchived.", status=409),
        StorageError("storage answered 403.", status=403),
        InputError("a later release reads it otherwise", remedy=""),
        Conflict("of another kind"),
    ],
    ids=["archived", "forbidden", "read otherwise", "conflict"],
)
def test_a_source_that_cannot_be_had_as_it_was_holds_up_no_other(running: Running, error: SpeechdropError) -> None:
    archived = {"a.txt"}
    real = running.world.inbox

    class Archive:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def read(self, name: str, **kwargs: Any) -> Any:
            if name in archived:
                raise error
            return real.read(name, **kwargs)

    running.p = replace(running.p, inbox=cast("Any", Archive()))
    running.take("first.txt", note("first"))
    running.take("a.txt", note("a"))
    running.take("b.txt", note("b"))
    for _ in range(5):
        running.round()
    assert running.statuses("b.txt") == ["FINISHED"]
    assert running.statuses("a.txt") == ["PENDING"]
    archived.clear()
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_version_whose_kept_texts_are_lost_waits_and_is_not_cancelled_in_its_owners_name(running: Running) -> None:
    running.world.endpoint.faults = ["429"] * 2
    running.take("first.txt", note("first"))
    running.take("a.txt", book("a"))
    (kept,) = [info.name for info in running.world.work.list("inputs/")]
    data = running.world.work.read(kept)
    running.world.work.delete(kept)
    for _ in range(5):
        running.round()
    assert (running.statuses("first.txt"), running.statuses("a.txt")) == (["FINISHED"], ["PENDING"])
    running.world.work.write(kept, data)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


@pytest.mark.parametrize("where", ["waiting", "sent", "held"])
def test_a_version_that_another_release_wrote_holds_up_no_other(where: str) -> None:
    running = Running.begin(daily_characters=2 * len(note("a")) if where == "held" else 0)
    running.world.endpoint.faults = ["429"] * 2 if where == "waiting" else []
    running.take("first.txt", note("first of all"))
    running.take("a.txt", note("a"))
    running.take("b.txt", note("b"))
    if where != "waiting":
        running.wait(5)
        poll(running.p)
    if where == "held":
        assert {row.values["path"] for row in running.entries("held")} == {"a.txt", "b.txt"}
    table = running.world.tables["documents"]
    (row,) = [row for row in running.world.rows("documents") if row.values.get("path") == "a.txt"]
    later = table.replace(replace(row, values={**row.values, "schema": 99}))
    for _ in range(5):
        running.wait(DAY / 3)
        running.world.endpoint.work()
        poll(running.p)
        running.finish_all()
    found = [running.world.results.head(f"{name}.txt/manifest.json") for name in ("first", "a", "b")]
    assert [bool(manifest) for manifest in found] == [True, False, True]
    table.replace(replace(later, values=row.values))
    running.settle()


def test_nothing_stays_open_for_ever(running: Running) -> None:
    tidy_up(running.p)
    running.world.called_off, running.world.paid_again = {"c.txt", "d.txt"}, 1
    running.world.endpoint.bad_texts = lambda text: "Paragraph 1 of bad" in text
    running.take("a.txt", book("a"))
    running.take("bad.txt", book("bad"))
    running.take("c.txt", book("c"))
    cancel(running.p, "c.txt")
    running.take("a.txt", book("a") + "\n\n" + book("more", 1))
    running.settle()
    running.take("d.txt", book("d"))
    running.settle()
    delete(running.p, "d.txt")
    for _ in range(100):
        running.wait(DAY)
        poll(running.p)
        tidy_up(running.p)
    assert [
        row
        for name in ("ready", "sending", "running", "finishing", "notice", "cleanup", "held")
        for row in running.entries(name)
    ] == []
    assert [info.name for info in running.world.work.list() if not info.name.startswith("inputs/")] == []


@pytest.mark.parametrize("length", [996, 1024])
def test_a_name_that_leaves_none_for_its_results_is_not_paid(length: int, running: Running) -> None:
    path = f"{'f' * 250}/" * 3 + "a" * (length - 753)
    running.world.called_off = {path}
    running.take(path, note("a"))
    assert running.statuses(path) == ["FAILED"]
    (version,) = running.world.all_versions()
    assert version.error
    assert version.error["why"] == f"Its name is too long: {length:,} characters, and the limit is 995"
    assert [info.name for info in running.world.results.list()] == ([f"{path}/manifest.json"] if length < 1011 else [])
    running.settle()
    assert running.sent() == []


def test_the_longest_name_there_can_be_is_spoken(running: Running) -> None:
    path = f"{'f' * 250}/" * 3 + "a" * (995 - 753)
    running.world.inbox.write("_speechdrop.json", b'{"word_boundary": true, "sentence_boundary": true}')
    running.take(path, book("a"))
    running.settle()
    assert running.statuses(path) == ["FINISHED"]


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": "2"},
        {"sequence": 10**9},
        {"source": None},
        {"ended": "yesterday"},
        {"ended": "2026-01-01T00:00:00"},
        {"audio": {}},
        {"audio": {"sequence": 1, "inputs": [{}]}},
        {"spoken": {"sequence": 1, "inputs": [{}]}},
        {"audio": {"sequence": 1, "inputs": [], "combined": 1}},
        {"audio": {"sequence": 1, "inputs": [], "subtitles": ["a"]}},
    ],
)
def test_a_manifest_that_somebody_has_changed_gives_way(change: dict[str, Any], running: Running) -> None:
    running.world.paid_again = 1
    running.take("a.txt", book("a"))
    running.settle()
    rewrite_manifest(running, "a.txt", **change)
    running.p = replace(running.p, results=running.world.results._blobs)  # the watched ones go by what was written
    running.take("a.txt", book("a") + "\n\n" + book("b", 1))
    running.settle()
    assert running.world.manifest("a.txt")["sequence"] == 2
    assert len(running.world.manifest("a.txt")["audio"]["inputs"]) == 4


def test_a_dry_runs_estimate_outlives_a_repeated_event(running: Running) -> None:
    running.p = running.limited(dry_run=True)
    running.take("a.txt", note("a"))
    running.take("a.txt", note("b"))
    assert running.statuses("a.txt") == ["SUPERSEDED", "HELD"]
    estimate = running.world.results.read("a.txt/estimate.json")
    intake(running.p, "a.txt")
    assert running.world.results.read("a.txt/estimate.json") == estimate
    running.world.called_off = {"a.txt"}
    delete(running.p, "a.txt")
    running.wait(3600)
    tidy_up(running.p)
    poll(running.p)
    assert files(running) == []
    assert running.entries("held") == []


def test_a_held_version_takes_over_what_is_unchanged_and_goes_when_it_is_cancelled(running: Running) -> None:
    text = book("a", 4)
    running.take("a.txt", text)
    running.settle()
    tight = running.limited(daily_characters=1)
    whole, running.p = running.p, tight
    running.take("a.txt", text.replace("begins", "started", 1))
    poll(running.p)
    assert running.statuses("a.txt") == ["FINISHED", "HELD"]
    cancel(running.p, "a.txt")
    assert running.statuses("a.txt") == ["FINISHED", "CANCELLED"]
    running.world.called_off = {"a.txt"}
    for _ in range(3):
        running.round()
    assert running.entries("held") == running.entries("ready") == running.entries("finishing") == []
    running.p = whole
    running.take("a.txt", text.replace("begins", "went on", 1))
    running.settle()
    assert running.statuses("a.txt")[-1] == "FINISHED"
    assert [len(texts) for texts in running.sent()] == [4, 1]
