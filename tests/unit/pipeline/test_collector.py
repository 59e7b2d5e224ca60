"""What nobody needs any more goes, when nobody can be reading it; all else stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.jobs import JobStatus
from shared.errors import StorageError
from shared.pipeline.cleanup import CLEANUP
from shared.pipeline.collector import sweep_and_tidy, tidy_up
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Interrupted, Running

DAY = timedelta(days=1).total_seconds()


def names(running: Running) -> list[str]:
    return sorted(info.name for info in running.world.results.list())


def test_a_jobs_files_go_when_no_finisher_can_be_at_them(running: Running) -> None:
    running.take("a.txt", book("a"))
    running.settle()
    (job,) = running.jobs(JobStatus.ENDED)
    running.world.results.write(f"_jobs/{job.id}/0001.word.json", b"[]")
    running.world.results.write(f"_jobs/{job.id}/of somebody else.txt", b"")
    tidy_up(running.p)
    assert any(name.startswith("_jobs") for name in names(running))
    running.wait(60)
    tidy_up(running.p)
    assert [name for name in names(running) if name.startswith("_jobs")] == [f"_jobs/{job.id}/of somebody else.txt"]
    assert [name for name in names(running) if not name.startswith("_jobs")] == [
        *(f"a.txt/1/000{number}.mp3" for number in (1, 2, 3)),
        "a.txt/manifest.json",
    ]


def test_what_lies_about_goes_also_when_the_sweep_cannot_list_the_inbox(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    running.wait(60)

    def refuse() -> None:
        raise StorageError("busy", status=503)

    with pytest.raises(StorageError):
        sweep_and_tidy(replace(running.p, inbox=Interrupted(running.p.inbox, "page", refuse)))
    assert not any(name.startswith("_jobs") for name in names(running))


def test_requests_stay_as_long_as_a_retry_may_want_them(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    running.wait(60)
    tidy_up(running.p)
    running.wait(29 * DAY)
    tidy_up(running.p)
    assert [info.name for info in running.world.work.list("requests/")]
    running.wait(2 * DAY)
    tidy_up(running.p)
    assert not [info.name for info in running.world.work.list("requests/")]
    assert running.entries(CLEANUP) == []


def test_replaced_audio_goes_a_day_later_and_what_is_listed_stays(running: Running) -> None:
    running.take("a.txt", book("a"))
    running.settle()
    running.take("a.txt", book("a") + "\n\n" + book("more", 1))
    running.settle()
    tidy_up(running.p)
    assert "a.txt/1/0001.mp3" in names(running)
    running.wait(DAY + 60)
    tidy_up(running.p)
    assert [name for name in names(running) if name.startswith("a.txt")] == [
        *(f"a.txt/2/000{number}.mp3" for number in (1, 2, 3, 4)),
        "a.txt/manifest.json",
    ]


def test_a_failed_version_leaves_the_audio_before_it(running: Running) -> None:
    running.take("a.txt", book("a"))
    running.settle()
    running.take("a.txt", "")
    running.settle()
    running.wait(DAY + 60)
    tidy_up(running.p)
    listed = [item["file"] for item in running.world.manifest("a.txt")["audio"]["inputs"]]
    assert listed
    assert all(running.world.results.head(file) for file in listed)


def test_kept_texts_go_with_the_end_of_their_version(running: Running) -> None:
    running.take("a.txt", book("a"))
    assert [info.name for info in running.world.work.list("inputs/")]
    running.settle()
    running.wait(DAY + 60)
    tidy_up(running.p)
    assert not [info.name for info in running.world.work.list("inputs/")]


def test_what_storage_refuses_is_tried_again_and_holds_up_no_other(running: Running) -> None:
    for name in "ab":
        running.take(f"{name}.txt", note(name))
        running.settle()
    running.wait(60)

    def refuse() -> None:
        raise StorageError("busy", status=503)

    from dataclasses import replace

    tidy_up(replace(running.p, results=Interrupted(running.world.results, "delete_all", refuse)))
    assert len({name.split("/")[1] for name in names(running) if name.startswith("_jobs")}) == 1
    tidy_up(running.p)
    assert not [name for name in names(running) if name.startswith("_jobs")]


def test_rows_of_older_versions_go_after_ninety_days(running: Running) -> None:
    running.take("a.txt", note("first"))
    running.settle()
    tidy_up(running.p)
    running.take("a.txt", note("second"))
    running.settle()
    running.wait(91 * DAY)
    tidy_up(running.p)
    assert [version.sequence for version in running.world.all_versions()] == [2]
    assert {part.sequence for part in running.world.all_parts()} == {2}


def test_rows_of_a_document_that_is_gone_go_and_one_that_is_there_keeps_them(running: Running) -> None:
    tidy_up(running.p)
    running.take("a.txt", note("a"))
    running.take("b.txt", note("b"))
    running.settle()
    running.world.inbox.delete("a.txt")
    running.world.results.delete("a.txt/manifest.json")
    running.wait(91 * DAY)
    tidy_up(running.p)
    assert [version.path for version in running.world.all_versions()] == ["b.txt"]
    running.world.inbox.delete("b.txt")
    running.wait(91 * DAY)
    tidy_up(running.p)
    assert [version.path for version in running.world.all_versions()] == ["b.txt"]  # its manifest stands
    running.world.results.delete("b.txt/manifest.json")
    running.wait(91 * DAY)
    tidy_up(running.p)
    assert running.world.all_versions() == []
