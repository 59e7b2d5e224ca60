"""What this process holds of its callers' request budgets: in memory only, lost with it at no harm."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Slice:
    """This process's part of one caller's budget, and the stored row as it was last seen."""

    lock: Lock = field(default_factory=Lock)
    window: int = -1
    """Number of the window that the rest is about."""
    left: int = 0
    """Requests taken from the budget and not yet used."""
    taken: int = 0
    """Of the budget, by all processes."""
    etag: str = ""
    size: int = 1
    """To take next."""
    used: int = 0
    """In this window."""
    contended: bool = False
    """Another process changed the row since we did."""


class Slices:
    """By API version and caller. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._slices: dict[tuple[str, str], Slice] = {}

    def of(self, version: str, caller: str) -> Slice:
        with self._lock:
            return self._slices.setdefault((version, caller), Slice())
