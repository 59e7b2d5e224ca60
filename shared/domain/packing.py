"""Which waiting parts leave now, and in which jobs. Parts share a job when group and lot are equal."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
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

BODY_OVERHEAD = 16_384
"""Bytes of a body kept free for everything but its inputs: the destination, options, names."""

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
        return cls(key=row.key, **{name: row.values[name] for name in names})  # type: ignore[arg-type]

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


def plan(
    entries: Iterable[Ready], *, now: datetime, last_sent: datetime | None, limits: JobLimits, patience: Patience
) -> tuple[tuple[Ready, ...], ...]:
    """The jobs to send now, oldest first. What is left out waits for company."""
    due = naming.stamp(now)
    groups: dict[tuple[str, str], dict[tuple[str, int, int], Ready]] = defaultdict(dict)
    for entry in entries:
        if naming.due_in(entry.key) <= due:
            groups[entry.group, entry.lot].setdefault(entry.identity, entry)
    recent = last_sent is not None and now - last_sent < patience.recent
    jobs = [
        job
        for group in groups.values()
        for job, full in _fill(list(group.values()), limits)
        if full or not recent or _waited(job, now, patience)
    ]
    return tuple(sorted(jobs, key=lambda job: job[0].key))


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


def _waited(job: Sequence[Ready], now: datetime, patience: Patience) -> bool:
    oldest, newest = naming.due_in(job[0].key), naming.due_in(job[-1].key)
    return oldest <= naming.stamp(now - patience.oldest) or newest <= naming.stamp(now - patience.quiet)
