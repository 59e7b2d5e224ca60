"""Telemetry over OpenTelemetry, the endpoint whose requests are counted, and the twin that minds the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from shared.adapters.memory import MemoryStorage
from shared.adapters.memory_telemetry import MemoryTelemetry
from shared.adapters.telemetry import CountedSpeechApi, OpenTelemetry, outcome_of
from shared.batchapi.model import InputKind, SynthesisRequest
from shared.errors import EndpointError, NotAccepted, OutcomeUnknown, Refused
from shared.telemetry import HEARTBEAT, INSTRUMENTS, OPEN_AGE, REQUESTS, SPOKEN, Instrument, Kind
from tests.crash.endpoint import Endpoint

Point = tuple[str, Mapping[str, Any], float]


def points(reader: InMemoryMetricReader) -> list[Point]:
    """Name, dimensions, and sum of what was told."""
    data = reader.get_metrics_data()
    metrics = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics] if data else []
    found: list[Any] = [(metric.name, point) for metric in metrics for point in metric.data.data_points]
    return [(name, dict(point.attributes), getattr(point, "sum", None) or point.value) for name, point in found]


def test_what_is_told_reaches_who_listens() -> None:
    reader = InMemoryMetricReader()
    telemetry = OpenTelemetry(MeterProvider([reader]).get_meter("test"))
    for _ in range(3):
        telemetry.record(HEARTBEAT, timer="poll")
    telemetry.record(OPEN_AGE, 7.5, state="ready")
    assert points(reader) == [
        ("speechdrop.timer.heartbeat", {"timer": "poll"}, 3),
        ("speechdrop.open.age", {"state": "ready"}, 7.5),
    ]


def test_where_nobody_listens_telling_does_nothing() -> None:
    OpenTelemetry().record(HEARTBEAT, timer="poll")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotAccepted("", status=429), "throttled"),
        (NotAccepted(""), "not_accepted"),
        (Refused("", status=400), "refused"),
        (OutcomeUnknown("", status=503), "unknown"),
    ],
)
def test_a_request_is_counted_by_what_came_of_it(error: EndpointError, outcome: str) -> None:
    assert outcome_of(error) == outcome


def test_each_request_to_the_endpoint_is_counted_once() -> None:
    def clock() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    telemetry = MemoryTelemetry()
    endpoint = CountedSpeechApi(Endpoint(MemoryStorage(clock=clock), clock), telemetry)
    assert endpoint.get("nobody") is None
    endpoint.list(skip=0, top=10)
    endpoint.api.faults = ["429"]  # type: ignore[attr-defined]
    with pytest.raises(NotAccepted):
        endpoint.create("a", SynthesisRequest(kind=InputKind.PLAIN_TEXT, inputs=("x",)))
    told = [(given["operation"], given["outcome"]) for name, _, given in telemetry.recorded if name == REQUESTS.name]
    assert told == [("get", "ok"), ("list", "ok"), ("create", "throttled")]


def test_what_breaks_in_us_is_not_counted_as_an_answer() -> None:
    telemetry = MemoryTelemetry()
    with pytest.raises(AttributeError):
        CountedSpeechApi(None, telemetry).get("a")  # type: ignore[arg-type]
    assert telemetry.of(REQUESTS, outcome="ok") == []


UNKNOWN = Instrument(name="of.nobody", kind=Kind.COUNTER, unit="1", meaning="")


@pytest.mark.parametrize(
    ("instrument", "value", "dimensions"),
    [
        (HEARTBEAT, 1, {}),
        (HEARTBEAT, 1, {"timer": "a document's path"}),
        (HEARTBEAT, 1, {"timer": "poll", "document": "a.txt"}),
        (SPOKEN, 1, {"voice": "neural"}),
        (SPOKEN, -1, {}),
        (UNKNOWN, 1, {}),
    ],
)
def test_the_twin_refuses_what_the_table_does_not_have(
    instrument: Instrument, value: float, dimensions: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=instrument.name):
        MemoryTelemetry().record(instrument, value, **dimensions)


def test_the_twin_keeps_what_is_told() -> None:
    telemetry = MemoryTelemetry()
    telemetry.record(OPEN_AGE, 3, state="ready")
    telemetry.record(OPEN_AGE, 5, state="held")
    assert telemetry.of(OPEN_AGE) == [3, 5]
    assert telemetry.of(OPEN_AGE, state="held") == [5]


def test_instruments_have_names_of_their_own() -> None:
    assert len({item.name for item in INSTRUMENTS}) == len(INSTRUMENTS)
