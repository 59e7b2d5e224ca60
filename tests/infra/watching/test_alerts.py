"""Each alert fires on its fault, planted in a pipeline that runs, and on nothing else; on a healthy one none does.

The queries are those that the templates deploy; the telemetry is what the code tells, through Azure Monitor's exporter.
Only rows that Azure itself would write are made up: `plant` puts them there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.adapters.memory import MemoryQueue
from tests.infra.watching.deployed import queries_of_runbook
from tests.infra.watching.watched import ALERTS, Watched, watched

HEALTHY_MINUTES = 35
"""Longer than most alerts look back."""


@pytest.fixture
def healthy() -> Iterator[Watched]:
    """Documents come, one of them unreadable, and are spoken; the service speaks as well."""
    with watched() as found:
        world = found.serve()
        for minute in range(HEALTHY_MINUTES):
            if minute % 4 == 0:
                found.drop(f"A text of minute {minute}.")
                world.create(f"minute-{minute}")
                world.work()
            if minute == HEALTHY_MINUTES - 5:
                found.running.take("broken.ssml", "<speak>never closed")
            found.minutes(1)
        yield found


def test_a_healthy_half_hour_raises_no_alert(healthy: Watched) -> None:
    assert healthy.fired() == set()


@dataclass(frozen=True)
class Fault:
    plant: Callable[[Watched], None]
    besides: frozenset[str] = frozenset()
    """Other alerts that are right to fire as well."""
    settings: Mapping[str, Any] = field(default_factory=dict)


def poll_stops(found: Watched) -> None:
    found.minutes(2)
    found.timers.discard("poll")
    found.minutes(11)


def sweep_stops(found: Watched) -> None:
    found.minutes(2)
    found.timers.discard("sweep")
    found.minutes(31)


def a_job_is_accepted_twice(found: Watched) -> None:
    endpoint = found.running.world.endpoint
    found.drop("Spoken twice, and paid twice.")
    request, _ = next(iter(endpoint.held.values()))
    endpoint._accept(found.running.job().id, request)
    found.minutes(2)


def nothing_is_spoken(found: Watched) -> None:
    found.endpoint_works = False
    found.drop("Nobody speaks this.")
    found.minutes(32)


def nothing_is_spoken_for_days(found: Watched) -> None:
    found.endpoint_works = False
    found.drop("Nobody speaks this for days.")
    found.minutes(12, step=7 * 60)
    found.minutes(10)


def the_endpoint_is_out_of_reach(found: Watched) -> None:
    found.running.world.endpoint.faults = ["no connection"] * 100
    found.drop("Nobody takes this.")
    found.minutes(7)


def a_message_fails_too_often(found: Watched) -> None:
    queue = MemoryQueue(found.running.world.clock, "speechdrop-finish-poison")
    found.running.p = replace(found.running.p, poisoned_finishers=queue)
    queue.send('{"schema": 1, "job": "one that kills", "slice": 0}')
    found.minutes(6)


def an_event_is_given_up(found: Watched) -> None:
    found.minutes(1)
    found.plant("AzureMetrics", ResourceProvider="MICROSOFT.EVENTGRID", MetricName="DeadLetteredCount", Total=1.0)


def documents_fail(found: Watched) -> None:
    found.running.world.endpoint.bad_texts = lambda text: "bad" in text
    found.drop(*[f"A good text, {number}." for number in range(15)], "A bad text.")
    found.minutes(6)


def the_endpoint_throttles(found: Watched) -> None:
    found.running.world.endpoint.faults = ["429"] * 100
    found.drop("Not now.")
    found.minutes(4)


def a_budget_is_nearly_spent(found: Watched) -> None:
    found.drop("x" * 85)
    found.minutes(3)


def a_budget_is_spent(found: Watched) -> None:
    found.drop("x" * 60)
    found.minutes(2)
    found.drop("y" * 60)
    found.minutes(3)


def failed(function: str, details: str) -> dict[str, str]:
    """As the host writes it: github.com/Azure/azure-functions-host/issues/7603 shows one."""
    return {
        "Category": f"Function.{function}",
        "FunctionName": f"Functions.{function}",
        "Level": "Error",
        "Message": f"Executed 'Functions.{function}' (Failed, Id=f70e4e7f-52d4-42c0-8844-c5de5e88c493, Duration=64ms)",
        "ExceptionDetails": f"Microsoft.Azure.WebJobs.Host.FunctionInvocationException : {details}",
    }


def a_function_fails(found: Watched) -> None:
    found.minutes(1)
    for _ in range(3):
        found.plant("FunctionAppLogs", **failed("pipeline_finish", "Result: Failure Exception: KeyError: 'job'"))


def the_app_starts_slowly(found: Watched) -> None:
    found.minutes(1)
    found.plant("FunctionAppLogs", Category="Host.Startup", Level="Information", Message="Host started (12345ms)")


def memory_runs_out(found: Watched) -> None:
    found.minutes(1)
    found.plant("AzureMetrics", ResourceProvider="MICROSOFT.WEB", MetricName="MemoryWorkingSet", Maximum=1.9e9)
    found.plant("FunctionAppLogs", **failed("service_speak", "python exited with code 143 (0x8F)"))


def no_worker_speaks(found: Watched) -> None:
    found.serve().create()
    found.minutes(32)


BUDGET = {"daily_characters": 100}
FAULTS = {
    "poll-silent": Fault(poll_stops),
    "sweep-silent": Fault(sweep_stops),
    "promise-broken": Fault(a_job_is_accepted_twice, settings={"speech_api_version": "3.1-preview1"}),
    "items-waiting": Fault(nothing_is_spoken),
    "items-overdue": Fault(nothing_is_spoken_for_days, frozenset({"items-waiting"})),
    "jobs-unsent": Fault(the_endpoint_is_out_of_reach),
    "poison-messages": Fault(a_message_fails_too_often),
    "dead-letters": Fault(an_event_is_given_up),
    "documents-failing": Fault(documents_fail),
    "endpoint-throttling": Fault(the_endpoint_throttles),
    "budget-nearly-spent": Fault(a_budget_is_nearly_spent, settings=BUDGET),
    "budget-spent": Fault(a_budget_is_spent, settings=BUDGET),
    "functions-failing": Fault(a_function_fails),
    "starts-slow": Fault(the_app_starts_slowly),
    "memory-short": Fault(memory_runs_out),
    "syntheses-waiting": Fault(no_worker_speaks),
}


def test_each_alert_has_its_fault() -> None:
    assert FAULTS.keys() == ALERTS.keys()


@pytest.mark.parametrize("name", FAULTS)
def test_an_alert_fires_on_its_fault_alone(name: str) -> None:
    fault = FAULTS[name]
    with watched(**fault.settings) as found:
        fault.plant(found)
        assert found.fired() == {name} | fault.besides
        for query in queries_of_runbook(name):
            assert found.ask(query), f"docs/runbooks/{name}.md says to look at what shows nothing: {query}"


def test_an_alert_is_over_when_its_cause_is() -> None:
    with watched() as found:
        nothing_is_spoken(found)
        assert found.fired()
        found.endpoint_works = True
        found.minutes(3)
        assert found.fired() == set()


def an_instance_is_let_go(found: Watched) -> None:
    found.minutes(1)
    for _ in range(3):
        found.plant("FunctionAppLogs", **failed("pipeline_poll", "python exited with code 143 (0x8F)"))


def a_few_requests_are_throttled(found: Watched) -> None:
    found.running.world.endpoint.faults = ["429"] * 2
    found.drop("Soon.")
    found.minutes(4)


def owners_drop_what_cannot_be_read(found: Watched) -> None:
    for number in range(5):
        found.running.take(f"{number}.ssml", "<speak>never closed")
    found.minutes(3)


@pytest.mark.parametrize(
    "harmless", [an_instance_is_let_go, a_few_requests_are_throttled, owners_drop_what_cannot_be_read]
)
def test_what_is_no_fault_of_the_system_raises_no_alert(harmless: Callable[[Watched], None]) -> None:
    with watched() as found:
        harmless(found)
        assert found.fired() == set()
