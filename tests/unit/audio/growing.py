"""By how many bytes a process grows while it encodes: `python -m tests.unit.audio.growing FORMAT SECONDS`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat

from shared.audio import encode
from tests.peak import most_memory
from tests.unit.audio.decoding import SOURCE_RATE, source

CHUNK_SECONDS = 1


def growth(name: str, seconds: int) -> int:
    """In a process of its own."""
    command = [sys.executable, "-m", __name__, name, str(seconds)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)


def _encode(name: str, seconds: int) -> Iterator[bytes]:
    chunk = source(CHUNK_SECONDS).tobytes()
    count = seconds // CHUNK_SECONDS
    samples = count * CHUNK_SECONDS * SOURCE_RATE
    return encode(name, repeat(chunk, count), sample_rate=SOURCE_RATE, samples=samples)


def main(name: str, seconds: str) -> None:
    sum(map(len, _encode(name, CHUNK_SECONDS)))  # loads what is to be loaded
    before = most_memory()
    sum(map(len, _encode(name, int(seconds))))
    print(most_memory() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
