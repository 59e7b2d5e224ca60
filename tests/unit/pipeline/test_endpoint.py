"""The endpoint as a whole: one back-off for all jobs and instances, our own limits, half of the jobs for a document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.pacing import Kind
from shared.errors import NotAccepted, OutcomeUnknown, Refused
from shared.pipeline import endpoint
from shared.pipeline.poll import poll
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Running


def creates(running: Running) -> int:
    return running.world.endpoint.requests["create"]


@pytest.mark.parametrize("fault", ["429", "no connection", "503 before", "408", "401"])
def test_a_create_that_tells_of_the_endpoint_holds_back_all_others(running: Running, fault: str) -> None:
    running.world.endpoint.faults = [fault]
    running.take("a.txt", note("a"))
    running.wait(0.5)
    running.take("b.txt", note("b"))
    poll(running.p)
    assert creates(running) == 1
    assert len(running.world.all_jobs()) == 1  # what is not sealed finds company meanwhile
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED"]


def test_the_back_off_grows_with_each_failure_and_ends_with_the_first_success(running: Running) -> None:
    quiet = []
    for _ in range(4):
        endpoint.failed(running.p, Kind.CREATE, OutcomeUnknown("reset"))
        start = running.world.clock.now
        while not endpoint.leave(running.p, Kind.CREATE):
            running.wait(0.5)
        quiet.append((running.world.clock.now - start).total_seconds())
    assert quiet == [1, 2, 4, 4]
    endpoint.answered(running.p, Kind.CREATE)
    endpoint.failed(running.p, Kind.CREATE, OutcomeUnknown("reset"))
    running.wait(1)
    assert endpoint.leave(running.p, Kind.CREATE)


@pytest.mark.parametrize("error", [Refused("no", status=400), Refused("?", status=404), OutcomeUnknown("", status=200)])
def test_an_answer_to_one_request_alone_holds_back_none(running: Running, error: Refused) -> None:
    endpoint.failed(running.p, Kind.LIST, error)
    assert endpoint.leave(running.p, Kind.LIST)


def test_a_list_that_fails_holds_back_lists_and_nothing_else(running: Running) -> None:
    endpoint.failed(running.p, Kind.LIST, NotAccepted("no connection"))
    assert not endpoint.leave(running.p, Kind.LIST)
    assert endpoint.leave(running.p, Kind.CREATE)
    assert endpoint.leave(running.p, Kind.GET)
    with pytest.raises(endpoint.Quiet):
        endpoint.listed(running.p, skip=0)
    assert not running.world.endpoint.requests


def test_the_own_rate_is_kept_by_all_instances_together() -> None:
    running = Running.begin(max_requests_per_second=1)
    allowed = sum(endpoint.leave(p, Kind.LIST) for p in [running.p, replace(running.p)] * 20)
    assert allowed == 10
    running.wait(3)
    assert sum(endpoint.leave(running.p, Kind.LIST) for _ in range(9)) == 3


def test_a_complete_listing_may_overdraw_what_others_wait_for() -> None:
    running = Running.begin(max_requests_per_second=1)
    assert all(endpoint.leave(running.p, Kind.LIST, overdraw=True) for _ in range(15))
    running.wait(5)
    assert not endpoint.leave(running.p, Kind.LIST)
    running.wait(1.5)
    assert endpoint.leave(running.p, Kind.LIST)


def test_no_more_jobs_are_given_to_it_than_the_own_limit_says() -> None:
    running = Running.begin(max_active_jobs=2)
    for number in range(6):
        running.take(f"{number}.txt", note(str(number)))
        running.wait(2.1)
        poll(running.p)
    assert (len(running.jobs("RUNNING")), running.open()) == (2, {"ready": 4, "running": 2})
    running.settle()
    assert [len(texts) for texts in running.sent()] == [1, 1, 4]


def test_a_job_that_ends_is_room_however_long_the_back_off_has_become() -> None:
    running = Running.begin(back_off_most_seconds=1000)
    working = running.world.endpoint
    working.at_once, working.seconds, working.refuses_when_full = 1, 300, True
    running.take("a.txt", note("a"))
    working.work()
    running.wait(3)
    running.take("b.txt", note("b"))
    while working.active():
        running.wait(1)
        working.work()
        poll(running.p)
    assert creates(running) == 1 + 9 + 1  # b after 0, 1, 3, 7, ... 255 seconds, and when the job had ended
    assert len(running.sent()) == 2


def test_a_refusal_that_quotes_such_words_is_no_full_endpoint(preview: Running) -> None:
    preview.world.endpoint.quotes = True
    preview.world.endpoint.refused_texts = lambda text: "limit" in text
    preview.take("a.txt", "What would exceed the limit of 200 active jobs is none of the harbour's business.")
    preview.settle()
    assert preview.statuses("a.txt") == ["FAILED"]


def test_a_preview_that_is_full_says_so_with_a_400_and_no_document_fails(preview: Running) -> None:
    working = preview.world.endpoint
    working.at_once, working.seconds, working.refuses_when_full = 1, 20, True
    preview.take("a.txt", note("a"))
    preview.wait(3)
    preview.take("b.txt", note("b"))
    assert len(preview.jobs("SEALED")) == 1
    preview.settle(60)
    assert preview.statuses("b.txt") == ["FINISHED"]
    assert len(preview.sent()) == 2
