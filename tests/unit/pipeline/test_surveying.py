"""The poll's heartbeat, and the call that polls where no timer does."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

import function_app
from shared import wiring
from shared.domain.documents import VersionStatus
from shared.pipeline.poll import poll
from shared.pipeline.surveying import survey
from shared.telemetry import HEARTBEAT, OPEN_AGE, OPEN_ITEMS
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Counting, Running


def heartbeats(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("poll.heartbeat ")]
    return [json.loads(line.partition(" ")[2]) for line in lines]


def test_each_poll_tells_how_the_work_stands(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    running.world.endpoint.faults = ["429"] * 200
    running.take("a.txt", note("a"))
    running.take("b.txt", note("b"))
    for _ in range(4):
        running.wait(3)
        poll(running.p)
    beats = heartbeats(caplog)
    assert len(beats) == 4
    assert beats[0]["sending"] + beats[0]["ready"] == 2
    assert beats[-1]["stuck"] >= 1
    assert beats[-1]["stuck_jobs"][0].startswith("crash-")
    assert beats[-1]["sending_oldest_seconds"] == 12


def test_each_state_is_told_as_a_measure(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.wait(7)
    poll(running.p)
    assert running.telemetry.of(HEARTBEAT, timer="poll") == [1]
    assert running.telemetry.of(OPEN_ITEMS, state="running") == [1]
    assert running.telemetry.of(OPEN_AGE, state="running") == [7]
    assert running.telemetry.of(OPEN_ITEMS, state="held") == [0]


def test_it_reads_open_alone(running: Running) -> None:
    running.take("a.txt", note("a"))
    calls: list[Any] = []
    counted = {name: Counting(getattr(running.p, name), calls) for name in ("documents", "jobs", "days", "app", "open")}
    found = survey(replace(running.p, **counted))  # type: ignore[arg-type]
    assert found.waiting["running"].count == 1
    assert {name for name, _ in calls} == {"query"}
    assert len(calls) < len(found.waiting)  # nobody is to be told


def test_a_call_polls_where_the_timer_has_stopped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "pipeline", lambda: running.p)
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(4)
    request = func.HttpRequest(method="POST", url="/pipeline/tick", body=b"")
    response = function_app.pipeline_tick.build().get_user_function()(request)
    assert response.status_code == 200
    assert json.loads(response.get_body())["running"] == 1
    running.finish_all()
    assert running.world.all_versions()[0].status is VersionStatus.FINISHED


def test_that_call_needs_a_key_of_its_own() -> None:
    (tick,) = [found for found in function_app.app.get_functions() if found.get_function_name() == "pipeline_tick"]
    trigger = tick.get_trigger()
    assert trigger
    assert trigger.get_dict_repr()["authLevel"] is func.AuthLevel.FUNCTION
