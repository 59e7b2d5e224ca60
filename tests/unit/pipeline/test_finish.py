"""Finish and publish: results to their documents, once, whole; what failed is sent again in ever smaller company."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.domain import naming
from shared.domain.documents import PartStatus
from shared.domain.jobs import JobStatus, Verdict
from shared.errors import StorageError
from shared.pipeline.finish import finish
from shared.pipeline.poll import poll
from shared.pipeline.publish import publish
from tests.crash.endpoint import audio_of
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Interrupted, Running, rewrite_manifest


def concluded(running: Running) -> None:
    running.world.endpoint.work()
    running.wait(4)
    poll(running.p)


def together(running: Running, files: dict[str, str]) -> None:
    """All in one job: a first one goes ahead, and the rest wait for each other."""
    running.take("first.txt", note("first"))
    for path, text in files.items():
        running.take(path, text)
    running.wait(3)
    poll(running.p)
    assert len(running.sent()) == 2


def test_the_audio_lies_in_the_documents_folder_and_the_manifest_lists_it(running: Running) -> None:
    running.take("folder/a.txt", book("a"))
    running.settle()
    manifest = running.world.manifest("folder/a.txt")
    texts = book("a").split("\n\n")
    assert [item["file"] for item in manifest["audio"]["inputs"]] == [f"folder/a.txt/1/000{n}.mp3" for n in (1, 2, 3)]
    for item, text in zip(manifest["audio"]["inputs"], texts, strict=True):
        assert running.world.results.read(item["file"]) == audio_of(text)
        info = running.world.results.head(item["file"])
        assert (info.size, info.content_type) == (item["bytes"], "audio/mpeg")
    assert manifest["jobs"] == [running.job().id]
    assert running.job().billed == {"neural": sum(map(len, running.sent()[0]))}
    assert running.open() == {}


def test_a_repeated_message_finds_its_work_done(running: Running) -> None:
    running.take("a.txt", book("a"))
    concluded(running)
    messages = running.world.queue.texts()
    running.finish_all()
    before = running.all(), running.world.results.head("a.txt/manifest.json")
    for _ in messages * 2:
        finish(running.p, running.world.all_jobs()[0].id, 0)
    assert (running.all(), running.world.results.head("a.txt/manifest.json")) == before
    assert len(running.days()) == 1


@pytest.mark.parametrize(("port", "method"), [("documents", "commit"), ("results", "copy"), ("results", "write")])
def test_two_finishers_at_once_count_each_part_once(running: Running, port: str, method: str) -> None:
    running.take("a.txt", book("a"))
    concluded(running)
    job = running.job().id
    other = running.p
    mine = Interrupted(getattr(running.p, port), method, lambda: finish(other, job, 0))
    finish(replace(running.p, **{port: mine}), job, 0)  # type: ignore[arg-type]
    assert mine.happened
    (version,) = running.world.all_versions()
    assert (version.parts_done, version.status) == (1, "FINISHED")
    assert running.open() == {}


def test_each_slice_is_its_own_message_and_the_last_ends_the_job() -> None:
    running = Running.begin(slice_documents=2)
    together(running, {f"{name}.txt": note(name) for name in "abcde"})
    concluded(running)
    (job,) = [job for job in running.world.all_jobs() if job.documents == 5]
    assert job.slices == 3
    for number in (2, 0):
        finish(running.p, job.id, number)
    assert [j.status for j in running.world.all_jobs() if j.id == job.id] == [JobStatus.FINISHING]
    assert sum(part.status is PartStatus.DONE for part in running.world.all_parts()) == 3
    finish(running.p, job.id, 1)
    assert [j.status for j in running.world.all_jobs() if j.id == job.id] == [JobStatus.ENDED]
    running.settle()


@pytest.mark.parametrize("name", ["summary.json", "0001.mp3"])
def test_a_file_that_is_missing_is_waited_for_and_then_fails_its_input(running: Running, name: str) -> None:
    running.take("a.txt", note("a"))
    concluded(running)
    job = running.job()
    kept = running.p.results.read(f"{job.prefix}/{name}")
    running.p.results.delete(f"{job.prefix}/{name}")
    finish(running.p, job.id, 0)
    assert running.job().status is JobStatus.FINISHING
    assert running.part().status is PartStatus.PACKED
    running.p.results.write(f"{job.prefix}/{name}", kept)
    finish(running.p, job.id, 0)
    assert running.statuses("a.txt") == ["FINISHED"]


@pytest.mark.parametrize("name", ["summary.json", "0001.mp3"])
def test_a_file_that_never_comes_was_paid_and_is_not_paid_again(running: Running, name: str) -> None:
    running.take("a.txt", note("a"))
    concluded(running)
    job = running.job()
    running.p.results.delete(f"{job.prefix}/{name}")
    running.wait(running.world.settings.missing_file_seconds)
    finish(running.p, job.id, 0)
    assert "paid" in running.error("a.txt")["why"]
    assert running.error("a.txt")["remedy"] == "A retry pays again."
    running.settle()
    assert len(running.sent()) == 1


def test_a_summary_that_is_none_is_waited_for_and_then_told_of(running: Running) -> None:
    running.take("a.txt", note("a"))
    concluded(running)
    job = running.job()
    running.world.storage.blobs("results").write(f"{job.prefix}/summary.json", b"<html>")
    finish(running.p, job.id, 0)
    assert running.statuses("a.txt") == ["PENDING"]
    running.wait(running.world.settings.missing_file_seconds)
    finish(running.p, job.id, 0)
    assert running.error("a.txt")["remedy"] == "A retry pays again."
    assert running.open() == {}
    assert len(running.sent()) == 1


def test_a_summary_in_another_order_gives_each_text_its_own_audio(running: Running) -> None:
    running.take("a.txt", book("a"))
    concluded(running)
    name = f"{running.job().prefix}/summary.json"
    summary = json.loads(running.p.results.read(name))
    summary["results"].reverse()
    running.world.storage.blobs("results").write(name, json.dumps(summary).encode())
    running.settle()  # the world hears each file
    assert running.statuses("a.txt") == ["FINISHED"]


def test_an_input_that_fails_in_a_good_job_is_tried_again_alone_three_times_in_all(running: Running) -> None:
    texts = book("bad").split("\n\n")
    running.world.endpoint.bad_texts = lambda text: text == texts[1]
    together(running, {"bad.txt": book("bad"), "good.txt": note("good")})
    concluded(running)
    running.finish_all()
    (part,) = [part for part in running.world.all_parts() if part.count == 3]
    assert (part.attempt, part.todo, len(part.results)) == (2, (2,), 2)
    assert running.statuses("good.txt") == ["FINISHED"]
    running.settle()
    alone = [sent for sent in running.sent() if texts[1] in sent][1:]
    assert alone == [(texts[1],), (texts[1],)]
    assert running.statuses("bad.txt") == ["FAILED"]
    error = running.error("bad.txt")
    assert (error["where"], error["why"]) == ("input 2", "it cannot be spoken")


def test_what_went_well_at_last_is_one_result(running: Running) -> None:
    texts = book("a").split("\n\n")
    failing = [texts[1]]
    running.world.endpoint.bad_texts = lambda text: text in failing
    running.take("a.txt", book("a"))
    concluded(running)
    failing.clear()
    running.finish_all()
    running.settle()
    manifest = running.world.manifest("a.txt")
    assert [item["number"] for item in manifest["audio"]["inputs"]] == [1, 2, 3]
    assert len(manifest["jobs"]) == 2


def test_a_job_that_failed_as_a_whole_goes_in_lots_then_each_document_alone(running: Running) -> None:
    running.take("first.txt", note("first"))
    running.settle()
    for number in range(9):
        running.take(f"{number}.txt", note(str(number)))
    running.world.endpoint.fail_whole = 99
    running.wait(3)
    poll(running.p)
    begin = len(running.sent())
    running.settle()
    sizes = [len(texts) for texts in running.sent()[begin - 1 :]]
    first, rest = sizes[0], sizes[1:]
    assert first in (8, 9)
    assert sum(size > 1 for size in rest) <= 3
    assert all(size <= 3 for size in rest)
    assert [status for n in range(9) for status in running.statuses(f"{n}.txt")] == ["FAILED"] * 9
    attempts = [text for texts in running.sent() for text in texts]
    assert all(attempts.count(note(str(n))) == 3 for n in range(9))


def test_one_bad_document_of_a_refused_job_is_found_by_halving(running: Running) -> None:
    real = running.world.endpoint.create

    def create(job_id: str, request: Any) -> Any:
        if note("bad") in request.inputs:
            running.world.endpoint.faults = ["400"]
        return real(job_id, request)

    running.world.endpoint.create = create  # type: ignore[method-assign]
    running.take("first.txt", note("first"))
    for n in range(7):
        running.take(f"{n}.txt", note(str(n)))
    running.take("bad.txt", note("bad"))
    running.settle()
    assert running.statuses("bad.txt") == ["FAILED"]
    assert all(running.statuses(f"{n}.txt") == ["FINISHED"] for n in range(7))
    sent = [text for texts in running.sent() for text in texts]
    assert len(sent) == len(set(sent)) == 8  # nothing refused was paid for


@pytest.mark.parametrize("prefix", ["../elsewhere", "../results.zip", "a/%2e%2e/b", ""])
def test_a_prefix_that_leaves_the_container_is_not_read_nor_paid_again(running: Running, prefix: str) -> None:
    running.take("a.txt", note("a"))
    endpoint = running.world.endpoint
    endpoint.work()
    for job_id, (request, synthesis) in endpoint.held.items():
        endpoint.held[job_id] = (request, replace(synthesis, result=prefix))
    running.wait(4)
    poll(running.p)
    job = running.job()
    assert (job.verdict, job.prefix) == (Verdict.GONE, "")
    running.finish_all()
    assert "paid" in running.error("a.txt")["why"]
    running.settle()
    assert len(running.sent()) == 1


@dataclass
class Refusing:
    """A container that refuses to copy to names that begin so."""

    port: Any
    prefix: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    def copy(self, source: str, name: str, **options: Any) -> None:
        if name.startswith(self.prefix):
            raise StorageError("the name is too long", status=400)
        self.port.copy(source, name, **options)


def test_a_copy_that_storage_refuses_stops_only_its_document(running: Running) -> None:
    normal = running.p.results
    running.p = replace(running.p, results=Refusing(normal, "b.txt"))
    together(running, {f"{name}.txt": note(name) for name in "abc"})
    for _ in range(5):
        running.round()
    assert [running.statuses(f"{name}.txt") for name in "abc"] == [["FINISHED"], ["PENDING"], ["FINISHED"]]
    running.p = replace(running.p, results=normal)  # its slice stayed open
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED"]


@pytest.mark.parametrize("data", [b"touched by a person", b"{}", b"[]", b"\xff"])
def test_a_manifest_that_is_none_gives_way(running: Running, data: bytes) -> None:
    blobs = running.world.storage.blobs("results")
    running.take("a.txt", note("a"))
    blobs.write("a.txt/manifest.json", data)
    running.p = replace(running.p, results=blobs)  # the world's watch could not read it either
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_superseded_version_is_not_published(running: Running) -> None:
    running.take("a.txt", note("one"))
    running.take("a.txt", note("two"))
    concluded(running)
    running.finish_all()
    assert running.p.results.head("a.txt/manifest.json") is None or running.world.manifest("a.txt")["sequence"] == 2
    running.settle()
    assert running.world.manifest("a.txt")["sequence"] == 2


def test_a_manifest_of_a_later_version_is_never_replaced(running: Running) -> None:
    running.take("a.txt", note("a"))
    concluded(running)
    later: dict[str, Any] = {"schema": 1, "sequence": 7, "status": "FINISHED", "source": {"etag": "x"}, "audio": None}
    later["ended"] = "2026-01-01T00:00:00+00:00"
    running.p.results.write("other", json.dumps(later).encode())
    running.world.storage.blobs("results").write("a.txt/manifest.json", json.dumps(later).encode())
    running.finish_all()
    assert running.world.manifest("a.txt") == later


def test_a_manifest_that_changes_under_the_writer_is_read_again(running: Running) -> None:
    running.take("a.txt", note("one"))
    running.settle()
    running.take("a.txt", note("two"))
    concluded(running)
    mine = Interrupted(running.p.results, "write", lambda: rewrite_manifest(running, "a.txt", jobs=["another"]))
    running.p = replace(running.p, results=mine)
    running.finish_all()
    assert mine.happened
    assert running.world.manifest("a.txt")["sequence"] == 2
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]


def test_a_failed_version_goes_on_listing_the_last_finished_audio(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    before = running.world.manifest("a.txt")["audio"]
    running.take("a.txt", "")
    for _ in range(2):
        manifest = running.world.manifest("a.txt")
        assert (manifest["status"], manifest["audio"]) == ("FAILED", before)
        assert manifest["audio"]["sequence"] < manifest["sequence"]
        assert all(running.p.results.head(item["file"]) for item in manifest["audio"]["inputs"])
        running.take("a.txt", " ")


def test_publishing_again_changes_nothing(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    before = running.p.results.head("a.txt/manifest.json")
    publish(running.p, naming.document_of("a.txt"), 1)
    assert running.p.results.head("a.txt/manifest.json") == before
    assert len(running.days()) == 1


def test_publishing_waits_for_all_parts(running: Running) -> None:
    running.take("a.txt", note("a"))
    publish(running.p, naming.document_of("a.txt"), 1)
    publish(running.p, naming.document_of("never.txt"), 1)
    assert running.statuses("a.txt") == ["PENDING"]
    assert running.p.results.head("a.txt/manifest.json") is None


def test_a_finisher_that_is_begun_again_leaves_parts_that_went_into_another_job(running: Running) -> None:
    """Killed after it marked an attempt as failed: the next attempt is under way when its message comes again."""

    def die() -> None:
        raise StorageError("the process died here")

    running.world.endpoint.bad_texts = lambda text: True
    running.take("a.txt", note("a"))
    concluded(running)
    first = running.job().id
    with pytest.raises(StorageError):
        finish(replace(running.p, jobs=Interrupted(running.p.jobs, "replace", die)), first, 0)
    running.wait(3)
    poll(running.p)
    before = running.part()
    assert (before.status, before.attempt, before.job == first) == (PartStatus.PACKED, 2, False)
    finish(running.p, first, 0)
    assert running.part() == before
    running.settle()
    assert len(running.sent()) == 3


def test_a_manifest_of_a_later_version_that_comes_in_between_stays(running: Running) -> None:
    running.take("a.txt", note("one"))
    running.settle()
    running.take("a.txt", note("two"))
    concluded(running)
    later = Interrupted(running.p.results, "write", lambda: rewrite_manifest(running, "a.txt", sequence=7))
    running.p = replace(running.p, results=later)
    running.finish_all()
    assert later.happened
    assert running.world.manifest("a.txt")["sequence"] == 7
