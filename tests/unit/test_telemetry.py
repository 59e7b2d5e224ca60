"""The table of instruments: its dimensions' values are those that the code has, and docs/telemetry.md lists it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import telemetry
from shared.batchapi.model import TERMINAL
from shared.batchapi.versions import VERSIONS
from shared.domain.documents import VERSION_TRANSITIONS, VersionEvent
from shared.domain.jobs import PARTITION_OF_STATUS, Verdict
from shared.domain.survey import PARTITIONS
from shared.telemetry import INSTRUMENTS, Instrument

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"

ENDS = {
    status.value
    for moves in VERSION_TRANSITIONS.values()
    for event, status in moves.items()
    if event not in (VersionEvent.HOLD, VersionEvent.RELEASE, VersionEvent.RETRY)
}


def test_every_instrument_is_in_the_table() -> None:
    assert list(INSTRUMENTS) == [item for item in vars(telemetry).values() if isinstance(item, Instrument)]


@pytest.mark.parametrize(
    ("instrument", "dimension", "values"),
    [
        (telemetry.JOBS, "verdict", {verdict.value for verdict in Verdict}),
        (telemetry.DOCUMENTS, "status", ENDS),
        (telemetry.SYNTHESIS_TIME, "status", {status.value for status in TERMINAL}),
        (telemetry.SYNTHESES, "status", {"Accepted", *(status.value for status in TERMINAL)}),
        (telemetry.BILLED, "voice", {kind for version in VERSIONS.values() for kind in version.billing}),
    ],
)
def test_dimensions_have_the_values_that_the_code_has(instrument: Instrument, dimension: str, values: set[str]) -> None:
    assert set(instrument.dimensions[dimension]) == values


def test_states_are_those_that_a_survey_has() -> None:
    states = set(telemetry.OPEN_ITEMS.dimensions["state"])
    assert set(PARTITION_OF_STATUS.values()) < states <= set(PARTITIONS)
    assert states == set(telemetry.OPEN_AGE.dimensions["state"])


def lines() -> Iterator[str]:
    for item in INSTRUMENTS:
        dimensions = "; ".join(
            f"`{name}`: {', '.join(f'`{value}`' for value in values)}" for name, values in item.dimensions.items()
        )
        yield f"| `{item.name}` | {item.kind.value} | `{item.unit}` | {dimensions or '–'} | {item.meaning} |"


def test_the_page_lists_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in page if line.startswith("| `speechdrop.")] == list(lines())
