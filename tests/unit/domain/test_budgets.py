"""Who is admitted on a budget, and what the charges of days add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import naming
from shared.domain.budgets import Budget, Held, Spent, Wish, decide, is_decided, is_too_large, wish_of
from shared.domain.charges import (
    Admission,
    admitted,
    charge_of,
    charge_row,
    charges_in,
    is_admitted,
    is_settled,
    settling_row,
    spent_in,
)
from shared.domain.documents import Part, PartStatus, Report, Version, VersionStatus
from shared.ports import Row

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENT = naming.document_of("p")


def wishes(*characters: int) -> list[Wish]:
    return [Wish(charge=f"w{number}", characters=count) for number, count in enumerate(characters)]


def version(**values: Any) -> Version:
    values = {"status": VersionStatus.PENDING, **values}
    return Version(document=DOCUMENT, sequence=1, path="p", source_etag="e", source_bytes=1, created=NOW, **values)


def part(**values: Any) -> Part:
    return Part(document=DOCUMENT, sequence=1, part=1, first=1, count=1, characters=0, body_bytes=0, **values)


@pytest.mark.parametrize(
    ("budget", "spent", "sizes", "expected"),
    [
        (Budget(), Spent(day=10**9), [5], ["w0"]),
        (Budget(daily=10), Spent(), [5, 5, 1], ["w0", "w1"]),
        (Budget(daily=10), Spent(), [5, 6, 5], ["w0", "w2"]),
        (Budget(daily=10), Spent(day=4), [6], ["w0"]),
        (Budget(daily=10), Spent(day=5), [6], []),
        (Budget(daily=10), Spent(day=50), [1], []),
        (Budget(monthly=10), Spent(day=1, month=8), [2, 1], ["w0"]),
        (Budget(daily=10, monthly=100), Spent(day=0, month=95), [6, 5], ["w1"]),
        (Budget(daily=10), Spent(day=10, charged=frozenset({"w0"})), [10], ["w0"]),
        (Budget(dry_run=True), Spent(), [1], []),
    ],
)
def test_who_is_admitted(budget: Budget, spent: Spent, sizes: list[int], expected: list[str]) -> None:
    decision = decide(wishes(*sizes), spent, budget)
    assert sorted(decision.admitted) == expected
    assert set(decision.held) == {wish.charge for wish in wishes(*sizes)} - set(expected)


@given(
    st.lists(st.integers(0, 50), max_size=30),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_no_limit_is_exceeded_and_nobody_who_fits_is_held(
    sizes: list[int], daily: int, monthly: int, day: int, before: int
) -> None:
    budget, spent = Budget(daily=daily, monthly=monthly), Spent(day=day, month=before + day)
    decision = decide(wishes(*sizes), spent, budget)
    taken = sum(wish.characters for wish in wishes(*sizes) if wish.charge in decision.admitted)
    if taken:
        assert not daily or day + taken <= daily
        assert not monthly or before + day + taken <= monthly
    for wish in wishes(*sizes):
        fits = (not daily or day + taken + wish.characters <= daily) and (
            not monthly or before + day + taken + wish.characters <= monthly
        )
        assert wish.charge in decision.admitted or not fits


def reason(size: int, budget: Budget, spent: Spent) -> Report:
    return decide(wishes(size), spent, budget).held["w0"]


def test_each_reason_names_its_setting_and_what_to_do() -> None:
    both = Budget(daily=10, monthly=100, price=15)
    assert reason(11, both, Spent()).where == "DAILY_CHARACTERS"
    assert reason(11, both, Spent()).why == "It takes 11 characters, and a whole day has 10"
    assert reason(101, both, Spent()).where == "MONTHLY_CHARACTERS"
    assert reason(5, both, Spent(day=6, month=6)).why == "It takes 5 characters, more than is left of the day's 10"
    assert "when the day turns" in reason(5, both, Spent(day=6, month=6)).remedy
    assert reason(5, both, Spent(day=6, month=96)).where == "MONTHLY_CHARACTERS"
    dry = reason(2_000_000, replace(both, dry_run=True), Spent())
    assert dry.why == "This is a dry run: to speak it takes 2,000,000 characters, 30.00 at 15.00 a million"


def test_only_a_turn_that_can_help_is_waited_for() -> None:
    assert is_too_large(11, Budget(daily=10))
    assert is_too_large(11, Budget(daily=20, monthly=10))
    assert not is_too_large(10, Budget(daily=10))
    assert not is_too_large(10**9, Budget(dry_run=True))


@pytest.mark.parametrize(
    ("values", "parts", "expected"),
    [
        ({}, [part()], False),
        ({}, [part(status=PartStatus.PACKED, job="j"), part()], True),
        ({}, [part(status=PartStatus.PACKED), part()], False),
        ({}, [part(status=PartStatus.DONE, job="j"), part()], True),
        ({"tries": 2}, [part(status=PartStatus.DONE, job="j"), part()], False),
        ({"tries": 2}, [part(status=PartStatus.PACKED, job="j"), part()], True),
    ],
    ids=["new", "in a job", "taken over", "done", "retried", "retried, in a job"],
)
def test_what_went_out_while_there_was_no_budget_is_not_held(
    values: dict[str, Any], parts: list[Part], expected: bool
) -> None:
    assert is_decided(version(**values), parts) is expected
    assert is_decided(admitted(version(**values), "20260101", 5), parts)


def test_an_admission_is_of_one_try() -> None:
    found = admitted(version(billed=7, untold=2), "20260101", 5)
    assert Admission.of(found) == Admission(day="20260101", tries=1, characters=5, spent=9)
    assert is_admitted(found)
    assert not is_admitted(replace(found, tries=2))
    assert Version.of(found.row()) == found


def test_a_version_is_charged_with_what_is_left_to_send() -> None:
    parts = [part(billable=5), part(billable=6, status=PartStatus.DONE), part(billable=7)]
    assert wish_of(version(tries=3), parts) == Wish(charge=charge_of(DOCUMENT, 1, 3), characters=12)


@pytest.mark.parametrize(
    ("status", "billed", "untold", "sum_of_day"),
    [
        (VersionStatus.FINISHED, 5, 0, 5),
        (VersionStatus.FINISHED, 4, 3, 7),
        (VersionStatus.FAILED, 0, 0, 0),
        (VersionStatus.CANCELLED, 0, 0, 5),
        (VersionStatus.SUPERSEDED, 2, 0, 5),
    ],
)
def test_a_charge_is_settled_by_its_end(status: VersionStatus, billed: int, untold: int, sum_of_day: int) -> None:
    """5 characters were charged in the second try; the first one took 9."""
    found = admitted(version(tries=2, billed=9), "20260101", 5)
    admission = Admission.of(found)
    assert admission
    ended = replace(found, status=status, billed=9 + billed, untold=untold)
    rows = [charge_row("20260101", charge_of(DOCUMENT, 1, 2), 5)]
    assert not is_settled(rows)
    rows.append(settling_row(ended, admission))
    assert is_settled(rows)
    assert spent_in(rows) == sum_of_day
    assert charges_in(rows) == {charge_of(DOCUMENT, 1, 2)}


def test_what_ended_without_a_charge_counts_and_what_has_one_does_not() -> None:
    def ended(charged: bool) -> Row:
        return Row(partition="20260101", key=f"x~{charged}", values={"billed": 8, "charged": charged})

    older = Row(partition="20260101", key="x~older", values={"characters": 99})
    assert spent_in([ended(True), ended(False), older, charge_row("20260101", "spend~a~1", 5)]) == 13


def test_an_entry_of_a_held_version_is_read_as_it_was_written() -> None:
    report = Report(where="w", why="y", remedy="r")
    held = Held.of_version(version(), report, 5, since=naming.stamp(NOW), nonce="n", last=False)
    assert Held.of(held.row()) == held
    assert naming.due_at(held.key) == NOW
    last = Held.of_version(version(), report, 5, since=naming.stamp(NOW), nonce="n", last=True)
    assert last.key > f"{naming.stamp(NOW.replace(year=9998))}"
    assert last.wish == held.wish
