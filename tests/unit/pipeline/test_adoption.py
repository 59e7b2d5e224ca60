"""What was given up at the deadline, and retried: its synthesis is carried on with, where the endpoint has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.documents import VersionStatus
from shared.domain.jobs import JobStatus, Verdict
from shared.domain.outcome import retry_lot
from shared.errors import NotAccepted
from shared.pipeline.collector import tidy_up
from shared.pipeline.control import retry
from shared.pipeline.poll import poll
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Running


def given_up(running: Running, text: str) -> None:
    """A version that has FAILED because its synthesis had not ended by the deadline."""
    running.world.endpoint.ends = ["stuck"]
    running.take("a.txt", text)
    running.world.endpoint.work()
    running.wait(running.world.settings.deadline_seconds + 1)
    poll(running.p)
    running.finish_all()
    assert running.job().verdict is Verdict.OVERDUE
    assert running.statuses("a.txt") == ["FAILED"]


def retry_all(running: Running) -> None:
    for version in running.world.all_versions():
        if version.status is VersionStatus.FAILED:
            retry(running.p, version.path)


@pytest.fixture(params=["2024-04-01", "3.1-preview1"])
def either(request: pytest.FixtureRequest) -> Running:
    return Running.begin(speech_api_version=request.param)


def test_a_retry_fetches_what_has_ended_meanwhile_and_pays_nothing(either: Running) -> None:
    given_up(either, book("a"))
    either.world.endpoint.go_on()
    either.world.endpoint.work()
    retry_all(either)
    poll(either.p)
    either.settle()
    assert either.statuses("a.txt") == ["FINISHED"]
    assert len(either.sent()) == 1
    assert [job.adopts for job in either.jobs("ENDED")].count("") == 1


def test_a_retry_watches_what_still_runs(either: Running) -> None:
    given_up(either, note("a"))
    retry_all(either)
    poll(either.p)
    (job,) = either.jobs("RUNNING")
    assert job.adopts
    either.world.endpoint.go_on()
    either.settle()
    assert either.statuses("a.txt") == ["FINISHED"]
    assert len(either.sent()) == 1


def test_a_retry_pays_again_only_when_the_endpoint_has_it_no_more(either: Running) -> None:
    given_up(either, note("a"))
    either.world.endpoint.held.clear()
    either.world.endpoint.failed_texts[note("a")] += 1  # a person asks
    retry_all(either)
    poll(either.p)
    either.settle()
    assert either.statuses("a.txt") == ["FINISHED"]
    assert len(either.sent()) == 2


def test_an_endpoint_that_does_not_answer_is_waited_for(either: Running) -> None:
    given_up(either, note("a"))
    either.world.endpoint.go_on()
    answering, either.world.endpoint.get = either.world.endpoint.get, _silent  # type: ignore[method-assign]
    retry_all(either)
    poll(either.p)
    assert either.open() == {"ready": 1}
    either.world.endpoint.get = answering  # type: ignore[method-assign]
    either.settle()
    assert len(either.sent()) == 1


def _silent(synthesis_id: str) -> None:
    raise NotAccepted("no connection")


def test_documents_of_one_job_that_are_retried_apart_share_its_synthesis(running: Running) -> None:
    running.world.endpoint.faults, running.world.endpoint.ends = ["429"], ["stuck"]
    for name in "abc":
        running.take(f"{name}.txt", note(name))
    running.wait(4)
    poll(running.p)
    assert [len(texts) for texts in running.sent()] in ([3], [1, 2])
    running.world.endpoint.work()
    running.wait(running.world.settings.deadline_seconds + 1)
    running.settle()
    failed = [version for version in running.world.all_versions() if version.status is VersionStatus.FAILED]
    assert failed
    running.world.endpoint.go_on()
    paid = len(running.sent())
    for version in failed:
        retry(running.p, version.path)
        poll(running.p)
        running.settle()
    assert len(running.sent()) == paid
    assert {version.status for version in running.world.all_versions()} == {VersionStatus.FINISHED}


def test_what_is_adopted_stays_as_long_as_another_of_its_documents_may_be_retried(either: Running) -> None:
    """The collector runs between two retries; the files go when no retry can want them any more."""
    either.world.endpoint.faults, either.world.endpoint.ends = ["429"] * 2, ["stuck", "stuck"]
    for name in "abc":
        either.take(f"{name}.txt", note(name))
    for _ in range(3):
        either.wait(4)
        poll(either.p)
    assert max(len(texts) for texts in either.sent()) > 1
    either.world.endpoint.work()
    either.wait(either.world.settings.deadline_seconds + 1)
    either.settle()
    either.world.endpoint.go_on()
    paid = len(either.sent())
    for name in "abc":
        retry(either.p, f"{name}.txt")
        poll(either.p)
        either.settle()
        either.wait(3600)
        tidy_up(either.p)
    assert len(either.sent()) == paid
    assert {version.status for version in either.world.all_versions()} == {VersionStatus.FINISHED}
    either.wait(either.world.settings.keep_requests_seconds)
    tidy_up(either.p)
    assert not list(either.world.results.list("_jobs/"))


def test_one_that_is_gone_between_the_seal_and_the_look_is_not_sent_under_another_name(running: Running) -> None:
    given_up(running, note("a"))
    found = running.world.endpoint.get
    looks: list[str] = []

    def gone_after_the_first_look(synthesis_id: str) -> object:
        looks.append(synthesis_id)
        return found(synthesis_id) if len(looks) == 1 else None

    running.world.endpoint.get = gone_after_the_first_look  # type: ignore[assignment,method-assign]
    retry_all(running)
    poll(running.p)
    running.finish_all()
    assert len(running.sent()) == 1
    (job,) = [job for job in running.world.all_jobs() if job.adopts]
    assert (job.status, job.verdict) == (JobStatus.ENDED, Verdict.GONE)


def test_only_what_may_be_there_is_looked_for(running: Running) -> None:
    running.take("a.txt", note("a"))
    job = running.job()
    lots = {verdict: retry_lot(replace(job, verdict=verdict)) for verdict in Verdict}
    assert {verdict for verdict, lot in lots.items() if lot} == {Verdict.OVERDUE, Verdict.UNCERTAIN}
