"""Versions and their parts: rows, the state machine of each as a table, and the only functions that change a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.domain import naming
from shared.domain.rows import from_row, to_values
from shared.errors import SpeechdropError
from shared.ports import Row


class VersionStatus(StrEnum):
    PENDING = "PENDING"
    """Taken in, not ended: its parts say where it stands."""
    HELD = "HELD"
    """Over budget, waiting."""
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SUPERSEDED = "SUPERSEDED"


class VersionEvent(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"
    SUPERSEDE = "supersede"
    RETRY = "retry"


_ENDS = {
    VersionEvent.CANCEL: VersionStatus.CANCELLED,
    VersionEvent.SUPERSEDE: VersionStatus.SUPERSEDED,
}
VERSION_TRANSITIONS: Mapping[VersionStatus, Mapping[VersionEvent, VersionStatus]] = {
    VersionStatus.PENDING: {
        VersionEvent.HOLD: VersionStatus.HELD,
        VersionEvent.FINISH: VersionStatus.FINISHED,
        VersionEvent.FAIL: VersionStatus.FAILED,
        **_ENDS,
    },
    VersionStatus.HELD: {VersionEvent.RELEASE: VersionStatus.PENDING, **_ENDS},
    VersionStatus.FAILED: {VersionEvent.RETRY: VersionStatus.PENDING},
    VersionStatus.FINISHED: {},
    VersionStatus.CANCELLED: {},
    VersionStatus.SUPERSEDED: {},
}


UNDER_WAY = (VersionStatus.PENDING, VersionStatus.HELD)
"""Of a version that has not ended."""


class PartStatus(StrEnum):
    READY = "READY"
    PACKED = "PACKED"
    """Claimed by the job that its row names; by none, where all of it is taken over."""
    DONE = "DONE"
    FAILED = "FAILED"


class PartEvent(StrEnum):
    CLAIM = "claim"
    GIVE_BACK = "give back"
    """Its job ended up without it, or is to send it again."""
    COMPLETE = "complete"
    FAIL = "fail"
    RETRY = "retry"


PART_TRANSITIONS: Mapping[PartStatus, Mapping[PartEvent, PartStatus]] = {
    PartStatus.READY: {PartEvent.CLAIM: PartStatus.PACKED},
    PartStatus.PACKED: {
        PartEvent.GIVE_BACK: PartStatus.READY,
        PartEvent.COMPLETE: PartStatus.DONE,
        PartEvent.FAIL: PartStatus.FAILED,
    },
    PartStatus.FAILED: {PartEvent.RETRY: PartStatus.READY},
    PartStatus.DONE: {},
}


class IllegalTransition(SpeechdropError):
    """An event that the status does not allow: a fault of ours, never of a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a user is told of a failure: where, why, what to do."""

    where: str
    why: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        return {"where": self.where, "why": self.why, "remedy": self.remedy}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    document: str
    """The document's key."""
    sequence: int
    path: str
    source_etag: str
    source_bytes: int
    status: VersionStatus = VersionStatus.PENDING
    options: dict[str, Any] = field(default_factory=dict)
    """Resolved at intake and frozen: voice, format …"""
    kind: str = "PlainText"
    """The API's inputKind of all inputs."""
    parts: int = 0
    parts_done: int = 0
    parts_failed: int = 0
    inputs: int = 0
    characters: int = 0
    billable: int = 0
    """The estimate: characters of what is to be sent for it, by the billing rule."""
    billed: int = 0
    """Characters that the endpoint says it bills for what was sent."""
    untold: int = 0
    """Characters sent of which it says nothing, by the billing rule."""
    admitted: dict[str, Any] | None = None
    """The last Admission to a budget; None: it was sent while there was none."""
    held: dict[str, str] | None = None
    """A Report of why it is HELD."""
    entry: str = ""
    """Key of its entry in `open`, partition `held`, while it is."""
    kept: str = ""
    """The blob of the extracted inputs, where they are kept."""
    reuses: int = 0
    """Sequence of the audio that unchanged inputs are taken over from."""
    tries: int = 1
    """How often it was begun: by its drop, and by each retry."""
    deleted: bool = False
    """Its owner had all of the document deleted; the row stays, so that no sequence is used twice."""
    created: datetime
    ended: datetime | None = None
    error: dict[str, str] | None = None
    """A Report, where the version failed before anything was sent."""
    extras_until: datetime | None = None
    """Nobody else makes its extras before this; None: nobody does."""
    extras_starts: int = 0
    """How often making them was begun."""

    @property
    def all_ended(self) -> bool:
        return self.parts_done + self.parts_failed == self.parts

    def on(self, event: VersionEvent, **change: Any) -> Version:
        """Raises IllegalTransition."""
        try:
            status = VERSION_TRANSITIONS[self.status][event]
        except KeyError:
            raise IllegalTransition(f"A {self.status} version cannot {event}.") from None
        return replace(self, status=status, **change)

    def row(self, etag: str = "") -> Row:
        key = naming.version_key(self.document, self.sequence)
        values = to_values(self, without=("document", "sequence"))
        return Row(partition=naming.partition_of(self.document), key=key, values=values, etag=etag)

    @classmethod
    def of(cls, row: Row) -> Version:
        return from_row(cls, row, document=row.key.split("~")[0], sequence=naming.sequence_in(row.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenInput:
    """What became of one input."""

    number: int
    """From 1, within its version."""
    sha256: str
    """Of the text sent."""
    characters: int
    bytes: int
    duration_ms: int
    job: str

    @classmethod
    def of(cls, values: list[Any]) -> SpokenInput:
        return cls(**dict(zip((item.name for item in fields(cls)), values, strict=True)))

    def as_list(self) -> list[Any]:
        return [self.number, self.sha256, self.characters, self.bytes, self.duration_ms, self.job]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    document: str
    sequence: int
    part: int
    """From 1."""
    first: int
    """Number of its first input, from 1."""
    count: int
    characters: int
    body_bytes: int
    """Of its inputs in a request body, an upper bound."""
    billable: int = 0
    """Characters of what is to be sent of it, by the billing rule."""
    status: PartStatus = PartStatus.READY
    job: str = ""
    attempt: int = 1
    """Which sending of `todo` the next one is."""
    round: int = 1
    """How often it became READY: the unique half of its entry's name."""
    todo: tuple[int, ...] = ()
    """The inputs still to be sent; empty: all of them, but for those taken over."""
    lot: str = ""
    """Parts are packed with others of the same lot only: how a failed or refused job is taken apart."""
    entry: str = ""
    """Key of its entry in `open`, partition `ready`."""
    reuse: tuple[list[int], ...] = ()
    """Inputs that are taken over, not sent: number, and number in the audio before; 0: that file is gone, so that the
    input is to be sent after all."""
    results: tuple[list[Any], ...] = ()
    """`SpokenInput`s of the inputs done, as lists."""
    error: dict[str, str] | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.todo or tuple(range(self.first, self.first + self.count))

    def on(self, event: PartEvent, **change: Any) -> Part:
        """Raises IllegalTransition."""
        try:
            status = PART_TRANSITIONS[self.status][event]
        except KeyError:
            raise IllegalTransition(f"A {self.status} part cannot {event}.") from None
        return replace(self, status=status, **change)

    def row(self, etag: str = "") -> Row:
        key = naming.part_key(self.document, self.sequence, self.part)
        values = to_values(self, without=("document", "sequence", "part"))
        return Row(partition=naming.partition_of(self.document), key=key, values=values, etag=etag)

    @classmethod
    def of(cls, row: Row) -> Part:
        keys = {"sequence": naming.sequence_in(row.key), "part": naming.part_in(row.key)}
        return from_row(cls, row, document=row.key.split("~")[0], **keys)
