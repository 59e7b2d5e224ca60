"""How fast the endpoint as a whole is asked, and how many jobs it is given at once: own limits, and less after a 429.

A bucket of requests that fills with time, a wait that doubles with every failure, and a window of active jobs, as TCP
has one of bytes: it begins small and grows with every create that is accepted, up to our own limit or the first 429.
What the endpoint held then is what it takes, and it is tried for one more now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

BURST_SECONDS = 10.0
"""The bucket holds what the rate gives in this time: with a full one, twice as much at most leaves in such a time."""

FIRST_WINDOW = 4.0
"""Before anything is known: a long book then leaves room for others even where the endpoint takes no more."""

_LEAST_SHARE = 0.05
"""Of the own limit: no number of 429s takes the rate below it."""


class Kind(StrEnum):
    """What a request is for: one that fails says little of the other kinds, but for a 429."""

    CREATE = "create"
    LIST = "list"
    GET = "get"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceLimits:
    """Our own. `rate` in requests a second; a rate that 429s took off comes back within `recovery`."""

    rate: float
    jobs: int
    recovery: timedelta

    @property
    def burst(self) -> float:
        return max(1.0, self.rate * BURST_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """As it lies in `app`; `counted` is the time of `tokens` and `rate`."""

    tokens: float
    rate: float
    counted: datetime
    window: float
    """Active jobs that the endpoint takes at once, as far as is known."""
    has_met_limit: bool = False
    """It said 429 to a create, ever."""
    full_until: datetime | None = None
    """It said 429 to the last create, and to come again then; with fewer active jobs by then it is worth a try."""
    failed: dict[str, int] = field(default_factory=dict)
    """By kind: how many in a row."""
    quiet: dict[str, str] = field(default_factory=dict)
    """By kind: until when none is made, as ISO times."""

    def failures(self, kind: Kind) -> int:
        return self.failed.get(kind, 0)

    def quiet_until(self, kind: Kind) -> datetime | None:
        return datetime.fromisoformat(self.quiet[kind]) if kind in self.quiet else None

    def hushed(self, *kinds: Kind, until: datetime) -> Pace:
        """None of these kinds is made before `until`, nor before what was said already."""
        times = {kind.value: max(self.quiet_until(kind) or until, until).isoformat() for kind in kinds}
        return replace(self, quiet={**self.quiet, **times})

    def without(self, kind: Kind) -> Pace:
        """With nothing against this kind."""
        failed = {name: count for name, count in self.failed.items() if name != kind}
        return replace(self, failed=failed, quiet={name: time for name, time in self.quiet.items() if name != kind})


def at_first(now: datetime, limits: PaceLimits) -> Pace:
    return Pace(tokens=limits.burst, rate=limits.rate, counted=now, window=min(FIRST_WINDOW, limits.jobs))


def brought_up(pace: Pace, now: datetime, limits: PaceLimits) -> Pace:
    """The pace as it is at `now`: the bucket has filled, the rate come back. A clock that is behind changes nothing."""
    passed = max(0.0, (now - pace.counted).total_seconds())
    back = limits.rate * passed / max(limits.recovery.total_seconds(), 1e-3)
    return replace(
        pace,
        tokens=min(limits.burst, pace.tokens + pace.rate * passed),
        rate=min(limits.rate, pace.rate + back),
        counted=max(now, pace.counted),
        window=min(float(limits.jobs), pace.window),
    )


def wait(pace: Pace, kind: Kind, now: datetime) -> timedelta:
    """How long no request of this kind may be made; zero: now."""
    quiet = (pace.quiet_until(kind) or now) - now
    filling = timedelta(seconds=max(0.0, 1 - pace.tokens) / pace.rate)
    return max(quiet, filling, timedelta(0))


def after_request(pace: Pace) -> Pace:
    return replace(pace, tokens=pace.tokens - 1)


def after_answer(pace: Pace, kind: Kind) -> Pace:
    """It answered as it should; a create that it took lets the window grow: by one, or when the limit has been met, by
    one a windowful."""
    pace = pace.without(kind)
    if kind is not Kind.CREATE:
        return pace
    return replace(pace, full_until=None, window=pace.window + (1 / pace.window if pace.has_met_limit else 1))


def with_room(pace: Pace) -> Pace:
    """After a 429 to a create some job has ended: how long the back-off has become does not matter."""
    if pace.full_until is None:
        return pace
    return replace(pace.without(Kind.CREATE).hushed(Kind.CREATE, until=pace.full_until), full_until=None)


def after_failure(pace: Pace, kind: Kind, until: datetime) -> Pace:
    """It gave or took nothing: no request of the kind before `until`."""
    return replace(pace.hushed(kind, until=until), failed={**pace.failed, kind.value: pace.failures(kind) + 1})


def throttled(pace: Pace, kind: Kind, told: datetime, *, active: int, limits: PaceLimits) -> Pace:
    """After a 429: slower from now on, and nothing of any kind before the time `told`. To a create it may also mean
    that the `active` jobs are as many as the endpoint takes."""
    pace = replace(pace.hushed(*Kind, until=told), rate=max(limits.rate * _LEAST_SHARE, pace.rate / 2))
    if kind is not Kind.CREATE:
        return pace
    window = max(1.0, min(pace.window, float(active)))
    return replace(pace, window=window, has_met_limit=True, full_until=told)
