"""Submit: who leaves with whom, and that a part is in one job whatever happens at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.documents import PartStatus
from shared.domain.jobs import JobStatus
from shared.errors import Conflict, StorageError
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.submit import submit
from shared.ports import Row
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Counting, Interrupted, Running


def test_a_lone_part_leaves_at_once(running: Running) -> None:
    running.take("a.txt", note("a"))
    assert running.job().status is JobStatus.RUNNING
    assert running.open() == {"running": 1}


def test_those_that_come_soon_after_share_a_job(running: Running) -> None:
    for name in "abcd":
        running.take(f"{name}.txt", note(name))
    assert running.sent() == [(note("a"),)]
    running.wait(2)
    poll(running.p)
    assert [sorted(texts) for texts in running.sent()] == [[note("a")], [note("b"), note("c"), note("d")]]
    running.settle()


def test_a_stream_that_never_pauses_leaves_after_the_longest_wait() -> None:
    running = Running.begin(pack_recent_seconds=60)
    running.take("0.txt", note("0"))
    for number in range(1, 9):
        running.wait(0.5)
        running.take(f"{number}.txt", note(str(number)))
    assert [len(texts) for texts in running.sent()][:2] == [1, 7]


def test_a_book_is_one_job_in_order(running: Running) -> None:
    running.take("a.txt", book("a", 20))
    assert running.sent() == [tuple(book("a", 20).split("\n\n"))]


def test_many_files_are_few_jobs(running: Running) -> None:
    for number in range(200):
        running.take(f"{number}.txt", note(str(number)))
    running.wait(5)
    poll(running.p)
    assert [len(texts) for texts in running.sent()] == [1, 199]
    running.settle()


def lease(running: Running, seconds: float) -> None:
    until = running.world.clock.now + timedelta(seconds=seconds)
    values = {"until": until.isoformat(), "last_sent": ""}
    running.world.tables["app"].insert(Row(partition="packer", key="lease", values=values))


def test_what_another_packs_is_left_to_it(running: Running) -> None:
    lease(running, 3)
    running.take("a.txt", note("a"))
    assert (running.open(), running.sent()) == ({"ready": 1}, [])
    running.wait(3)
    submit(running.p)
    assert running.sent() == [(note("a"),)]


@pytest.mark.parametrize(("port", "method"), [("jobs", "insert"), ("documents", "commit"), ("work", "write")])
def test_two_packers_at_once_send_each_part_once(running: Running, port: str, method: str) -> None:
    """The lease is for economy only: here the second packer never sees it."""
    lease(running, 3)
    running.take("a.txt", book("a"))
    running.take("b.txt", note("b"))
    running.wait(5)

    def other() -> None:
        running.world.tables["app"].delete(Row(partition="packer", key="lease", values={}))
        submit(running.p)

    interrupted: Any = Interrupted(getattr(running.p, port), method, other)
    submit(replace(running.p, **{port: interrupted}))
    assert interrupted.happened
    sent = [text for texts in running.sent() for text in texts]
    assert len(sent) == len(set(sent))
    running.settle()


def test_a_source_that_changed_since_is_not_sent(running: Running) -> None:
    lease(running, 1)
    running.take("a.txt", note("one"))
    running.take("b.txt", book("b"))
    running.world.drop("a.txt", note("two"), event=False)
    running.world.drop("b.txt", book("c"), event=False)
    running.wait(2)
    submit(running.p)
    assert running.sent() == []
    assert running.statuses("a.txt") == running.statuses("b.txt") == ["SUPERSEDED"]
    for path in ("a.txt", "b.txt"):
        intake(running.p, path)
    running.settle()
    assert running.statuses("a.txt") == running.statuses("b.txt") == ["SUPERSEDED", "FINISHED"]


@pytest.mark.parametrize("text", [note("a"), book("a")], ids=["read again", "kept"])
def test_a_source_that_is_gone_cancels_its_version(running: Running, text: str) -> None:
    lease(running, 1)
    running.take("a.txt", text)
    running.take("b.txt", note("b"))
    running.world.inbox.delete("a.txt")
    running.wait(2)
    submit(running.p)
    assert running.sent() == [(note("b"),)]
    assert running.statuses("a.txt") == ["CANCELLED"]
    assert [row.values["status"] for row in running.days()] == ["CANCELLED"]
    running.settle()
    assert running.open() == {}


def die() -> None:
    raise StorageError("the process died here")


@pytest.mark.parametrize(
    ("port", "method"), [("documents", "commit"), ("work", "write"), ("jobs", "replace"), ("jobs", "insert")]
)
def test_parts_of_a_packer_that_died_go_out_with_another_job(running: Running, port: str, method: str) -> None:
    lease(running, 1)
    running.take("a.txt", note("a"))
    running.wait(2)
    interrupted: Any = Interrupted(getattr(running.p, port), method, die)
    with pytest.raises(StorageError):
        submit(replace(running.p, **{port: interrupted}))
    assert running.sent() == []
    running.settle()
    assert running.sent() == [(note("a"),)]
    assert {job.status for job in running.world.all_jobs()} <= {JobStatus.DROPPED, JobStatus.ENDED}


def test_a_part_is_not_taken_from_a_job_that_is_still_planned(running: Running) -> None:
    """Its packer may be alive: only when the job's lease is over, and the margin, is the job let go."""
    lease(running, 1)
    running.take("a.txt", note("a"))
    running.wait(2)
    with pytest.raises(StorageError):
        submit(replace(running.p, work=Interrupted(running.p.work, "write", die)))
    settings = running.world.settings
    running.wait(settings.lease_seconds + settings.lease_margin_seconds - 1)
    poll(running.p)
    assert running.part().status is PartStatus.PACKED
    assert running.job().status is JobStatus.PLANNED
    running.wait(1.5)
    poll(running.p)
    assert running.jobs("DROPPED")
    running.wait(1)
    poll(running.p)
    assert running.sent() == [(note("a"),)]


def test_a_waiting_text_is_sent_whole_though_the_inputs_have_become_shorter(running: Running) -> None:
    lease(running, 1)
    text = " ".join(note(name) for name in "abc")
    running.take("a.txt", text)
    running.wait(2)
    settings = replace(running.p.settings, input_characters=80)
    submit(replace(running.p, settings=settings))
    assert running.sent() == [(text,)]


def test_a_waiting_document_keeps_the_format_that_it_was_taken_in_with(running: Running) -> None:
    lease(running, 1)
    running.take("a.txt", note("a"))
    running.wait(2)
    running.p = replace(running.p, settings=replace(running.p.settings, output_format="riff-24khz-16bit-mono-pcm"))
    running.settle()
    assert running.world.manifest("a.txt")["audio"]["inputs"][0]["file"] == "a.txt/1/0001.mp3"


def test_a_conflict_on_a_source_that_is_as_it_was_supersedes_nothing(running: Running) -> None:
    def of_another_kind() -> None:
        raise Conflict("of another kind")

    lease(running, 1)
    running.take("a.txt", note("a"))
    running.wait(2)
    submit(replace(running.p, inbox=Interrupted(running.p.inbox, "read", of_another_kind)))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_entries_left_by_a_packer_that_died_cost_one_reading_of_their_request(running: Running) -> None:
    lease(running, 1)
    for number in range(20):
        running.take(f"{number}.txt", note(str(number)))
    running.wait(2)
    with pytest.raises(StorageError):
        submit(replace(running.p, open=Interrupted(running.p.open, "commit", die)))
    assert running.open() == {"ready": 20, "sending": 1}
    running.wait(60)
    reads: list[tuple[str, Any]] = []
    submit(replace(running.p, work=Counting(running.p.work, reads)))
    assert [name for name, _ in reads] == ["read"]
    running.settle()
    assert len(running.sent()) == 1


def test_a_silent_endpoint_ends_the_packing_and_the_next_round_goes_on(running: Running) -> None:
    """Each create that hangs takes the HTTP time-out: a round has room for one."""
    lease(running, 1)
    running.take("a.txt", note("a"))
    other = replace(running.p.settings, output_format="riff-24khz-16bit-mono-pcm")  # which makes another job
    running.p = replace(running.p, settings=other)
    running.take("b.txt", note("b"))
    running.world.endpoint.faults = ["503 before"] * 99
    running.wait(5)
    submit(running.p)
    assert running.world.endpoint.requests["create"] == 1
    running.world.endpoint.faults = []
    running.settle()


@dataclass
class Slow:
    """An inbox each of whose readings takes time, in which others are at work."""

    inbox: Any
    meanwhile: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "read":
                self.meanwhile()
            return getattr(self.inbox, name)(*args, **kwargs)

        return call


def waiting(running: Running, documents: int) -> None:
    lease(running, 1)
    for number in range(documents):
        running.take(f"{number}.txt", note(str(number)))
    running.wait(2)


def test_a_job_whose_packing_takes_longer_than_its_lease_keeps_it(running: Running) -> None:
    """Ten thousand sources take minutes to read: others must not let the job go meanwhile."""
    waiting(running, 20)

    def meanwhile() -> None:
        running.wait(3)
        poll(running.p)

    submit(replace(running.p, inbox=Slow(running.p.inbox, meanwhile)))
    assert [len(texts) for texts in running.sent()] == [20]
    assert len(running.world.all_jobs()) == 1
    running.settle()


def test_a_packer_that_stood_still_for_longer_than_its_lease_seals_nothing(running: Running) -> None:
    waiting(running, 4)
    settings = running.world.settings
    pauses = [settings.lease_seconds + settings.lease_margin_seconds + 1]

    def overslept() -> None:
        if pauses:
            running.wait(pauses.pop())
            poll(running.p)  # lets the job go, and packs its parts into another
            running.wait(3)
            poll(running.p)

    submit(replace(running.p, inbox=Slow(running.p.inbox, overslept)))
    assert sorted(job.status for job in running.world.all_jobs()) == [JobStatus.DROPPED, JobStatus.RUNNING]
    assert [len(texts) for texts in running.sent()] == [4]
    running.settle()
