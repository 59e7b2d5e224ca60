"""Poll: what it costs, and what it concludes from being listed, unlisted, gone and late."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from shared.batchapi.model import Page
from shared.domain import naming
from shared.domain.jobs import JobStatus, Verdict
from shared.errors import EndpointError, NotAccepted, OutcomeUnknown, Refused
from shared.pipeline.control import retry
from shared.pipeline.poll import poll
from shared.ports import Row
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Counting, Running


class Unlisted:
    """An endpoint whose lists show nothing of ours."""

    def __init__(self, endpoint: object) -> None:
        self.endpoint = endpoint

    def __getattr__(self, name: str) -> object:
        return getattr(self.endpoint, name)

    def list(self, *, skip: int, top: int) -> Page:
        self.endpoint.requests["list"] += 1  # type: ignore[attr-defined]
        return Page(items=(), more=True)


def start(running: Running, jobs: int) -> None:
    """So many jobs that run."""
    for number in range(jobs):
        running.take(f"{number}.txt", note(str(number)))
        running.wait(2.1)  # no company is waited for
    assert len(running.jobs("RUNNING")) == jobs


@pytest.mark.parametrize("jobs", [1, 99, 100, 101, 250])
def test_a_round_makes_one_list_request_for_a_hundred_running_jobs_and_one_more(jobs: int) -> None:
    running = Running.begin(unseen_get_seconds=10_000)
    start(running, jobs)
    requests = running.world.endpoint.requests
    requests.clear()
    poll(running.p)
    assert requests["list"] <= ceil(jobs / 100)  # all were on the pages that they fill
    requests.clear()
    poll(replace(running.p, speech=Unlisted(running.world.endpoint)))  # type: ignore[arg-type]
    assert requests["list"] == ceil(jobs / 100) + 1
    assert requests["create"] == requests["get"] == 0


def test_an_idle_round_asks_the_endpoint_nothing(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    running.world.endpoint.requests.clear()
    calls: list[tuple[str, object]] = []
    poll(replace(running.p, documents=Counting(running.p.documents, calls), jobs=Counting(running.p.jobs, calls)))
    assert not running.world.endpoint.requests
    assert calls == []


def test_no_row_is_read_of_jobs_that_simply_run(running: Running) -> None:
    start(running, 5)
    calls: list[tuple[str, object]] = []
    poll(replace(running.p, documents=Counting(running.p.documents, calls), jobs=Counting(running.p.jobs, calls)))
    assert calls == []


def test_what_no_list_shows_is_asked_for_within_its_back_off(running: Running) -> None:
    start(running, 1)
    running.p = replace(running.p, speech=Unlisted(running.world.endpoint))  # type: ignore[arg-type]
    requests = running.world.endpoint.requests
    for seconds, gets in [(0, 0), (1, 1), (1, 1), (1, 1), (1.1, 2), (2, 2), (1, 3)]:
        running.wait(seconds)
        poll(running.p)
        assert requests["get"] == gets
    running.world.endpoint.work()
    running.wait(3)
    poll(running.p)
    assert running.job().verdict is Verdict.SUCCEEDED


def test_not_listed_is_never_gone_and_not_found_only_after_the_window() -> None:
    running = Running.begin(accept_window_seconds=60)
    start(running, 1)
    running.world.endpoint.held.clear()
    for _ in range(8):
        running.wait(7)
        poll(running.p)
        assert running.job().status is JobStatus.RUNNING
    running.wait(7)
    poll(running.p)
    assert running.job().verdict is Verdict.GONE
    running.finish_all()
    assert "paid" in running.error("0.txt")["why"]
    assert running.error("0.txt")["remedy"] == "A retry pays again."
    assert len(running.sent()) == 1
    assert running.open() == {}


def test_a_job_that_does_not_end_by_the_deadline_fails_its_documents(running: Running) -> None:
    start(running, 1)
    running.wait(running.world.settings.deadline_seconds - 3)
    poll(running.p)
    assert running.job().status is JobStatus.RUNNING
    running.wait(3)
    poll(running.p)
    assert running.job().verdict is Verdict.OVERDUE
    running.finish_all()
    assert running.statuses("0.txt") == ["FAILED"]
    assert len(running.sent()) == 1


def test_an_endpoint_that_does_not_answer_stops_nothing_else(running: Running) -> None:
    start(running, 1)
    running.world.storage.table("app")

    class Down(Unlisted):
        def list(self, *, skip: int, top: int) -> Page:
            raise NotAccepted("no connection")

    running.p = replace(running.p, speech=Down(running.world.endpoint))  # type: ignore[arg-type]
    running.world.endpoint.faults = ["429"]
    running.take("b.txt", note("b"))
    running.wait(5)
    poll(running.p)
    assert len(running.sent()) == 2


def entry(running: Running, partition: str, job: str, age: float) -> None:
    key = naming.entry_key(running.world.clock.now - timedelta(seconds=age), job, "stale")
    running.world.tables["open"].insert(Row(partition=partition, key=key, values={"job": job}))


@pytest.mark.parametrize("partition", ["sending", "running", "finishing"])
def test_an_entry_of_a_state_that_its_job_has_passed_is_removed_at_any_age(running: Running, partition: str) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    entry(running, partition, running.job().id, running.world.settings.stuck_seconds + 1)
    poll(running.p)
    assert running.open() == {}


def test_an_entry_of_a_state_not_entered_yet_is_removed_only_when_no_handler_can_be_about_to(running: Running) -> None:
    running.world.endpoint.faults = ["429"] * 99
    running.take("a.txt", note("a"))
    settings = running.world.settings
    life = settings.function_timeout_seconds + settings.function_grace_seconds
    for partition in ("running", "finishing"):
        entry(running, partition, running.job().id, life - 1)
    poll(running.p)
    assert running.open() == {"sending": 1, "running": 1, "finishing": 1}
    running.wait(2)
    poll(running.p)
    assert running.open() == {"sending": 1}


def test_an_entry_that_comes_before_its_job_waits_for_it(running: Running) -> None:
    entry(running, "sending", "crash-unborn", 5)
    poll(running.p)
    assert running.open() == {"sending": 1}
    running.wait(60)
    poll(running.p)
    assert running.open() == {}


def test_messages_that_were_lost_are_sent_again(running: Running) -> None:
    start(running, 1)
    running.world.endpoint.work()
    running.wait(1)
    poll(running.p)
    assert running.job().status is JobStatus.FINISHING
    while received := running.world.queue.receive(1):
        running.world.queue.delete(received[0])
    running.wait(running.world.settings.stuck_seconds - 1)
    poll(running.p)
    assert running.world.queue.texts() == ()
    running.wait(2)
    poll(running.p)
    assert len(running.world.queue.texts()) == 1
    poll(running.p)
    assert len(running.world.queue.texts()) == 1  # not again at once
    running.finish_all()
    assert running.statuses("0.txt") == ["FINISHED"]


class NoLists(Unlisted):
    """An endpoint whose lists cannot be read."""

    error: OutcomeUnknown

    def list(self, *, skip: int, top: int) -> Page:
        raise self.error


@pytest.mark.parametrize("status", [200, 503])
def test_a_list_that_cannot_be_had_leaves_the_asking_by_get(running: Running, status: int) -> None:
    lists = NoLists(running.world.endpoint)
    lists.error = OutcomeUnknown("it cannot be had", status=status)
    running.p = replace(running.p, speech=lists)  # type: ignore[arg-type]
    running.take("a.txt", note("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_what_is_overdue_is_asked_for_before_it_is_given_up(running: Running) -> None:
    """The app was stopped over the deadline, and others' jobs fill the lists: what is there and paid is fetched."""
    start(running, 1)
    running.world.endpoint.work()
    running.p = replace(running.p, speech=Unlisted(running.world.endpoint))  # type: ignore[arg-type]
    running.wait(running.world.settings.deadline_seconds + 60)
    running.settle()
    assert running.statuses("0.txt") == ["FINISHED"]
    assert running.job().verdict is Verdict.SUCCEEDED


class Hanging(Unlisted):
    """An endpoint whose creates take as long as they may, and tell nothing."""

    def __init__(self, running: Running) -> None:
        super().__init__(running.world.endpoint)
        self.running = running

    def create(self, job_id: str, request: object) -> None:
        self.running.wait(self.running.world.settings.http_timeout_seconds)
        raise OutcomeUnknown("time-out")


def test_a_silent_endpoint_takes_one_time_out_of_a_round() -> None:
    """What else a round does finds its time, however many jobs wait to be sent."""
    running = Running.begin(http_timeout_seconds=60, lease_seconds=300, lease_margin_seconds=60)
    running.world.endpoint.faults = ["429"] * 99
    for number in range(10):
        running.take(f"{number}.txt", note(str(number)))
        running.wait(200)
    assert len(running.jobs("SEALED")) == 10
    running.wait(600)
    begun = running.world.clock.now
    poll(replace(running.p, speech=Hanging(running)))  # type: ignore[arg-type]
    assert running.world.clock.now - begun == timedelta(seconds=60)


def test_a_job_whose_request_is_lost_holds_up_no_other() -> None:
    """Deleted by hand, or by a rule of the storage account: that job cannot be sent; the next one is."""
    running = Running.begin()
    running.world.endpoint.faults = ["429", "429"]
    running.take("a.txt", "A text whose request blob will be gone.")
    for info in list(running.world.work.list("requests/")):
        running.world.work.delete(info.name)
    running.wait(30)
    running.take("b.txt", "Another text, which waits behind it.")
    for _ in range(10):
        running.round()
    assert running.statuses("b.txt") == ["FINISHED"]
    assert running.statuses("a.txt") == ["PENDING"]


def test_the_deadline_counts_from_the_first_create_that_may_have_been_accepted(running: Running) -> None:
    """Its reply was lost and the app was stopped: what was accepted then is as old as that, whenever it is found."""
    running.world.endpoint.faults, running.world.endpoint.ends = ["lost reply"], ["stuck"]
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(running.world.settings.deadline_seconds - 10)
    poll(running.p)
    assert running.job().status is JobStatus.RUNNING
    running.wait(11)
    poll(running.p)
    assert running.job().verdict is Verdict.OVERDUE


@dataclass
class Partial:
    """An endpoint whose lists leave out one synthesis, or only its result, and whose GETs of that one fail."""

    endpoint: Any
    failing: str
    error: EndpointError
    is_listed: bool = False
    gets: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.endpoint, name)

    def list(self, *, skip: int, top: int) -> Page:
        page: Page = self.endpoint.list(skip=skip, top=top)
        items = [replace(item, result=None) if item.id == self.failing else item for item in page.items]
        return replace(page, items=tuple(item for item in items if self.is_listed or item.id != self.failing))

    def get(self, synthesis_id: str) -> Any:
        self.gets.append(synthesis_id)
        if synthesis_id == self.failing:
            raise self.error
        return self.endpoint.get(synthesis_id)


BAD_ANSWERS = [OutcomeUnknown("unreadable", status=200), Refused("bad id", status=400), OutcomeUnknown("", status=500)]


@pytest.mark.parametrize("is_listed", [False, True], ids=["unlisted", "listed without its result"])
@pytest.mark.parametrize("error", BAD_ANSWERS, ids=lambda error: error.status)
def test_a_job_that_cannot_be_asked_for_holds_up_no_other(
    running: Running, error: EndpointError, is_listed: bool
) -> None:
    """The first of three; the second is listed as ended, the third is not listed, and is asked for as well."""
    start(running, 2)
    bad, good = (job.id for job in sorted(running.jobs("RUNNING"), key=lambda job: job.accepted or job.created))
    running.world.endpoint.work()
    speech = Partial(running.world.endpoint, bad, error, is_listed)
    running.p = replace(running.p, speech=speech)
    poll(running.p)
    assert [job.id for job in running.jobs("FINISHING")] == [good]
    running.finish_all()
    assert running.statuses("1.txt") == ["FINISHED"]
    assert running.statuses("0.txt") == ["PENDING"]


@pytest.mark.parametrize("error", BAD_ANSWERS, ids=lambda error: error.status)
def test_those_that_are_asked_for_take_turns(running: Running, error: EndpointError) -> None:
    start(running, 3)
    bad, *others = (job.id for job in sorted(running.jobs("RUNNING"), key=lambda job: job.accepted or job.created))
    speech = Partial(Unlisted(running.world.endpoint), bad, error)
    running.p = replace(running.p, speech=speech)
    for _ in range(8):
        running.wait(5)
        poll(running.p)
    assert set(speech.gets) == {bad, *others}
    running.world.endpoint.work()
    for _ in range(8):
        running.wait(5)
        poll(running.p)
    assert [job.id for job in running.jobs("RUNNING")] == [bad]


def test_an_endpoint_that_answers_no_get_is_asked_for_one_job_a_round_and_read_for_no_more(running: Running) -> None:
    start(running, 5)
    down = Silent(running.world.endpoint)
    calls: list[tuple[str, object]] = []
    running.wait(running.world.settings.unseen_get_seconds)
    poll(replace(running.p, speech=down, jobs=Counting(running.p.jobs, calls)))  # type: ignore[arg-type]
    assert [name for name, _ in calls] == ["get", "replace"]


@pytest.mark.parametrize("broken", [{"schema": 99}, {"status": 7}], ids=["of a later release", "unreadable"])
def test_a_row_that_cannot_be_read_holds_up_no_other(running: Running, broken: dict[str, Any]) -> None:
    running.world.endpoint.faults = ["429", "429"]
    running.take("a.txt", note("a"))
    running.wait(60)
    jobs = running.world.tables["jobs"]
    row = jobs.get(naming.job_partition(running.job().id), running.job().id)
    jobs.replace(replace(row, values={**row.values, **broken}))
    running.take("b.txt", note("b"))
    for _ in range(4):
        running.round()
    assert running.statuses("b.txt") == ["FINISHED"]


class Silent(Unlisted):
    """An endpoint that answers nothing."""

    def list(self, *, skip: int, top: int) -> Page:
        raise NotAccepted("no connection")

    def get(self, synthesis_id: str) -> None:
        raise NotAccepted("no connection")


def test_an_endpoint_that_is_gone_at_the_deadline_lets_no_document_wait_for_ever(running: Running) -> None:
    start(running, 1)
    working = running.p
    running.p = replace(running.p, speech=Silent(running.world.endpoint))  # type: ignore[arg-type]
    running.wait(running.world.settings.deadline_seconds - 60)
    poll(running.p)
    assert running.job().status is JobStatus.RUNNING
    running.wait(61)
    for _ in range(5):
        running.round()
    assert running.job().verdict is Verdict.OVERDUE
    assert "A retry first looks" in running.error("0.txt")["remedy"]
    running.p = working
    running.world.endpoint.work()
    retry(running.p, "0.txt")
    running.settle()
    assert running.statuses("0.txt") == ["FINISHED"]
    assert len(running.sent()) == 1


@pytest.mark.parametrize(("runs", "waits", "most"), [(0, 1, 1), (100, 5, 2), (250, 1, 4)])
def test_what_the_preview_has_to_look_for_costs_no_further_lists(runs: int, waits: int, most: int) -> None:
    running = Running.begin(speech_api_version="3.1-preview1", accept_window_seconds=10_000, unseen_get_seconds=10_000)
    start(running, runs)
    running.world.endpoint.faults = ["503 before"] * waits
    for number in range(waits):
        running.take(f"waiting {number}.txt", note(f"waiting {number}"))
        running.wait(10)
    assert len(running.jobs("SEALED")) == waits
    requests = running.world.endpoint.requests
    requests.clear()
    poll(replace(running.p, speech=Unlisted(running.world.endpoint)))  # type: ignore[arg-type]
    assert requests["list"] <= most
