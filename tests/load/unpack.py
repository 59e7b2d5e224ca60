"""A `results.zip` of two GiB, unpacked into the results container: memory, and speed next to copying the same bytes.

`make test-load` runs this file; plain pytest does not collect it. UNPACK_MIB makes it shorter.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from shared.adapters.blobs import AzureBlobs
from shared.adapters.connect import storage
from shared.settings import Connection
from speechdrop.devhost import azurite as emulator
from tests.load.unpacking import ARCHIVE

MIB = 1024 * 1024
SIZE_MIB = int(os.environ.get("UNPACK_MIB", "2048"))
"""Of the archive."""
FILE_MIB = 64
MOST_MEMORY = 150 * MIB
"""Above idle."""
LEAST_SPEED = {zipfile.ZIP_STORED: 0.8, zipfile.ZIP_DEFLATED: 0.6}
NAMES = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("method", NAMES, ids=NAMES.values())
def test_unpacks_in_bounded_memory_at_nearly_the_speed_of_copying(method: int, tmp_path: Path) -> None:
    with emulator.running(tmp_path / "azurite") as connection:
        account = storage(Connection(connection_string=connection))
        packed, unpacked = _fill(account.blobs("endpoint"), method)
        told = {how: _run(how, connection) for how in ("unpack", "copy")}
    speed = told["copy"]["seconds"] / told["unpack"]["seconds"]
    memory = told["unpack"]["most"] - told["unpack"]["idle"]
    table = Table(title=f"results.zip of {packed / MIB:.0f} MiB, {unpacked / MIB:.0f} MiB unpacked, {NAMES[method]}")
    for column in ("", "s", "MiB/s", "memory above idle, MiB"):
        table.add_column(column, justify="left" if not column else "right")
    for how, found in told.items():
        above = (found["most"] - found["idle"]) / MIB
        table.add_row(how, f"{found['seconds']:.1f}", f"{unpacked / MIB / found['seconds']:.0f}", f"{above:.0f}")
    Console().print(table)
    Console().print(f"speed {speed:.2f} x copying (at least {LEAST_SPEED[method]})")
    assert memory < MOST_MEMORY
    assert speed >= LEAST_SPEED[method]


def _run(how: str, connection: str) -> dict[str, float]:
    told = subprocess.run(
        [sys.executable, "-m", "tests.load.unpacking", how],
        cwd=ROOT,
        env={**os.environ, "STORAGE": connection},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found: dict[str, float] = json.loads(told.stdout)
    return found


def _fill(container: AzureBlobs, method: int) -> tuple[int, int]:
    """Writes the archive; its size, and the sum of its files'."""
    noise = random.Random(2).randbytes(FILE_MIB * MIB // 2)
    sound = b"".join(bytes(pair) for pair in zip(noise[:MIB], bytes(MIB), strict=True)) * (FILE_MIB // 2)
    sizes = [0, 0]
    container.write(ARCHIVE, _archive(sound, method, sizes), content_type="application/zip")
    return sizes[0], sizes[1]


def _archive(sound: bytes, method: int, sizes: list[int]) -> Iterator[bytes]:
    """Files of quiet noise, of which deflating leaves some half, until the archive is large enough."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", method, compresslevel=1) as archive:  # type: ignore[call-overload]
        number = 0
        while sizes[0] < SIZE_MIB * MIB:
            number += 1
            with archive.open(f"{number:04d}.wav", "w") as entry:
                for start in range(0, len(sound), 4 * MIB):
                    entry.write(sound[start : start + 4 * MIB])
                    yield sink.take(sizes)
            sizes[1] += len(sound)
        archive.writestr("summary.json", "{}")
    yield sink.take(sizes)


class _Sink:
    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self, sizes: list[int]) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        sizes[0] += len(taken)
        return taken
