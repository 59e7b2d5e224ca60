"""Waiting: longer each time, never over the most, never less than the endpoint asked for, within an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.backoff import LONGEST_RETRY_AFTER, delay


@pytest.mark.parametrize(
    ("tries", "jitter", "retry_after", "seconds"),
    [
        (1, 0, None, 5),
        (2, 0, None, 10),
        (4, 0, None, 40),
        (7, 0, None, 300),  # 320 by doubling
        (1000, 0, None, 300),
        (1, 1, None, 2.5),
        (7, 1, None, 150),
        (1, 0, 3, 5),
        (1, 0, 60, 60),
        (1, 1, 4, 4),
        (7, 0, 900, 900),  # the endpoint knows better
        (1, 0, 3600, 3600),
        (1, 0, 3e7, 3600),  # but not for a year
        (1, 0, 0, 5),
    ],
)
def test_how_long(tries: int, jitter: float, retry_after: float | None, seconds: float) -> None:
    assert delay(tries, first=5, most=300, jitter=jitter, retry_after=retry_after) == timedelta(seconds=seconds)


@given(tries=st.integers(1, 10**6), jitter=st.floats(0, 1), asked=st.none() | st.floats(0, 1e6))
def test_it_stays_within_its_bounds(tries: int, jitter: float, asked: float | None) -> None:
    found = delay(tries, first=5, most=300, jitter=jitter, retry_after=asked).total_seconds()
    told = min(asked or 0, LONGEST_RETRY_AFTER)
    assert max(2.5, told) - 1e-6 <= found <= max(300, told) + 1e-6
