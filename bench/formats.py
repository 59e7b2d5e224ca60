"""All output formats of the API: encoded, decoded again by other code, compared, timed.

`python -m bench.formats` prints a table and exits with 1 where a format is not what its name says. A format whose
library is not installed is not run, and the table says what is missing and where it comes from. A second table tells
by how much a process grows while it encodes an hour of sound, once for each codec; that takes two minutes.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from shared.audio import ENCODABLE, MISSING, encode, speed
from shared.audio.families import FAMILIES
from shared.audio.mp3frames import HEADER_BYTES, frame, read_info
from shared.batchapi.formats import FORMATS
from tests.unit.audio.decoding import CODECS, SOURCE_RATE, correlation, decode, source
from tests.unit.audio.growing import growth

SECONDS = 20.0
LARGEST_ERROR_MS = 50.0
LARGEST_RAW_ERROR_MS = 100.0
"""Of MP3, to a decoder that cuts nothing off: 72 to 108 ms at 16 kHz, by where in a frame a sound ends."""
LEAST_CORRELATION = 0.9
HOUR = 3600
MOST_GROWTH = 60_000_000
"""Bytes. An hour of PCM at 24 kHz has 173 million."""
SOURCES = {
    "the library libvo-amrwbenc": "Debian, Ubuntu: apt install libvo-amrwbenc0",
    "the package silk-python": "pip install silk-python",
}
"""Where the extras come from; all else is in requirements-service.txt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    codec: str
    rate: int
    channels: int
    error_ms: float
    """How much longer the decoded sound is, once the decoder has cut off what the file declares as delay."""
    raw_ms: float | None
    """The same to a decoder that cuts off nothing; of MP3 alone."""
    lag_ms: float
    correlation: float
    speed: float
    """Seconds of sound encoded per second of the processor."""
    kilobits: float

    def faults(self, name: str) -> list[str]:
        audio = FORMATS[name]
        rules = {
            "codec": self.codec == CODECS[audio.codec],
            "rate": self.rate == audio.rate,
            "channels": self.channels == 1,
            "duration": abs(self.error_ms) <= LARGEST_ERROR_MS,
            "raw duration": abs(self.raw_ms or 0) <= LARGEST_RAW_ERROR_MS,
            "lag": abs(self.lag_ms) <= LARGEST_ERROR_MS,
            "sound": self.correlation >= LEAST_CORRELATION,
        }
        return [rule for rule, kept in rules.items() if not kept]


def check(name: str, seconds: float, *, quick: bool = False) -> Checked:
    pcm = source(seconds)
    begun = time.process_time()
    file = b"".join(encode(name, [pcm.tobytes()], sample_rate=SOURCE_RATE, samples=len(pcm), quick=quick))
    took = time.process_time() - begun
    decoded = decode(name, file)
    alike, lag = correlation(decoded, pcm)
    return Checked(
        codec=decoded.codec,
        rate=decoded.rate,
        channels=decoded.channels,
        error_ms=float(np.round((decoded.seconds - seconds) * 1000, 3)),
        raw_ms=(_frames_of(file) - seconds) * 1000 if FORMATS[name].codec == "mp3" else None,
        lag_ms=lag,
        correlation=alike,
        speed=seconds / took,
        kilobits=len(file) * 8 / 1000 / seconds,
    )


def _frames_of(file: bytes) -> float:
    """Seconds of all frames of an MP3 file that carry sound."""
    seconds, at = 0.0, 0
    while shape := frame(file[at : at + HEADER_BYTES]) if len(file) - at >= HEADER_BYTES else None:
        if at or not read_info(file[: shape.bytes])[0]:
            seconds += shape.samples / shape.rate
        at += shape.bytes
    return seconds


def _formats(console: Console) -> int:
    """Prints the table; how many failed."""
    columns = ("format", "codec", "Hz", "ch", "kbit/s", "error ms", "raw ms", "lag ms", "corr.", "x real time")
    table = Table(*columns, "relied on", "", title=f"{len(FORMATS)} output formats, {SECONDS:.0f} s of sound each")
    failed = 0
    for name in FORMATS:
        if name in MISSING:
            needs = MISSING[name]
            remedy = SOURCES.get(needs, "pip install -r requirements-service.txt")
            table.add_row(name, *["-"] * 10, f"not run: {needs} is not installed ({remedy})")
            continue
        check(name, 0.5)  # loads what is to be loaded
        ways = (False, True) if FAMILIES[FORMATS[name].codec].quick else (False,)
        failed += not all([_is_right(table, name, quick=quick) for quick in ways])
    console.print(table)
    return failed


def _is_right(table: Table, name: str, *, quick: bool) -> bool:
    """Adds its row."""
    found = check(name, SECONDS, quick=quick)
    faults = found.faults(name)
    raw = "" if found.raw_ms is None else f"{found.raw_ms:.1f}"
    table.add_row(
        *("… quickly" if quick else name, found.codec, str(found.rate), str(found.channels)),
        *(f"{found.kilobits:.1f}", f"{found.error_ms:.1f}", raw, f"{found.lag_ms:.1f}"),
        *(f"{found.correlation:.3f}", f"{found.speed:,.0f}", f"{speed(name, quick=quick)}"),
        "FAILED: " + ", ".join(faults) if faults else "ok",
    )
    return not faults


def _hours(console: Console) -> int:
    """Prints the table; how many grew too much."""
    table = Table("codec", "format", "grows by MB", "", title="an hour of sound at 24 kHz")
    failed = 0
    for codec, name in {FORMATS[name].codec: name for name in sorted(ENCODABLE)}.items():
        grown = growth(name, HOUR)
        failed += grown >= MOST_GROWTH
        table.add_row(codec, name, f"{grown / 1e6:.1f}", "ok" if grown < MOST_GROWTH else "FAILED")
    console.print(table)
    return failed


def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else 160)
    failed = _formats(console)
    grown = _hours(console)
    passed = len(FORMATS) - failed - len(MISSING)
    print(f"formats: {passed} passed, {failed} failed, {len(MISSING)} not run; memory: {grown} failed")
    return 1 if failed or grown else 0


if __name__ == "__main__":
    sys.exit(main())
