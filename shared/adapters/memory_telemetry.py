"""The twin of telemetry: keeps what is told, and refuses what the table of instruments does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.telemetry import INSTRUMENTS, Instrument

Recorded = tuple[str, float, Mapping[str, str]]


class MemoryTelemetry:
    """Implements telemetry.Telemetry."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []

    def record(self, instrument: Instrument, value: float = 1, **dimensions: str) -> None:
        """Raises ValueError: no such instrument, dimension, or value of it; or a value below zero."""
        known: Mapping[str, Any] = instrument.dimensions if instrument in INSTRUMENTS else {"instrument": ()}
        wrong = {name: text for name, text in dimensions.items() if text not in known.get(name, ())}
        if wrong or dimensions.keys() != known.keys() or value < 0:
            raise ValueError(f"{instrument.name} is told {value} with {dimensions}; it has {dict(known)}.")
        self.recorded.append((instrument.name, value, dimensions))

    def of(self, instrument: Instrument, **dimensions: str) -> list[float]:
        """What was told of an instrument, where all given dimensions fit."""
        return [
            value
            for name, value, given in self.recorded
            if name == instrument.name and dimensions.items() <= given.items()
        ]
