"""What the pipeline tells of its work: each thing once, whatever is repeated."""

from __future__ import annotations

import logging

import pytest

from shared.pipeline.finish import finish
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from shared.telemetry import (
    BILLED,
    BREACHES,
    DOCUMENTS,
    HEARTBEAT,
    JOBS,
    LATENCY,
    OPEN_AGE,
    OPEN_ITEMS,
    REQUESTS,
)
from tests.unit.pipeline.running import Running


def test_a_document_is_told_of_once_with_the_time_of_each_step(running: Running) -> None:
    running.world.drop("a.txt", "A text.", event=False)
    running.wait(2)
    running.take("a.txt", "A text.")
    running.wait(3)
    running.world.endpoint.work()
    poll(running.p)
    running.wait(5)
    running.finish_all()
    steps = {step: running.telemetry.of(LATENCY, step=step) for step in LATENCY.dimensions["step"]}
    assert steps == {"noticed": [0], "submitted": [0], "synthesized": [3], "finished": [5]}
    assert running.telemetry.of(DOCUMENTS, status="FINISHED", sent="yes") == [1]
    assert running.telemetry.of(JOBS, verdict="succeeded") == [1]
    assert sum(running.telemetry.of(BILLED)) == sum(running.job().billed.values())


def test_how_late_an_event_came_is_told(running: Running) -> None:
    running.world.drop("a.txt", "A text.", event=False)
    running.wait(90)
    sweep(running.p)
    assert running.telemetry.of(LATENCY, step="noticed") == [90]


def test_a_repetition_tells_nothing(running: Running) -> None:
    running.take("a.txt", "A text.")
    running.settle()
    told = list(running.telemetry.recorded)
    finish(running.p, running.job().id, 0)
    sweep(running.p)
    assert [name for name, _, _ in running.telemetry.recorded[len(told) :]] == [HEARTBEAT.name]


def test_what_could_not_be_read_was_not_sent(running: Running) -> None:
    running.take("a.ssml", "<speak>never closed")
    assert running.telemetry.of(DOCUMENTS, status="FAILED", sent="no") == [1]


def test_a_job_that_fails_is_told_by_its_verdict(running: Running) -> None:
    running.world.endpoint.fail_whole = 3
    running.take("a.txt", "A text.")
    running.settle()
    assert running.telemetry.of(JOBS, verdict="failed") == [1, 1, 1]
    assert running.telemetry.of(DOCUMENTS) == [1]


def test_each_poll_tells_how_the_work_stands(running: Running) -> None:
    running.take("a.txt", "A text.")
    running.wait(60)
    poll(running.p)
    assert running.telemetry.of(HEARTBEAT, timer="poll") == [1]
    assert running.telemetry.of(OPEN_ITEMS, state="running") == [1]
    assert running.telemetry.of(OPEN_AGE, state="running") == [60]
    assert running.telemetry.of(OPEN_ITEMS, state="held") == [0]


def test_a_job_that_the_endpoint_took_twice_is_told_once() -> None:
    running = Running.begin(speech_api_version="3.1-preview1")
    running.take("a.txt", "A text.")
    request, _ = next(iter(running.world.endpoint.held.values()))
    running.world.endpoint._accept(running.job().id, request)
    running.round()
    running.round()
    assert running.telemetry.of(BREACHES) == [1]


def test_telling_asks_nothing_of_storage_or_endpoint(running: Running) -> None:
    """What is counted of the endpoint is what was asked of it."""
    running.take("a.txt", "A text.")
    running.settle()
    assert len(running.telemetry.of(REQUESTS)) == sum(running.world.endpoint.requests.values())


def test_a_job_is_logged_at_each_step_by_its_id(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "shared.pipeline.measuring"):
        running.take("a.txt", "A text.")
        running.settle()
    of_job = [record for record in caplog.records if vars(record).get("job") == running.job().id]
    assert [record.getMessage().split(":")[0].split()[2] for record in of_job] == [
        "sealed",
        "accepted",
        "concluded",
        "ended",
    ]
