"""NCRONTAB as the host reads it, and what is due when the host starts."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from speechdrop.devhost.schedule import FirstRun, Schedule, Status, at_start

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("*/15 * * * * *", "2026-03-04T05:06:15"),  # seconds come first
        ("7 6 5 * * *", "2026-03-05T05:06:07"),  # strictly later than now
        ("0 */5 * * * *", "2026-03-04T05:10:00"),
        ("*/5 * * * *", "2026-03-04T05:10:00"),  # five fields: second 0
        ("0 0 9-17 * * 1-5", "2026-03-04T09:00:00"),
        ("0 0 0 * * Sun", "2026-03-08T00:00:00"),
        ("0 0 0 * * 0", "2026-03-08T00:00:00"),
        ("0 0 0 1 Jan *", "2027-01-01T00:00:00"),
        ("0 0 0 13 * Fri", "2026-03-13T00:00:00"),  # day of month AND day of week, not either
        ("30 0 0 29 2 *", "2028-02-29T00:00:30"),
    ],
)
def test_next_firing(expression: str, following: str) -> None:
    assert Schedule.parse(expression).next_after(NOW) == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "* * * *", "* * * * * * *", "60 * * * * *", "0 0 25 * * *", "@daily", "0 0 0 L * *", "0 0 0 * * Mon#1"),
        *("0 0 0 * * 7", "0 0 0 * * 5-7", "0 0 0 * * 1,7", "00:00:05", "often * * * * *"),
    ],
)
def test_what_is_no_ncrontab_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"schedule is '{expression}'")):
        Schedule.parse(expression)


def test_a_step_of_seven_is_not_weekday_seven() -> None:
    assert Schedule.parse("0 0 0 * * */7").next_after(NOW).weekday() == 6


@pytest.mark.parametrize(
    ("expression", "monitored"),
    [("0 * * * * *", True), ("0 0 0 1 1 *", True), ("*/59 * * * * *", False), ("0,30 0 * * * *", False)],
)
def test_only_intervals_of_a_minute_or_more_are_monitored(expression: str, monitored: bool) -> None:
    assert Schedule.parse(expression).is_monitored(NOW) is monitored


HOURLY = Schedule.parse("0 0 * * * *")


def status(*, late: timedelta, expression: str = HOURLY.expression) -> Status:
    return Status(expression=expression, last=None, next=NOW - late, updated=NOW)


@pytest.mark.parametrize(
    ("known", "run_on_startup", "first"),
    [
        (None, False, None),
        (None, True, FirstRun(past_due=False)),
        (status(late=timedelta(minutes=-5)), False, None),
        (status(late=timedelta(minutes=-5)), True, FirstRun(past_due=False)),
        (status(late=timedelta(seconds=1)), False, FirstRun(past_due=True)),
        (status(late=timedelta(days=30)), True, FirstRun(past_due=True)),  # one run, not two, not 720
        (status(late=timedelta(days=30), expression="0 0 1 * * *"), False, None),  # the schedule was changed
    ],
)
def test_first_run(known: Status | None, run_on_startup: bool, first: FirstRun | None) -> None:
    assert at_start(HOURLY, known, NOW, run_on_startup=run_on_startup) == first
