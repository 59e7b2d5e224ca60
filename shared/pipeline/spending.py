"""What was spent, in characters: the charges among a day's rows, and the sums of days gone by, kept in one row a month.

A charge is written before its version is marked as admitted, so that a kill leaves one too many rather than one too
few; its name is that of the version, so that the repetition finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from shared.domain.budgets import Budget, Spent, Wish
from shared.domain.charges import CHARGES, charge_row, charges_in, is_settled, spent_in
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.pipeline.store import commit_all
from shared.ports import Insert, Row

_MONTHS = "spent"
"""Partition of `app`: a row for each month."""
_OPENED = "opened"
"""The day from which on charges tell all that is spent."""


def budget(p: Pipeline) -> Budget:
    given = p.settings
    return Budget(
        daily=given.daily_characters,
        monthly=given.monthly_characters,
        dry_run=given.dry_run,
        price=given.price_per_million,
    )


def day_of(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%d}"


def spent(p: Pipeline) -> Spent:
    """As it stands: today's rows, and with a monthly budget the sums of the days before."""
    now = p.clock().astimezone(UTC)
    month = _month(p, now)
    today, since = day_of(now), str(month.values[_OPENED])
    rows = list(p.days.query(today, start="" if since == today else CHARGES))
    before = _days_before(p, now, month) if p.settings.monthly_characters else 0
    day = spent_in(rows)
    return Spent(day=day, month=before + day, charged=charges_in(rows))


def _month(p: Pipeline, now: datetime) -> Row:
    key = f"{now:%Y%m}"
    while True:
        row = p.app.get(_MONTHS, key)
        if row:
            return row
        with suppress(Conflict):
            return p.app.insert(Row(partition=_MONTHS, key=key, values={_OPENED: day_of(now)}))


def _days_before(p: Pipeline, now: datetime, month: Row) -> int:
    """Of this month; days that cannot change any more are added up once, and kept in the month's row."""
    total, sums = 0, dict(month.values)
    for number in range(1, now.day):
        day = now.replace(day=number)
        known = sums.get(_name(day))
        if known is None:
            rows = list(p.days.query(day_of(day)))
            known = spent_in(rows)
            if _is_closed(p, day, now, rows):
                sums[_name(day)] = known
        total += int(known)
    if sums != month.values:
        with suppress(Conflict):  # another has added up the same
            p.app.replace(Row(partition=_MONTHS, key=month.key, values=sums, etag=month.etag))
    return total


def _name(day: datetime) -> str:
    return f"d{day:%d}"


def _is_closed(p: Pipeline, day: datetime, now: datetime, rows: Sequence[Row]) -> bool:
    """Nobody writes a charge there any more, and those that are there are settled, or never will be."""
    over = now - day.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    is_late = over > p.longest_life + timedelta(seconds=p.settings.deadline_seconds)
    return over > p.longest_life and (is_late or is_settled(rows))


def charge(p: Pipeline, day: str, wishes: Iterable[Wish], known: Spent) -> None:
    """Charges the day with what is not charged yet."""
    new = [charge_row(day, wish.charge, wish.characters) for wish in wishes if wish.charge not in known.charged]
    commit_all(p.days, [[Insert(row)] for row in new])


def take_back(p: Pipeline, day: str, charge: str) -> None:
    """The charge of a version that ended before it was admitted on it."""
    p.days.delete(Row(partition=day, key=charge, values={}))
