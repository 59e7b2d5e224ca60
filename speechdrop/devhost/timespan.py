"""The host's notation of durations: `[d.]hh:mm:ss[.fraction]`."""

from __future__ import annotations

import re
from typing import Any

_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d(?:\.\d{1,7})?)")


def seconds(text: Any) -> float:
    """Raises ValueError, which says what it should be."""
    match = _SPAN.fullmatch(str(text))
    if not match:
        raise ValueError("a time as hh:mm:ss")
    days, hours, minutes, rest = match.groups()
    return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(rest)
