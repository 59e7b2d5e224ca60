"""What is loaded into Azurite makes it quicker, not other: checked on the library that it keeps its entries in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from speechdrop.devhost import azurite as emulator

pytestmark = pytest.mark.azurite
_ADDED = Path(emulator.__file__).with_name("loki.cjs")
_CHECK = Path(__file__).with_name("loki_check.cjs")


@pytest.fixture(scope="module")
def found(azurite: str) -> dict[str, float]:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    done = subprocess.run([emulator.node(), "--require", _ADDED, _CHECK], capture_output=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def test_it_keeps_what_it_is_told(found: dict[str, float]) -> None:
    assert found["wrong"] == 0


def test_a_deletion_sorts_no_index_anew(found: dict[str, float]) -> None:
    assert found["sorted"] == 0


def test_a_lookup_by_name_meets_that_entry_alone(found: dict[str, float]) -> None:
    assert 0 < found["compared"] < 5


def test_a_partition_is_found_without_its_table(found: dict[str, float]) -> None:
    assert 0 < found["evaluated"] < 1.5


def test_saving_leaves_time_for_answers(found: dict[str, float]) -> None:
    assert 0 < found["saving"] < 0.2
