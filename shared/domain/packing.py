"""Which waiting parts leave now, and in which jobs. Parts share a job when group and lot are equal."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain import naming
from shared.domain.documents import Part
from shared.domain.options import job_options
from shared.ports import Row

READY = "ready"
"""The partition of `open` that holds parts waiting for a job."""

_ADOPTS = "adopts~"


def adopting_lot(job_id: str) -> str:
    """The lot of parts that are sent again, at a person's wish, after a job was given up: packed by themselves, so that
    they first look whether its synthesis is there after all."""
    return f"{_ADOPTS}{job_id}"


def adopted_in(lot: str) -> str:
    """The job that an adopting lot names; "" for any other lot."""
    return lot.removeprefix(_ADOPTS) if lot.startswith(_ADOPTS) else ""


BODY_OVERHEAD = 16_384
"""Bytes of a body kept free for everything but its inputs: the destination, options, names."""

_LONG = 1 / 8
"""Of a body: a part that takes more shares its job with such parts only."""

INPUT_OVERHEAD = 64
"""Bytes around an input's text in a body, at most."""


def body_bytes(text: str) -> int:
    """What an input takes of a request body, at most."""
    return len(json.dumps(text, ensure_ascii=False).encode()) + INPUT_OVERHEAD


def group_of(kind: str, options: Mapping[str, Any]) -> str:
    """Documents of one group ask the same of a job."""
    text = json.dumps([kind, job_options(kind, options)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A part's entry in `open`: all that packing needs, so that it reads no part row."""

    key: str
    document: str
    sequence: int
    part: int
    round: int
    group: str
    lot: str
    inputs: int
    body_bytes: int
    partition: str = READY

    @classmethod
    def of_part(cls, part: Part, group: str, due: datetime, nonce: str) -> Ready:
        """A new entry for a part that is about to be READY."""
        return cls(
            key=naming.entry_key(due, part.document, part.sequence, part.part, nonce),
            document=part.document,
            sequence=part.sequence,
            part=part.part,
            round=part.round,
            group=group,
            lot=part.lot,
            inputs=len(part.numbers),
            body_bytes=part.body_bytes,
        )

    def row(self) -> Row:
        values = {name: value for name, value in asdict(self).items() if name not in ("key", "partition")}
        return Row(partition=self.partition, key=self.key, values=values)

    @classmethod
    def of(cls, row: Row) -> Ready:
        names = set(cls.__dataclass_fields__) - {"key", "partition"}
        return cls(key=row.key, **{name: row.values[name] for name in names})  # type: ignore[arg-type]  # as `row` wrote them

    @property
    def identity(self) -> tuple[str, int, int]:
        return self.document, self.sequence, self.part


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """Of one create: the API version's, less what is not inputs."""

    inputs: int
    body_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When parts leave: see docs/protocol.md, Submit."""

    recent: timedelta
    quiet: timedelta
    oldest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    jobs: tuple[tuple[Ready, ...], ...]
    """To send now, oldest first."""
    look_at: datetime | None
    """When the first of those that wait for company leaves without; None: nobody waits."""


def plan(
    entries: Iterable[Ready], *, now: datetime, last_sent: datetime | None, limits: JobLimits, patience: Patience
) -> Plan:
    """Who leaves now. What is left out waits for company. Notes do not go with chapters, for which they would wait."""
    due = naming.stamp(now)
    groups: dict[tuple[str, str], dict[tuple[str, int, int], Ready]] = defaultdict(dict)
    for entry in entries:
        if naming.due_in(entry.key) <= due:
            groups[entry.group, entry.lot].setdefault(entry.identity, entry)
    jobs: list[tuple[Ready, ...]] = []
    leaves: list[datetime] = []
    for group in groups.values():
        for job, full in _jobs_of(group.values(), limits):
            until = _patient_until(job, patience) if _is_soon_after(last_sent, job, patience) else now
            if full or until <= now:
                jobs.append(job)
            else:
                leaves.append(until)
    return Plan(jobs=tuple(sorted(jobs, key=lambda job: job[0].key)), look_at=min(leaves, default=None))


def holder_of(job: Sequence[Ready]) -> str:
    """The document that all of a job's parts are of; "": they are of several."""
    documents = {entry.document for entry in job}
    return documents.pop() if len(documents) == 1 else ""


def shared_out(
    jobs: Iterable[tuple[Ready, ...]], *, running: Sequence[str], sending: Sequence[str], window: int
) -> tuple[tuple[Ready, ...], ...]:
    """Those of the planned jobs for which there is room beside the active ones, of which the holders are given: up to
    `window` in all, half of it (one at least) for any one document. So a long book leaves room for what comes after it.

    Jobs that cannot be sent, for reasons of their own, do not keep the next one from trying.
    """
    held = Counter([*running, *sending])
    room = max(window - len(running) - len(sending), min(1, window - len(running)))
    leaving: list[tuple[Ready, ...]] = []
    for job in jobs:
        holder = holder_of(job)
        if len(leaving) >= room:
            break
        if not holder or held[holder] < max(1, window // 2):
            held[holder] += 1
            leaving.append(job)
    return tuple(leaving)


def _jobs_of(entries: Iterable[Ready], limits: JobLimits) -> Iterator[tuple[tuple[Ready, ...], bool]]:
    short: list[Ready] = []
    long: list[Ready] = []
    for entry in entries:
        (long if entry.body_bytes > limits.body_bytes * _LONG else short).append(entry)
    yield from _fill(long, limits)
    yield from _fill(short, limits)


def _fill(entries: Sequence[Ready], limits: JobLimits) -> Iterator[tuple[tuple[Ready, ...], bool]]:
    held: list[Ready] = []
    inputs = size = 0
    for entry in entries:
        inputs, size = inputs + entry.inputs, size + entry.body_bytes
        if held and (inputs > limits.inputs or size > limits.body_bytes):
            yield tuple(held), True
            held, inputs, size = [], entry.inputs, entry.body_bytes
        held.append(entry)
    if held:
        yield tuple(held), False


def _is_soon_after(last_sent: datetime | None, job: Sequence[Ready], patience: Patience) -> bool:
    """Whether the oldest came before or soon after the last job left: then more may be coming."""
    return last_sent is not None and naming.due_at(job[0].key) < last_sent + patience.recent


def _patient_until(job: Sequence[Ready], patience: Patience) -> datetime:
    oldest, newest = naming.due_at(job[0].key), naming.due_at(job[-1].key)
    return min(oldest + patience.oldest, newest + patience.quiet)
