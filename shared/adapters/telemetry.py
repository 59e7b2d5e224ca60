"""Implements telemetry.Telemetry over OpenTelemetry's API; and an endpoint whose requests are counted by it.

Who listens is not decided here. In Azure the Functions worker sets the process's meter provider up before it imports
the app (PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY); where nobody did, the API's own provider drops everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.metrics import Meter, get_meter

from shared.batchapi.model import Page, Synthesis, SynthesisRequest
from shared.errors import EndpointError, NotAccepted, Refused
from shared.ports import SpeechApi
from shared.telemetry import INSTRUMENTS, REQUESTS, Instrument, Kind, Telemetry

METER = "speechdrop"

_Tell = Callable[..., None]
_MADE: Mapping[Kind, Callable[[Meter, Instrument], _Tell]] = {
    Kind.COUNTER: lambda meter, i: meter.create_counter(i.name, i.unit, i.meaning).add,
    # No gauge: OpenTelemetry's is told again every minute by a process that does not measure it any more, such as an
    # instance that the timer has moved away from, and so it would contradict the one that does.
    Kind.VALUE: lambda meter, i: meter.create_histogram(i.name, i.unit, i.meaning).record,
}


class OpenTelemetry:
    """Implements telemetry.Telemetry. Once per process: instruments of one name are one instrument."""

    def __init__(self, meter: Meter | None = None) -> None:
        """`meter`: the process's own where it is not given."""
        meter = meter or get_meter(METER)
        self._tell = {item.name: _MADE[item.kind](meter, item) for item in INSTRUMENTS}

    def record(self, instrument: Instrument, value: float = 1, **dimensions: str) -> None:
        self._tell[instrument.name](value, dimensions)


@dataclass(frozen=True, slots=True)
class CountedSpeechApi:
    """Implements ports.SpeechApi by another one, and counts what came of each request."""

    api: SpeechApi
    telemetry: Telemetry

    def ready(self) -> None:
        self.api.ready()

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        with self._counted("create"):
            return self.api.create(job_id, request)

    def get(self, job_id: str) -> Synthesis | None:
        with self._counted("get"):
            return self.api.get(job_id)

    def list(self, *, skip: int, top: int) -> Page:
        with self._counted("list"):
            return self.api.list(skip=skip, top=top)

    @contextmanager
    def _counted(self, operation: str) -> Iterator[None]:
        outcome = "unknown"
        try:
            yield
            outcome = "ok"
        except EndpointError as error:
            outcome = outcome_of(error)
            raise
        finally:
            self.telemetry.record(REQUESTS, operation=operation, outcome=outcome)


def outcome_of(error: EndpointError) -> str:
    """The `outcome` of a request that ended so."""
    if error.status == 429:
        return "throttled"
    if isinstance(error, NotAccepted):
        return "not_accepted"
    return "refused" if isinstance(error, Refused) else "unknown"
