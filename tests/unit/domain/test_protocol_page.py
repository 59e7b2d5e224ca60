"""docs/protocol.md draws the state machines as the tables have them. To draw anew: run this file as a program."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from shared.domain.documents import PART_TRANSITIONS, VERSION_TRANSITIONS, PartStatus, VersionStatus
from shared.domain.jobs import JOB_TRANSITIONS, JobStatus

PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"

TABLES: Mapping[str, tuple[StrEnum, Mapping[Any, Mapping[Any, Any]]]] = {
    "versions": (VersionStatus.PENDING, VERSION_TRANSITIONS),
    "parts": (PartStatus.READY, PART_TRANSITIONS),
    "jobs": (JobStatus.PLANNED, JOB_TRANSITIONS),
}


def diagram(name: str) -> str:
    first, table = TABLES[name]
    arrows = [f"    {old} --> {new}: {event}" for old, row in table.items() for event, new in row.items()]
    ends = [f"    {status} --> [*]" for status, row in table.items() if not row]
    lines = ["stateDiagram-v2", f"    [*] --> {first}", *arrows, *ends]
    return "\n".join([f"<!-- {name} -->", "```mermaid", *lines, "```", f"<!-- end of {name} -->"])


@pytest.mark.parametrize("name", TABLES)
def test_the_page_draws_what_the_table_says(name: str) -> None:
    assert diagram(name) in PAGE.read_text(encoding="utf-8")


def draw() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in TABLES:
        before, _, rest = text.partition(f"<!-- {name} -->")
        after = rest.partition(f"<!-- end of {name} -->")[2] or rest
        text = before + diagram(name) + after
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    draw()
