"""The destination: whether the endpoint takes it is learnt from jobs, kept in a row, and learnt anew."""

from __future__ import annotations

import pytest

from shared.domain.jobs import Verdict
from shared.pipeline import destination
from shared.pipeline.destination import Destination
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Running


def known(running: Running) -> Destination:
    return destination.verdict(running.p)


def asked_for(running: Running) -> list[bool]:
    """Of each accepted synthesis: whether it was to write into our container."""
    held = running.world.endpoint.held.values()
    return [request.properties.destination_container_url is not None for request, _ in held]


def creates(running: Running) -> int:
    return running.world.endpoint.requests["create"]


def test_nothing_is_known_before_the_first_job_and_its_results_tell(running: Running) -> None:
    assert known(running) is Destination.UNKNOWN
    running.take("a.txt", note("a"))
    assert known(running) is Destination.UNKNOWN  # it may still fail to write
    running.settle()
    assert known(running) is Destination.WORKS


def test_an_endpoint_that_refuses_it_is_asked_without_at_once_and_from_then_on(running: Running) -> None:
    running.world.endpoint.takes_destination = False
    running.take("a.txt", note("a"))
    assert known(running) is Destination.REFUSED
    assert (creates(running), asked_for(running)) == (2, [False])
    running.settle()
    running.take("b.txt", book("b"))
    running.settle()
    assert (creates(running), asked_for(running)) == (3, [False, False])
    assert running.statuses("a.txt") == running.statuses("b.txt") == ["FINISHED"]


def test_an_endpoint_that_cannot_write_there_gets_another_attempt_without(running: Running) -> None:
    running.world.endpoint.writes_destination = False
    running.take("a.txt", note("a"))
    running.settle()
    assert known(running) is Destination.REFUSED
    assert asked_for(running) == [True, False]
    assert running.part().attempt == 2
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_refusal_of_the_text_is_no_verdict(running: Running) -> None:
    running.world.endpoint.refused_texts = lambda text: True
    running.take("a.txt", note("a"))
    running.settle()
    assert known(running) is Destination.UNKNOWN
    assert creates(running) == 2
    assert running.error("a.txt")["why"].startswith("The endpoint refused the job")


def test_once_it_is_known_to_work_a_refusal_of_the_text_is_believed_at_once(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    running.world.endpoint.refused_texts = lambda text: True
    before = creates(running)
    running.take("b.txt", note("b"))
    running.settle()
    assert creates(running) == before + 1
    assert running.statuses("b.txt") == ["FAILED"]


def test_known_to_work_or_not_an_answer_that_names_it_is_tried_without(running: Running) -> None:
    """An account that was closed to the endpoint, or a key that was revoked: no document fails for that."""
    running.take("a.txt", note("a"))
    running.settle()
    running.world.endpoint.takes_destination = False
    running.take("b.txt", note("b"))
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED"]
    assert asked_for(running) == [True, False]


@pytest.mark.parametrize("takes", [True, False])
def test_a_verdict_is_learnt_anew_when_it_is_old(takes: bool) -> None:
    running = Running.begin(destination_verdict_seconds=100)
    running.world.endpoint.takes_destination = takes
    running.take("a.txt", note("a"))
    running.settle()
    assert known(running) is not Destination.UNKNOWN
    running.wait(100)
    assert known(running) is Destination.UNKNOWN
    running.world.endpoint.takes_destination = True
    running.take("b.txt", note("b"))
    running.settle()
    assert known(running) is Destination.WORKS


def test_jobs_that_show_it_again_keep_the_verdict_young() -> None:
    running = Running.begin(destination_verdict_seconds=100)
    for number in range(4):
        running.take(f"{number}.txt", note(str(number)))
        running.settle()
        running.wait(60)
    assert known(running) is Destination.WORKS


def test_a_job_refused_with_and_without_is_taken_apart(running: Running) -> None:
    running.world.endpoint.refused_texts = lambda text: "name b" in text
    running.world.endpoint.faults = ["429"]
    for name in "abc":
        running.take(f"{name}.txt", note(name))
    running.settle()
    assert [running.statuses(f"{name}.txt") for name in "abc"] == [["FINISHED"], ["FAILED"], ["FINISHED"]]
    assert Verdict.REFUSED in {job.verdict for job in running.world.all_jobs()}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("BadRequest: The SAS URI has expired", True),
        ("The destinationContainerUrl is not valid", True),
        ("cannot write to the container", True),
        ("Server failed to authenticate: Signature did not match", True),
        ("The voice is unknown", False),
        ("A sassy answer", False),
    ],
)
def test_what_speaks_of_the_destination(words: str, expected: bool) -> None:
    assert destination.is_about(words) is expected
