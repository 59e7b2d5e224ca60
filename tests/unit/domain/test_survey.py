"""The survey of what waits: counts, ages, and what is stuck, from entries alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain import naming
from shared.domain.survey import PARTITIONS, Survey, Waiting, survey_of
from shared.ports import Row

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> str:
    return naming.stamp(NOW - timedelta(seconds=seconds))


def entry(partition: str, due: float, **values: Any) -> Row:
    """`due`: so many seconds ago."""
    return Row(partition=partition, key=f"{ago(due)}~x", values=values)


def survey(*rows: Row) -> Survey:
    entries = {name: [row for row in rows if row.partition == name] for name in PARTITIONS}
    return survey_of(entries, NOW, stuck_after=timedelta(seconds=300))


def test_nothing_waits() -> None:
    found = survey()
    assert set(found.waiting.values()) == {Waiting()}
    assert (found.stuck, found.held_characters) == (0, 0)


def test_what_is_ready_waits_since_it_was_due() -> None:
    assert survey(entry("ready", 5), entry("ready", 70)).waiting["ready"] == Waiting(count=2, oldest_seconds=70)


def test_a_job_that_backs_off_is_as_old_as_it_is() -> None:
    """Its entry is due only later, and is a new one each time."""
    tried = entry("sending", -200, job="j-1", begun=ago(900), since="")
    young = entry("sending", 10, job="j-2", begun=ago(10), since="")
    found = survey(tried, young)
    assert found.waiting["sending"] == Waiting(count=2, oldest_seconds=900)
    assert (found.stuck, found.stuck_jobs) == (1, ("j-1",))


def test_a_job_that_has_been_running_for_long_is_not_stuck() -> None:
    found = survey(entry("running", 0, job="j", begun=ago(86_400)))
    assert (found.waiting["running"].oldest_seconds, found.stuck) == (86_400, 0)


def test_entries_of_an_older_release_tell_their_age_by_their_names() -> None:
    assert survey(entry("sending", 400, job="j")).stuck_jobs == ("j",)


def test_the_stuck_are_named_oldest_first_but_not_all() -> None:
    found = survey(*(entry("sending", 0, job=f"j-{n}", begun=ago(1000 + n)) for n in range(20)))
    assert found.stuck == 20
    assert found.stuck_jobs[:2] == ("j-19", "j-18")
    assert len(found.stuck_jobs) == 10


def test_what_budgets_hold_is_counted_in_characters_and_waits_since_it_came() -> None:
    too_large = Row(partition="held", key="99991231T235959.999999~x", values={"since": ago(60), "characters": 900})
    found = survey(entry("held", 30, since=ago(30), characters=50), too_large)
    assert found.waiting["held"] == Waiting(count=2, oldest_seconds=60)
    assert found.held_characters == 950


def test_a_notice_waits_since_its_version_ended() -> None:
    row = entry("notice", -50, since=(NOW - timedelta(seconds=40)).isoformat())
    assert survey(row).waiting["notice"].oldest_seconds == 40


def test_it_is_one_flat_line() -> None:
    text = survey(entry("ready", 5), entry("finishing", 7, document="d", sequence=1)).to_json()
    assert "\n" not in text
    values = json.loads(text)
    assert (values["ready"], values["ready_oldest_seconds"]) == (1, 5)
    assert (values["finishing"], values["finishing_oldest_seconds"]) == (1, 7)
    assert values["at"] == NOW.isoformat()
    assert not [value for value in values.values() if isinstance(value, dict)]
