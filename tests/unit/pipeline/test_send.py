"""Send: at most one create of a job is accepted, and nothing is given up while it may have been."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.batchapi.model import Synthesis, SynthesisRequest
from shared.domain.jobs import Job, JobStatus, Verdict
from shared.errors import EndpointError, NotAccepted, OutcomeUnknown, Refused
from shared.pipeline.poll import poll
from shared.pipeline.send import send
from shared.pipeline.store import Stored, read_job
from shared.ports import Row
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Interrupted, Running


@dataclass
class Answering:
    """The endpoint, its next creates answered by these errors; with `accepted` it took them all the same."""

    endpoint: Any
    errors: list[EndpointError]
    accepted: bool = False
    creates: int = 0
    on_create: Callable[[], object] = field(default=lambda: None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.endpoint, name)

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        self.creates += 1
        self.on_create()
        if not self.errors:
            synthesis: Synthesis = self.endpoint.create(job_id, request)
            return synthesis
        if self.accepted:
            self.endpoint.create(job_id, request)
        raise self.errors.pop(0)


def answering(running: Running, *errors: EndpointError, accepted: bool = False) -> Answering:
    speech = Answering(running.world.endpoint, list(errors), accepted)
    running.p = replace(running.p, speech=speech)
    return speech


def stored(running: Running) -> Stored[Job]:
    found = read_job(running.p, running.job().id)
    assert found
    return found


def due(running: Running) -> timedelta:
    """Until the job's entry is due."""
    (row,) = running.entries("sending")
    now = running.world.clock.now
    return max(timedelta(0), min(t for t in waits() if row.key < f"{now + t:%Y%m%dT%H%M%S.%f}~~"))


def waits() -> list[timedelta]:
    return [timedelta(seconds=n / 2) for n in range(2000)]


def test_a_throttled_create_waits_as_long_as_it_was_told_and_its_outcome_is_known(running: Running) -> None:
    answering(running, NotAccepted("slow down", status=429, retry_after=30))
    running.take("a.txt", note("a"))
    job = running.job()
    assert (job.status, job.first_unknown, job.unknown_until, job.lease_until) == (JobStatus.SEALED, None, None, None)
    assert due(running) == timedelta(seconds=30)
    running.wait(29)
    poll(running.p)
    assert running.sent() == []
    running.wait(1)
    poll(running.p)
    assert running.sent() == [(note("a"),)]
    running.settle()


def test_the_wait_grows_up_to_its_limit(running: Running) -> None:
    speech = answering(running, *[NotAccepted("no connection")] * 6)
    running.take("a.txt", note("a"))
    found = []
    while speech.errors:
        wait = due(running)
        found.append(wait.total_seconds())
        running.wait(wait.total_seconds())
        poll(running.p)
    assert found == [1, 2, 4, 4, 4]


def test_an_outage_that_is_known_to_accept_nothing_is_waited_out(running: Running) -> None:
    speech = answering(running, *[NotAccepted("no connection")] * 3)
    running.take("a.txt", note("a"))
    for _ in range(2):
        running.wait(running.world.settings.deadline_seconds + 1)
        poll(running.p)
    assert speech.creates == 3
    running.wait(10)
    poll(running.p)
    assert running.sent() == [(note("a"),)]


def test_a_reply_that_was_lost_is_asked_for_by_the_same_id_and_adopted(running: Running) -> None:
    speech = answering(running, OutcomeUnknown("reset"), accepted=True)
    running.take("a.txt", note("a"))
    job = running.job()
    assert job.first_unknown == job.unknown_until == running.world.clock.now
    running.wait(1)
    poll(running.p)  # the same id again: the endpoint says 409, and a GET finds it
    assert speech.creates == 2
    assert running.job().status is JobStatus.RUNNING
    assert len(running.sent()) == 1
    running.settle()


@pytest.mark.parametrize("status", [401, 403, 404, 408, 409])
def test_a_refusal_of_key_or_path_is_waited_out(running: Running, status: int) -> None:
    answering(running, *[Refused("who are you", status=status)] * 3)
    running.take("a.txt", note("a"))
    for _ in range(3):
        assert running.job().status is JobStatus.SEALED
        running.wait(5)
        poll(running.p)
    assert running.sent() == [(note("a"),)]
    running.settle()


@pytest.mark.parametrize("status", [400, 413])
def test_a_refusal_of_the_request_is_believed_at_once_where_nothing_else_was_sent(
    running: Running, status: int
) -> None:
    speech = answering(running, *[Refused("refused", status=status, said="the voice is unknown")] * 9)
    running.take("a.txt", note("a"))
    assert running.job().verdict is Verdict.REFUSED
    running.settle()
    assert running.statuses("a.txt") == ["FAILED"]
    assert "the voice is unknown" in running.error("a.txt")["why"]
    assert speech.creates == 2  # with a destination, and without


def test_a_refusal_after_a_lost_create_is_believed_only_when_that_cannot_come_any_more(running: Running) -> None:
    answering(running, OutcomeUnknown("reset"), *[Refused("no", status=400)] * 9)
    running.take("a.txt", note("a"))
    window = running.world.settings.accept_window_seconds
    running.wait(window - 1)
    poll(running.p)
    assert running.job().status is JobStatus.SEALED
    assert running.job().first_unknown
    running.wait(5)
    poll(running.p)
    assert running.job().verdict is Verdict.REFUSED


def test_a_refusal_is_not_believed_where_the_endpoint_has_it(running: Running) -> None:
    answering(running, Refused("no", status=400), accepted=True)
    running.take("a.txt", note("a"))
    assert running.job().status is JobStatus.RUNNING
    running.settle()


def test_a_known_refusal_leaves_an_earlier_unknown_as_it_was(running: Running) -> None:
    answering(running, OutcomeUnknown("reset"), NotAccepted("429", status=429))
    running.take("a.txt", note("a"))
    before = running.job()
    running.wait(2)
    poll(running.p)
    after = running.job()
    assert after.creates == 2
    assert (after.first_unknown, after.unknown_until) == (before.first_unknown, before.unknown_until)


def test_a_create_whose_outcome_stays_unknown_is_given_up_at_the_deadline(running: Running) -> None:
    speech = answering(running, *[OutcomeUnknown("reset")] * 99)
    running.take("a.txt", note("a"))
    running.wait(running.world.settings.deadline_seconds)
    poll(running.p)
    assert running.job().status is JobStatus.SEALED
    running.wait(30)
    creates = speech.creates
    poll(running.p)
    assert running.job().verdict is Verdict.UNCERTAIN
    running.finish_all()
    assert speech.creates == creates
    assert "perhaps paid" in running.error("a.txt")["why"]
    assert running.error("a.txt")["remedy"] == "A retry may pay again."
    assert running.statuses("a.txt") == ["FAILED"]


def test_a_lease_with_too_little_time_left_is_renewed_before_the_create(running: Running) -> None:
    """The request blob took long to read: the connection might outlive the lease."""
    leases: list[timedelta] = []
    speech = answering(running)
    speech.on_create = lambda: leases.append((running.job().lease_until or now()) - now())
    now = running.world.clock
    settings = running.world.settings
    slow = settings.lease_seconds - settings.http_timeout_seconds - settings.lease_margin_seconds + 0.1
    running.p = replace(running.p, work=Interrupted(running.p.work, "read", lambda: running.wait(slow)))
    running.take("a.txt", note("a"))
    assert leases == [timedelta(seconds=settings.lease_seconds)]
    running.settle()
    assert len(running.sent()) == 1


@dataclass
class SlowToRenew:
    """The table of jobs; after its second write, the one that renews the lease, something else happens."""

    table: Any
    then: Callable[[], object]
    writes: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def replace(self, row: Row) -> Row:
        stored: Row = self.table.replace(row)
        self.writes += 1
        if self.writes == 2:
            self.then()
        return stored


@pytest.mark.parametrize("version", ["2024-04-01", "3.1-preview1"])
def test_a_renewed_lease_is_looked_at_as_well(version: str) -> None:
    """Its write took until the lease was over again, and another has taken the job and sent it."""
    running = Running.begin(speech_api_version=version)
    running.world.endpoint.faults = ["503 before"]
    running.take("a.txt", note("a"))
    running.wait(8)
    others = running.p

    def overslept() -> None:
        running.wait(40)
        poll(others)

    slow_to_read = Interrupted(others.work, "read", lambda: running.wait(18))
    poll(replace(others, work=slow_to_read, jobs=SlowToRenew(others.jobs, overslept)))
    assert running.sent() == [(note("a"),)]
    running.settle()


@dataclass
class SlowToBeReady:
    """An endpoint for whose creates a token is fetched, which takes until the lease is over; the first time."""

    endpoint: Any
    fetched: Callable[[], object]
    creates: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.endpoint, name)

    def ready(self) -> None:
        self.fetched()

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        self.creates += 1
        synthesis: Synthesis = self.endpoint.create(job_id, request)
        return synthesis


def test_the_lease_is_looked_at_when_the_token_is_there(running: Running) -> None:
    others = running.p

    def overslept() -> None:
        running.wait(running.world.settings.lease_seconds + running.world.settings.lease_margin_seconds + 1)
        poll(others)

    speech = SlowToBeReady(running.world.endpoint, overslept)
    running.p = replace(others, speech=speech)
    running.take("a.txt", note("a"))
    assert speech.creates == 0  # the other has the job
    assert len(running.sent()) == 1
    running.settle()


def test_a_create_that_has_no_token_is_known_to_be_not_accepted(running: Running) -> None:
    def refuse() -> None:
        raise NotAccepted("no token")

    speech = SlowToBeReady(running.world.endpoint, refuse)
    normal, running.p = running.p, replace(running.p, speech=speech)
    running.take("a.txt", note("a"))
    assert (running.job().status, running.job().first_unknown, speech.creates) == (JobStatus.SEALED, None, 0)
    running.p = normal
    running.settle()


def test_a_lease_that_another_has_taken_meanwhile_does_not_send(running: Running) -> None:
    speech = answering(running)
    settings = running.world.settings
    normal = running.p

    def overslept() -> None:
        running.wait(settings.lease_seconds + settings.lease_margin_seconds + 1)
        poll(normal)

    running.p = replace(running.p, work=Interrupted(running.p.work, "read", overslept))
    running.take("a.txt", note("a"))
    assert speech.creates == 1
    assert running.job().status is JobStatus.RUNNING
    running.settle()


def test_a_second_sender_does_nothing_while_the_first_holds_the_lease(running: Running) -> None:
    speech = answering(running)
    speech.on_create = lambda: send(running.p, stored(running))
    running.take("a.txt", note("a"))
    assert speech.creates == 1
    running.settle()


def test_the_lease_of_a_sender_that_died_is_waited_out_with_its_margin(running: Running) -> None:
    def die() -> None:
        raise RuntimeError("killed")

    speech = answering(running)
    speech.on_create = die
    with pytest.raises(RuntimeError):
        running.take("a.txt", note("a"))
    speech.on_create = lambda: None
    job = running.job()
    assert job.first_unknown
    settings = running.world.settings
    running.wait(settings.lease_seconds + settings.lease_margin_seconds - 0.1)
    poll(running.p)
    assert speech.creates == 1
    running.wait(3)
    poll(running.p)
    assert speech.creates == 2
    running.settle()


def test_a_stale_reading_of_the_row_does_not_send(running: Running) -> None:
    answering(running, NotAccepted("429", status=429))
    running.take("a.txt", note("a"))
    old = stored(running)
    running.wait(5)
    poll(running.p)
    assert len(running.sent()) == 1
    send(running.p, old)
    assert len(running.sent()) == 1


def test_the_destination_is_a_link_of_its_own_for_each_send(running: Running) -> None:
    seen: list[str] = []
    speech = answering(running, NotAccepted("429"), NotAccepted("429"))
    real = speech.create

    def spy(job_id: str, request: SynthesisRequest) -> Synthesis:
        seen.append(str(request.properties.destination_container_url))
        return real(job_id, request)

    running.p = replace(running.p, speech=replace(speech, on_create=lambda: None))
    running.p.speech.create = spy  # type: ignore[method-assign]
    running.take("a.txt", note("a"))
    running.wait(5)
    poll(running.p)
    assert len(seen) == len(set(seen)) == 2
    digest = running.job().digest
    blob = running.p.work.read(f"requests/{running.job().id}/{digest}.json")
    assert b"sig=" not in blob


def test_an_answer_to_wait_a_year_is_not_obeyed(running: Running) -> None:
    answering(running, NotAccepted("slow down", status=429, retry_after=3e7))
    running.take("a.txt", note("a"))
    running.wait(3601)
    poll(running.p)
    assert running.sent() == [(note("a"),)]


def test_what_is_too_late_to_be_sent_again_is_asked_for_first(running: Running) -> None:
    """The create had been accepted, and the app was stopped over the deadline: what is there and paid is fetched."""
    answering(running, OutcomeUnknown("reset"), accepted=True)
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(running.world.settings.deadline_seconds + 60)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert len(running.sent()) == 1


@dataclass
class SlowToLook:
    """A GET during which a late create arrives; its answer, older than that, takes until the window is over."""

    endpoint: Any
    looked: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.endpoint, name)

    def get(self, job_id: str) -> Synthesis | None:
        found: Synthesis | None = self.endpoint.get(job_id)
        self.looked()
        return found


def test_a_refusal_is_asked_after_when_the_window_of_a_late_create_is_over(running: Running) -> None:
    """Not before: the answer may tell of a time when the late one could still come."""
    answering(running, OutcomeUnknown("time-out"), *[Refused("no", status=400)] * 3)
    window = running.world.settings.accept_window_seconds
    running.p = replace(running.p, speech=SlowToLook(running.p.speech, lambda: running.wait(window)))
    running.take("a.txt", note("a"))
    running.wait(window - 1)
    poll(running.p)
    assert running.job().status is JobStatus.SEALED
    running.wait(5)
    poll(running.p)
    assert running.job().verdict is Verdict.REFUSED


@pytest.mark.parametrize("error", [NotAccepted("429", status=429), OutcomeUnknown("time-out")])
def test_a_send_tells_that_the_endpoint_takes_nothing(running: Running, error: EndpointError) -> None:
    answering(running, error, error)
    running.take("a.txt", note("a"))
    running.wait(2)
    assert send(running.p, stored(running)) is False
    running.wait(5)
    assert send(running.p, stored(running)) is True


def test_a_refusal_tells_nothing_of_the_next_job(running: Running) -> None:
    answering(running, NotAccepted("429"), Refused("no", status=400))
    running.take("a.txt", note("a"))
    running.wait(2)
    assert send(running.p, stored(running)) is True
