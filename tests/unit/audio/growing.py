"""By how many bytes a process grows while it encodes: `python -m tests.unit.audio.growing FORMAT SECONDS`."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from shared.audio import encode
from tests.unit.audio.decoding import SOURCE_RATE, source

CHUNK_SECONDS = 1
STATUS = Path("/proc/self/status")


def growth(name: str, seconds: int) -> int:
    """In a process of its own."""
    command = [sys.executable, "-m", __name__, name, str(seconds)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)


def _encode(name: str, seconds: int) -> Iterator[bytes]:
    chunk = source(CHUNK_SECONDS).tobytes()
    count = seconds // CHUNK_SECONDS
    samples = count * CHUNK_SECONDS * SOURCE_RATE
    return encode(name, repeat(chunk, count), sample_rate=SOURCE_RATE, samples=samples)


def _peak() -> int:
    """Most bytes that this process ever held. Linux's ru_maxrss will not do: it begins with the parent's."""
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts bytes
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def main(name: str, seconds: str) -> None:
    sum(map(len, _encode(name, CHUNK_SECONDS)))  # loads what is to be loaded
    before = _peak()
    sum(map(len, _encode(name, int(seconds))))
    print(_peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
