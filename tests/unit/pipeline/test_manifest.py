"""The manifest is as docs/manifest.md says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.domain.documents import Version, VersionStatus
from shared.domain.manifest import gives_way
from tests.unit.domain.test_states import VERSION
from tests.unit.pipeline.running import Running

PAGE = (Path(__file__).parents[3] / "docs" / "manifest.md").read_text(encoding="utf-8")
FINISHED, ERROR = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
ASKED_FOR = {"words", "sentences", "combined", "m4b", "subtitles", "left_out"}
"""Members that are there where a document's options ask for what they tell of."""
TEXT = "High water at Orran Haven is at half past five."


def shape(value: Any) -> Any:
    """Names, their order and the types of values."""
    if isinstance(value, dict):
        return [(name, shape(item)) for name, item in value.items()]
    return [shape(item) for item in value] if isinstance(value, list) else type(value)


def names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for item in value.values() for name in names(item)}
    return {name for item in value for name in names(item)} if isinstance(value, list) else set()


def made() -> Running:
    running = Running.begin(input_characters=4000)
    running.take("news/tides.txt", TEXT)
    running.settle()
    return running


def test_the_example_of_a_finished_document_is_true() -> None:
    manifest = made().world.manifest("news/tides.txt")
    assert shape(FINISHED) == shape(manifest)
    numbers = {"etag", "bytes", "jobs", "created", "ended", "duration_ms"}
    assert plain(FINISHED, numbers) == plain(manifest, numbers)


def plain(value: Any, without: set[str]) -> Any:
    """Without what differs from run to run."""
    if isinstance(value, dict):
        return {name: plain(item, without) for name, item in value.items() if name not in without}
    return [plain(item, without) for item in value] if isinstance(value, list) else value


def test_the_example_of_a_failure_is_true() -> None:
    running = made()
    running.take("news/tides.txt", "caf\x00")
    manifest = running.world.manifest("news/tides.txt")
    assert list(manifest) == list(FINISHED)
    assert manifest["error"] == ERROR
    assert manifest["audio"]["sequence"] == 1


def test_the_page_tells_of_every_member_and_of_no_other() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    told = {step for row in rows for name in re.findall(r"`([\w.]+)`", row) for step in name.split(".")}
    told |= names(FINISHED["options"]) | set(ERROR)
    assert told == names(FINISHED) | set(ERROR) | ASKED_FOR


@pytest.mark.parametrize(
    ("existing", "status", "version", "new", "expected"),
    [
        (1, "FINISHED", 2, "FINISHED", True),
        (1, "FINISHED", 2, "FAILED", True),
        (1, "FAILED", 2, "FAILED", True),
        (3, "FAILED", 2, "FINISHED", False),
        (3, "FINISHED", 2, "FINISHED", False),
        (2, "FAILED", 2, "FINISHED", True),
        (2, "FAILED", 2, "FAILED", False),
        (2, "FINISHED", 2, "FAILED", False),
        (2, "FINISHED", 2, "FINISHED", False),
    ],
)
def test_who_gives_way(existing: int, status: str, version: int, new: str, expected: bool) -> None:
    newer = Version(
        document="d",
        sequence=version,
        path="p",
        source_etag="e",
        source_bytes=1,
        status=VersionStatus.PENDING,
        created=VERSION.created,
    )
    assert gives_way({"sequence": existing, "status": status}, newer, new) is expected
