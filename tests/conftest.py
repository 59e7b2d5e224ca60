"""What all tests share: a watch over what is logged, one Azurite for the run, and FFmpeg's `ffprobe`, which npm has."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from speechdrop.devhost import azurite as emulator
from tests.leaks import pytest_sessionfinish, pytest_sessionstart, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_sessionstart", "pytest_terminal_summary"]

settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
"""No test fails because a machine is busy."""


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A connection string of Azurite. Use names of your own for containers, queues and tables: all tests share it."""
    try:
        emulator.node()
        emulator.script()
    except emulator.AzuriteMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with emulator.running(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


FFPROBES = Path(__file__).parents[1] / "node_modules" / "@ffprobe-installer"

Probe = Callable[..., Any]


@pytest.fixture(scope="session")
def _ffprobe() -> Path:
    found = [path for path in FFPROBES.glob("*/ffprobe") if path.is_file()]
    if not found:
        missing = "ffprobe is not in node_modules; `make setup` installs it"
        if os.environ.get("CI"):
            raise FileNotFoundError(missing)
        pytest.skip(missing)
    found[0].chmod(0o755)  # npm leaves it as it is packed
    return found[0]


@pytest.fixture
def probe(_ffprobe: Path, tmp_path: Path) -> Probe:
    """What ffprobe says of a file, as JSON; it fails where ffprobe warns of anything but covers and chapters."""

    def run(file: bytes, *wanted: str) -> Any:
        path = tmp_path / "file"
        path.write_bytes(file)
        command = [str(_ffprobe), "-v", "warning", "-of", "json", "-show_format", *wanted, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert not [line for line in done.stderr.splitlines() if not _is_about_other_tracks(line)]
        return json.loads(done.stdout)

    return run


def _is_about_other_tracks(line: str) -> bool:
    """It cannot tell what a picture's or a chapter title's time is, and finds fault with any JPEG."""
    return any(words in line for words in ("timescale not set", "Unsupported codec", "EOI missing"))
