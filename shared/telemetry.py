"""What is measured: the table of all instruments, and the Protocol by which flows tell. docs/telemetry.md lists them.

A dimension's values are a closed set, so that no path, text or id can become one, and each can be a line of a chart.
Telling is cheap, makes no storage request and never fails; where nobody listens, it goes nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    COUNTER = "counter"
    """Added up."""
    VALUE = "value"
    """Measured: how long something took, or how a thing stands now. Count, sum, least and largest are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    name: str
    kind: Kind
    unit: str
    """As UCUM has it: `s`, `1` for a ratio, `{character}` for what is counted."""
    meaning: str
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By name, all values that it may have."""


class Telemetry(Protocol):
    def record(self, instrument: Instrument, value: float = 1, **dimensions: str) -> None:
        """Adds to a counter, or tells a value, neither below zero. Every dimension is given."""
        ...


class Unheard:
    """Telemetry that nobody listens to."""

    def record(self, instrument: Instrument, value: float = 1, **dimensions: str) -> None:
        pass


UNHEARD = Unheard()

HEARTBEAT = Instrument(
    name="speechdrop.timer.heartbeat",
    kind=Kind.COUNTER,
    unit="{run}",
    meaning="A timer's run has begun",
    dimensions={"timer": ("poll", "sweep", "tend", "purge")},
)

# The pipeline.

OPEN_ITEMS = Instrument(
    name="speechdrop.open.items",
    kind=Kind.VALUE,
    unit="{item}",
    meaning="Parts that wait for a job (`ready`), documents over budget (`held`), jobs in the other states",
    dimensions={"state": ("ready", "held", "sending", "running", "finishing")},
)
OPEN_AGE = Instrument(
    name="speechdrop.open.age",
    kind=Kind.VALUE,
    unit="s",
    meaning="How long ago the oldest of them was begun; 0 where there is none",
    dimensions={"state": ("ready", "held", "sending", "running", "finishing")},
)
DOCUMENTS = Instrument(
    name="speechdrop.documents",
    kind=Kind.COUNTER,
    unit="{document}",
    meaning="Versions of documents that have ended; `sent` is `no` where nothing of them could be sent",
    dimensions={"status": ("FINISHED", "FAILED", "CANCELLED", "SUPERSEDED"), "sent": ("yes", "no")},
)
JOBS = Instrument(
    name="speechdrop.jobs",
    kind=Kind.COUNTER,
    unit="{job}",
    meaning="Jobs whose outcome has become known",
    dimensions={"verdict": ("succeeded", "failed", "refused", "gone", "overdue", "uncertain")},
)
BILLED = Instrument(
    name="speechdrop.characters.billed",
    kind=Kind.COUNTER,
    unit="{character}",
    meaning="Characters that the endpoint says it has billed, by kind of voice",
    dimensions={"voice": ("neural", "customNeural", "aoai", "aoaiHD", "personalVoice")},
)
LATENCY = Instrument(
    name="speechdrop.latency",
    kind=Kind.VALUE,
    unit="s",
    meaning="How long a document took from its upload to its intake (`noticed`); and each of its parts from there until"
    " the endpoint accepted it (`submitted`), until it was seen to be spoken (`synthesized`), until its files were in"
    " place (`finished`)",
    dimensions={"step": ("noticed", "submitted", "synthesized", "finished")},
)
BUDGET = Instrument(
    name="speechdrop.budget.used",
    kind=Kind.VALUE,
    unit="1",
    meaning="Share of a budget of characters that is spent, where one is set; at least 1 while it holds documents",
    dimensions={"period": ("day", "month")},
)
POISON = Instrument(
    name="speechdrop.poison.depth",
    kind=Kind.VALUE,
    unit="{message}",
    meaning="Messages that failed too often, as the timers find them before they take them up once more",
    dimensions={"queue": ("intake", "finish", "speak")},
)
NOTICES = Instrument(
    name="speechdrop.notices",
    kind=Kind.COUNTER,
    unit="{notice}",
    meaning="Tries to tell of documents that have ended",
    dimensions={"outcome": ("delivered", "put_off", "given_up")},
)

# The endpoint, as the pipeline sees it.

REQUESTS = Instrument(
    name="speechdrop.endpoint.requests",
    kind=Kind.COUNTER,
    unit="{request}",
    meaning="Requests to the endpoint, by what came back",
    dimensions={
        "operation": ("create", "get", "list"),
        "outcome": ("ok", "throttled", "not_accepted", "refused", "unknown"),
    },
)
BREACHES = Instrument(
    name="speechdrop.endpoint.breaches",
    kind=Kind.COUNTER,
    unit="{synthesis}",
    meaning="Syntheses too many of one job: the endpoint broke a promise of docs/protocol.md, and somebody pays twice",
)

# The service.

SYNTHESES = Instrument(
    name="speechdrop.syntheses",
    kind=Kind.COUNTER,
    unit="{synthesis}",
    meaning="Syntheses of the service that were accepted, or have ended",
    dimensions={"status": ("Accepted", "Succeeded", "Failed")},
)
OPEN_SYNTHESES = Instrument(
    name="speechdrop.syntheses.open",
    kind=Kind.VALUE,
    unit="{synthesis}",
    meaning="Syntheses of the service that leave something to do",
)
OLDEST_SYNTHESIS = Instrument(
    name="speechdrop.syntheses.age",
    kind=Kind.VALUE,
    unit="s",
    meaning="For how long the oldest of them has been there; 0 where there is none",
)
SYNTHESIS_TIME = Instrument(
    name="speechdrop.syntheses.latency",
    kind=Kind.VALUE,
    unit="s",
    meaning="From the create of a synthesis to its end",
    dimensions={"status": ("Succeeded", "Failed")},
)
SPOKEN = Instrument(
    name="speechdrop.characters.spoken",
    kind=Kind.COUNTER,
    unit="{character}",
    meaning="Characters that the service has spoken, counted as Azure bills them",
)

INSTRUMENTS = (
    HEARTBEAT,
    OPEN_ITEMS,
    OPEN_AGE,
    DOCUMENTS,
    JOBS,
    BILLED,
    LATENCY,
    BUDGET,
    POISON,
    NOTICES,
    REQUESTS,
    BREACHES,
    SYNTHESES,
    OPEN_SYNTHESES,
    OLDEST_SYNTHESIS,
    SYNTHESIS_TIME,
    SPOKEN,
)
"""In the order of docs/telemetry.md."""
