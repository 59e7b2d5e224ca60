"""The road for an endpoint that keeps its results in an archive: whole, resumable, nothing of a stranger's archive."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.jobs import JobStatus, Verdict
from shared.errors import StorageError
from shared.pipeline.poll import poll
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Interrupted, Running


@pytest.fixture
def packing(running: Running) -> Running:
    running.world.endpoint.packs = True
    return running


def spoken(running: Running) -> str:
    """A book is taken in and spoken; the job is concluded, no message handled. The archive's name."""
    running.take("a.txt", book("a"))
    running.world.endpoint.work()
    running.wait(4)
    poll(running.p)
    return f"{running.job().id}/results.zip"


def replace_archive(running: Running, name: str, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as packed:
        for file, content in files.items():
            packed.writestr(file, content)
    running.world.storage.blobs("endpoint").write(name, archive.getvalue())


def test_documents_finish_from_an_archive_as_from_a_destination(packing: Running) -> None:
    packing.take("a.txt", book("a"))
    packing.take("b.txt", note("b"))
    packing.settle()
    assert packing.statuses("a.txt") == packing.statuses("b.txt") == ["FINISHED"]
    for job in packing.jobs(JobStatus.ENDED):
        assert job.prefix == f"_jobs/{job.id}"
        assert job.lease_until is None


def test_files_have_their_types_and_only_one_message_goes_out_before_they_are_there(packing: Running) -> None:
    spoken(packing)
    assert len(packing.world.queue.texts()) == 1
    packing.finish_all()
    prefix = packing.job().prefix
    types = {info.name.removeprefix(f"{prefix}/"): info.content_type for info in packing.world.results.list(prefix)}
    assert types == {"summary.json": "application/json"} | {f"000{n}.mp3": "audio/mpeg" for n in (1, 2, 3)}


def test_an_archive_in_our_own_container_is_unpacked_too(running: Running) -> None:
    """An endpoint that takes the destination, but not `decompressOutputFiles`."""
    endpoint = running.world.endpoint

    def place(request: Any, job_id: str, files: dict[str, bytes]) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            for file, content in files.items():
                packed.writestr(file, content)
        running.world.results.write(f"_jobs/{job_id}/results.zip", archive.getvalue())
        return f"_jobs/{job_id}/results.zip"

    endpoint._place = place  # type: ignore[method-assign]
    running.take("a.txt", book("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert running.world.results.head(f"_jobs/{running.job().id}/results.zip")


def test_what_was_unpacked_before_a_failure_is_not_written_again(packing: Running) -> None:
    spoken(packing)
    results = packing.p.results
    written: list[str] = []

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(results, name)

        def write(self, name: str, data: Any, **options: Any) -> str:
            written.append(name)
            if len(written) == 3:
                raise StorageError("no answer")
            return results.write(name, b"".join(data), **options)

    object.__setattr__(packing.p, "open_container", lambda url: Failing())
    packing.finish_all()
    assert packing.job().status is JobStatus.FINISHING
    packing.settle()
    assert packing.statuses("a.txt") == ["FINISHED"]
    assert len(written) == len(set(written)) + 1


def test_two_finishers_do_not_unpack_at_once(packing: Running) -> None:
    spoken(packing)
    opened = 0
    opening = packing.p.open_file

    def counted(link: Any) -> Any:
        nonlocal opened
        opened += 1
        packing.finish_all()
        return opening(link)

    object.__setattr__(packing.p, "open_file", counted)
    message = packing.world.queue.texts()[0]
    packing.world.queue.send(message)
    packing.settle()
    assert opened == 1


def test_an_archive_that_takes_longer_than_a_lease_is_unpacked_by_one(packing: Running) -> None:
    spoken(packing)
    results, opening, opened = packing.p.results, packing.p.open_file, list[str]()
    message = packing.world.queue.texts()[0]

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(results, name)

        def write(self, name: str, data: Any, **options: Any) -> str:
            whole = b"".join(data)
            packing.wait(packing.world.settings.lease_seconds / 2)
            packing.world.queue.send(message)
            packing.finish_all()
            return results.write(name, whole, **options)

    def counted(link: Any) -> Any:
        opened.append("again")
        return opening(link)

    object.__setattr__(packing.p, "open_container", lambda url: Slow())
    object.__setattr__(packing.p, "open_file", counted)
    packing.settle()
    assert opened == ["again"]
    assert packing.statuses("a.txt") == ["FINISHED"]


BOMB = {"0001.mp3": bytes(1000), "0002.mp3": bytes(1000)}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"../../other.txt/manifest.json": b"{}", "summary.json": b"{}"}, "leads out of its folder"),
        ({"0001.mp3": b"x"}, "holds no summary.json"),
        ({**BOMB, "summary.json": b"{}"}, "unpacks to more than"),
    ],
)
def test_a_bad_archive_writes_nothing_and_its_documents_are_told(
    files: dict[str, bytes], why: str, packing: Running
) -> None:
    packing.p = packing.limited(max_result_bytes=1500)
    name = spoken(packing)
    replace_archive(packing, name, files)
    before = {info.name for info in packing.world.results.list()}
    packing.settle()
    error = packing.error("a.txt")
    assert why in error["why"]
    assert error["remedy"] == "A retry pays again."
    assert {info.name for info in packing.world.results.list()} - before == {"a.txt/manifest.json"}
    assert packing.job().verdict is Verdict.GONE


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_told(content: bytes, packing: Running) -> None:
    name = spoken(packing)
    packing.world.storage.blobs("endpoint").write(name, content)
    packing.settle()
    assert "results.zip" in packing.error("a.txt")["why"]


def test_a_damaged_file_is_told(packing: Running) -> None:
    name = spoken(packing)
    container = packing.world.storage.blobs("endpoint")
    content = bytearray(container.read(name))
    content[45] ^= 0xFF
    container.write(name, bytes(content))
    packing.settle()
    assert "results.zip is broken" in packing.error("a.txt")["why"]


def test_an_endless_directory_is_not_read(packing: Running) -> None:
    """A million entries are a directory of some eighty megabytes, and six times that in memory."""
    name = spoken(packing)
    many = {f"{number:06}.txt": b"" for number in range(60_000)}
    replace_archive(packing, name, many)
    packing.settle()
    assert "directory longer than its files can need" in packing.error("a.txt")["why"]


def test_an_archive_that_is_not_there_yet_is_waited_for(packing: Running) -> None:
    name = spoken(packing)
    container = packing.world.storage.blobs("endpoint")
    content = container.read(name)
    container.delete(name)
    packing.finish_all()
    assert packing.job().status is JobStatus.FINISHING
    container.write(name, content)
    packing.settle()
    assert packing.statuses("a.txt") == ["FINISHED"]


def test_an_archive_that_never_comes_is_told(packing: Running) -> None:
    name = spoken(packing)
    packing.world.storage.blobs("endpoint").delete(name)
    packing.settle()
    assert "results.zip is not there" in packing.error("a.txt")["why"]


def test_the_link_is_asked_for_when_it_is_needed(packing: Running) -> None:
    """Links of an endpoint are short-lived: the one that a list showed may have run out."""
    spoken(packing)
    packing.wait(timedelta(hours=2).total_seconds())
    packing.settle()
    assert packing.statuses("a.txt") == ["FINISHED"]


def test_an_endpoint_that_does_not_answer_is_waited_for(packing: Running) -> None:
    spoken(packing)
    again: list[int] = []
    interrupted = Interrupted(packing.p.speech, "get", lambda: again.append(1))
    object.__setattr__(packing.p, "speech", interrupted)
    packing.settle()
    assert again
    assert packing.statuses("a.txt") == ["FINISHED"]


def test_the_summary_is_written_last(packing: Running) -> None:
    spoken(packing)
    written: list[str] = []
    results = packing.p.results

    class Noting:
        def __getattr__(self, name: str) -> Any:
            return getattr(results, name)

        def write(self, name: str, data: Any, **options: Any) -> str:
            written.append(name.rpartition("/")[2])
            return results.write(name, b"".join(data), **options)

    object.__setattr__(packing.p, "open_container", lambda url: Noting())
    packing.settle()
    assert written[-1] == "summary.json"
    assert json.loads(packing.world.results.read(f"{packing.job().prefix}/summary.json"))["results"]
