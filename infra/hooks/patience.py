"""Waiting, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable


class Patience:
    """So many seconds for all waiting together. `pause` sleeps, `clock` counts seconds."""

    def __init__(
        self,
        seconds: float,
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._end, self._pause, self._clock, self._tries = clock() + seconds, pause, clock, 0

    def wait(self, at_least: float = 0) -> bool:
        """Waits longer each time, from 2 to 30 seconds; False, at once, where that would pass the end."""
        seconds = max(at_least, min(2.0 * 1.5**self._tries, 30.0))
        self._tries += 1
        if self._clock() + seconds > self._end:
            return False
        self._pause(seconds)
        return True
