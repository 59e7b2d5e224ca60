"""The contract's scalars in both directions: times, durations, numbers and members found whatever their case.

Readers accept what either version, and the published examples, write: times without `Z`, numbers as strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import isodate

Members = Mapping[str, Any]
"""Members of a JSON object by lower-cased name."""


def members(value: Any) -> dict[str, Any]:
    """An object's members by lower-cased name; empty for whatever is not an object."""
    return {str(name).lower(): item for name, item in value.items()} if isinstance(value, Mapping) else {}


def text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def integer(value: Any) -> int:
    """A count that may come as a string; 0 for whatever is none."""
    return int(number(value) or 0)


def number(value: Any) -> float | None:
    """A number that may come as a string; None for whatever is none, and for what no float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def strings(value: Any) -> dict[str, str]:
    """The string members of an object."""
    found = value if isinstance(value, Mapping) else {}
    return {str(name): item for name, item in found.items() if isinstance(item, str)}


def read_time(value: Any) -> datetime:
    """UTC; also where `Z` is missing. Raises ValueError."""
    time = datetime.fromisoformat(str(value))
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def write_time(time: datetime, digits: int) -> str:
    fraction = f"{time.microsecond:06d}0"[:digits]
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def read_duration(value: Any) -> timedelta:
    """An ISO 8601 duration without years and months, whose length is unknown. Raises ValueError."""
    try:
        duration = isodate.parse_duration(str(value))
    except (isodate.ISO8601Error, ArithmeticError) as error:
        raise ValueError("not an ISO 8601 duration") from error
    if not isinstance(duration, timedelta):
        raise ValueError("a duration in years or months")
    return duration


def write_duration(duration: timedelta) -> str:
    return str(isodate.duration_isoformat(duration)) if duration else "PT0S"
