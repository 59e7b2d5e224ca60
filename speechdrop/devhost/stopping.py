"""Whether this process was asked to end, by a signal.

A pipe, not a threading.Event: an event's lock is held for a moment in each wait, and a signal handler that met that
moment would wait for the lock of its own thread for ever.
"""

from __future__ import annotations

import os
import select
import signal


class Stopping:
    """Set by any of the signals given, for good."""

    def __init__(self, *signals: signal.Signals) -> None:
        self._asked, asks = os.pipe()
        for number in signals:
            signal.signal(number, lambda *_: os.write(asks, b"!"))

    def wait(self, seconds: float | None = None) -> bool:
        """Until asked, at most so long; whether it was."""
        return bool(select.select([self._asked], [], [], seconds)[0])
