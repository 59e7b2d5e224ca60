"""How long to wait before the next try."""

from __future__ import annotations

from datetime import timedelta

LONGEST_RETRY_AFTER = 3600.0
"""An endpoint that asks for more is asked again all the same: what waits for it is somebody's deadline."""


def delay(tries: int, *, first: float, most: float, jitter: float, retry_after: float | None = None) -> timedelta:
    """After `tries` failed tries (1, 2, …): `first` doubled each time up to `most` seconds, but at least `retry_after`.

    `jitter`, from 0 to 1, takes off up to half, so that many waiters do not come back together.
    """
    seconds = min(most, first * 2.0 ** min(tries - 1, 30)) * (1 - jitter / 2)
    return timedelta(seconds=max(seconds, min(retry_after or 0.0, LONGEST_RETRY_AFTER)))
