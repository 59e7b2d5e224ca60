"""Timer schedules: NCRONTAB expressions and what is due when (pure; callers pass the time, in UTC).

Rules: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions, and the timer
listener of https://github.com/Azure/azure-webjobs-sdk-extensions (src/WebJobs.Extensions/Extensions/Timers).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from croniter import croniter

MONITORED_INTERVAL = timedelta(minutes=1)
"""Timers that fire more often have no stored status, and so no past-due run."""
_LOOK_AHEAD = 5

_FIELD = re.compile(r"(?:[0-9*/,-]|\b[A-Za-z]{3}\b)+")
_SEVEN = re.compile(r"(?<![/\d])0*7(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    expression: str
    six_fields: str

    @classmethod
    def parse(cls, expression: str) -> Self:
        """Takes six fields, seconds first, or five, which fire at second 0. Raises ValueError."""
        parts = expression.split()
        six = " ".join(["0", *parts] if len(parts) == 5 else parts)
        if len(parts) not in (5, 6) or not all(_FIELD.fullmatch(part) for part in parts):
            raise ValueError(f"schedule is '{expression}'; it must be an NCRONTAB expression of six fields.")
        if _SEVEN.search(parts[-1]):
            raise ValueError(f"schedule is '{expression}'; NCRONTAB numbers the days of the week 0 to 6.")
        if not croniter.is_valid(six, second_at_beginning=True):
            raise ValueError(f"schedule is '{expression}', which is not an NCRONTAB expression.")
        return cls(expression=expression, six_fields=six)

    def next_after(self, moment: datetime) -> datetime:
        """The first time later than `moment` that fits all fields."""
        # NCRONTAB wants day of month AND day of week to fit, where cron takes either: day_or=False.
        times = croniter(self.six_fields, moment, second_at_beginning=True, day_or=False)
        found: datetime = times.get_next(datetime)
        return found

    def is_monitored(self, now: datetime) -> bool:
        """Whether its next firings lie at least a minute apart."""
        times = [self.next_after(now)]
        while len(times) < _LOOK_AHEAD:
            times.append(self.next_after(times[-1]))
        return all(later - earlier >= MONITORED_INTERVAL for earlier, later in itertools.pairwise(times))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is stored of a monitored timer."""

    expression: str
    last: datetime | None
    next: datetime
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """A run at once, when the host starts."""

    past_due: bool


def at_start(schedule: Schedule, status: Status | None, now: datetime, *, run_on_startup: bool) -> FirstRun | None:
    """Whether a timer runs as soon as the host starts. `status` is None for one never seen or not monitored.

    A changed schedule starts afresh, without a past-due run; a missed firing is made up for once, however many it was.
    """
    if status and status.expression == schedule.expression and now > status.next:
        return FirstRun(past_due=True)
    return FirstRun(past_due=False) if run_on_startup else None
