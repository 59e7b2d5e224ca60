"""The pace: never more requests than our own limit, fewer after a 429, a window that finds what the endpoint takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.pacing import (
    FIRST_WINDOW,
    Kind,
    Pace,
    PaceLimits,
    after_answer,
    after_failure,
    after_request,
    at_first,
    brought_up,
    throttled,
    wait,
    with_room,
)
from shared.domain.rows import from_row, to_values
from shared.ports import Row

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = PaceLimits(rate=5, jobs=100, recovery=timedelta(seconds=300))
FIRST = at_first(NOW, LIMITS)


def after(seconds: float, pace: Pace = FIRST) -> Pace:
    return brought_up(pace, NOW + timedelta(seconds=seconds), LIMITS)


def full(pace: Pace = FIRST, *, active: int = 9, told: float = 0, pause: float = 60) -> Pace:
    """After a 429 to a create."""
    until = NOW + timedelta(seconds=told)
    pace = throttled(pace, Kind.CREATE, until, active=active, limits=LIMITS)
    return after_failure(pace, Kind.CREATE, NOW + timedelta(seconds=pause))


def waited(pace: Pace, kind: Kind, at: float = 0) -> float:
    return wait(after(at, pace), kind, NOW + timedelta(seconds=at)).total_seconds()


@settings(deadline=None)
@given(gaps=st.lists(st.floats(0, 3), min_size=20, max_size=60))
def test_ten_seconds_never_hold_more_than_twice_their_share(gaps: list[float]) -> None:
    pace, now, made = FIRST, NOW, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        pace = brought_up(pace, now, LIMITS)
        while not wait(pace, Kind.LIST, now):
            pace = after_request(pace)
            made.append(now)
    most = round(2 * 10 * LIMITS.rate)
    assert all(last - first >= timedelta(seconds=10) for first, last in zip(made, made[most:], strict=False))


def test_a_bucket_that_is_empty_says_when_it_holds_one_again() -> None:
    empty = replace(FIRST, tokens=0.0)
    assert waited(empty, Kind.LIST) == pytest.approx(0.2)
    assert waited(empty, Kind.LIST, at=0.2) == 0


def test_a_failure_holds_back_its_own_kind_only() -> None:
    failed = after_failure(FIRST, Kind.LIST, NOW + timedelta(seconds=30))
    assert [waited(failed, kind) for kind in (Kind.LIST, Kind.GET, Kind.CREATE)] == [30, 0, 0]
    assert waited(after_answer(failed, Kind.LIST), Kind.LIST) == 0
    assert after_answer(failed, Kind.GET).failures(Kind.LIST) == 1


def test_a_429_holds_back_all_as_long_as_it_says_and_its_own_kind_as_long_as_we_think() -> None:
    pace = full(told=3, pause=60)
    assert (waited(pace, Kind.LIST), waited(pace, Kind.CREATE)) == (3, 60)


def test_the_rate_halves_with_each_429_down_to_a_least_one_and_comes_back_in_time() -> None:
    pace = FIRST
    for _ in range(20):
        pace = throttled(pace, Kind.LIST, NOW, active=0, limits=LIMITS)
    assert pace.rate == LIMITS.rate * 0.05
    assert after(150, pace).rate == pytest.approx(LIMITS.rate * 0.55)
    assert after(300, pace).rate == LIMITS.rate
    assert after(10_000, pace).rate == LIMITS.rate


def test_the_window_begins_small_and_grows_with_each_create_that_is_taken() -> None:
    pace = FIRST
    assert pace.window == FIRST_WINDOW
    for _ in range(200):
        pace = after(0, after_answer(pace, Kind.CREATE))
    assert pace.window == LIMITS.jobs


def test_what_it_held_when_it_said_429_is_the_window_and_one_more_is_tried_now_and_then() -> None:
    pace = full(active=9, pace=replace(FIRST, window=50.0))
    assert pace.window == 9
    for _ in range(9):
        pace = after_answer(pace, Kind.CREATE)
    assert 9.9 < pace.window < 10.0
    pace = after_answer(after_answer(pace, Kind.CREATE), Kind.CREATE)
    assert int(pace.window) == 10


def test_a_429_to_a_read_says_nothing_of_the_window() -> None:
    assert throttled(FIRST, Kind.LIST, NOW, active=0, limits=LIMITS).window == FIRST_WINDOW


def test_the_window_never_closes_and_never_opens_by_a_429() -> None:
    assert full(active=0).window == 1
    assert full(active=90).window == FIRST_WINDOW


def test_room_ends_the_back_off_but_not_what_the_endpoint_asked_for() -> None:
    assert waited(with_room(full(told=3, pause=60)), Kind.CREATE) == 3
    assert waited(with_room(full(told=0, pause=60)), Kind.CREATE) == 0
    silent = after_failure(FIRST, Kind.CREATE, NOW + timedelta(seconds=60))
    assert waited(with_room(silent), Kind.CREATE) == 60  # it was no 429


def test_a_clock_that_is_behind_changes_nothing() -> None:
    later = after(100, replace(FIRST, tokens=0.0))
    assert brought_up(later, NOW, LIMITS) == later


def test_a_smaller_limit_of_ours_holds_at_once() -> None:
    small = PaceLimits(rate=1, jobs=2, recovery=timedelta(seconds=300))
    pace = brought_up(replace(FIRST, window=80.0), NOW, small)
    assert (pace.window, pace.rate, pace.tokens) == (2, 1, 10)


@given(
    pace=st.builds(
        Pace,
        tokens=st.floats(0, 50),
        rate=st.floats(0.1, 5),
        counted=st.just(NOW),
        window=st.floats(1, 100),
        has_met_limit=st.booleans(),
        full_until=st.none() | st.just(NOW),
        failed=st.dictionaries(st.sampled_from(list(Kind)).map(str), st.integers(0, 9)),
        quiet=st.dictionaries(st.sampled_from(list(Kind)).map(str), st.just(NOW.isoformat())),
    )
)
def test_a_row_gives_back_what_was_written(pace: Pace) -> None:
    assert from_row(Pace, Row(partition="endpoint", key="pace", values=to_values(pace))) == pace
