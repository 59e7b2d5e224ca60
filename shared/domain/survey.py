"""How the work stands, by its entries in `open` alone: how much waits where, for how long, and what is stuck. Pure.

Each poll logs one `Survey` as its heartbeat; alerts rest on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain import naming
from shared.domain.budgets import HELD
from shared.domain.notices import NOTICE
from shared.domain.packing import READY
from shared.ports import Row

Entries = Mapping[str, Iterable[Row]]
"""By partition of `open`; each is gone through once, so that they need not all be in memory."""

MOST_NAMED = 10
"""Stuck jobs that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What lies in one partition."""

    count: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    at: datetime
    waiting: Mapping[str, Waiting]
    """By partition of `open`; `held` is what budgets hold."""
    held_characters: int
    """That are estimated for them."""
    stuck: int
    """Jobs that were planned long ago, and that the endpoint has not taken."""
    stuck_jobs: tuple[str, ...]
    """The oldest of them."""

    def to_json(self) -> str:
        """One line, and flat, so that a query of logs needs no more than names: `ready`, `ready_oldest_seconds` …"""
        counts = {name: waiting.count for name, waiting in self.waiting.items()}
        ages = {f"{name}_oldest_seconds": round(waiting.oldest_seconds, 1) for name, waiting in self.waiting.items()}
        rest = {"held_characters": self.held_characters, "stuck": self.stuck, "stuck_jobs": self.stuck_jobs}
        return json.dumps({"at": self.at.isoformat(), **counts, **ages, **rest})


def survey_of(entries: Entries, now: datetime, *, stuck_after: timedelta) -> Survey:
    """Ages count from when a job or version was begun, not from when it is looked at next."""
    sending = tuple(entries["sending"])
    since = sorted((_since("sending", row), str(row.values["job"])) for row in sending)
    stuck = [job for begun, job in since if begun < naming.stamp(now - stuck_after)]
    found = {name: _waiting(name, rows, now) for name, rows in {**entries, "sending": sending}.items()}
    return Survey(
        at=now,
        waiting={name: waiting for name, (waiting, _) in found.items()},
        held_characters=found[HELD][1],
        stuck=len(stuck),
        stuck_jobs=tuple(stuck[:MOST_NAMED]),
    )


def _waiting(partition: str, rows: Iterable[Row], now: datetime) -> tuple[Waiting, int]:
    """And the characters that the entries name."""
    oldest, count, characters = naming.stamp(now), 0, 0
    for row in rows:
        oldest, count = min(oldest, _since(partition, row)), count + 1
        characters += int(row.values.get("characters", 0))
    return Waiting(count=count, oldest_seconds=(now - naming.due_at(oldest)).total_seconds()), characters


def _since(partition: str, row: Row) -> str:
    """A stamp."""
    return _SINCE.get(partition, _due)(row)


def _due(row: Row) -> str:
    return naming.due_in(row.key)


def _begun(row: Row) -> str:
    return str(row.values.get("begun", "")) or _due(row)


_SINCE: Mapping[str, Callable[[Row], str]] = {
    READY: _due,
    "sending": _begun,
    "running": _begun,
    "finishing": _begun,
    HELD: lambda row: str(row.values["since"]),
    NOTICE: lambda row: naming.stamp(datetime.fromisoformat(str(row.values["since"]))),
}
"""What tells, in the entries of a partition, since when they wait; where none is named, the time they are due."""

PARTITIONS = tuple(_SINCE)
