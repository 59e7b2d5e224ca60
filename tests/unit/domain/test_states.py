"""The state machines: each event from each status does what its table says, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from shared.domain.documents import (
    PART_TRANSITIONS,
    VERSION_TRANSITIONS,
    IllegalTransition,
    Part,
    PartEvent,
    PartStatus,
    Version,
    VersionEvent,
    VersionStatus,
)
from shared.domain.jobs import JOB_TRANSITIONS, PARTITION_OF_STATUS, Job, JobEvent, JobStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = Version(document="d", sequence=1, path="p", source_etag="e", source_bytes=1, created=NOW)
PART = Part(document="d", sequence=1, part=1, first=1, count=1, characters=1, body_bytes=1)
JOB = Job(id="j", created=NOW, entry="e")

MACHINES: list[tuple[Any, Any, type[StrEnum], type[StrEnum]]] = [
    (VERSION, VERSION_TRANSITIONS, VersionStatus, VersionEvent),
    (PART, PART_TRANSITIONS, PartStatus, PartEvent),
    (JOB, JOB_TRANSITIONS, JobStatus, JobEvent),
]
PAIRS = [
    pytest.param(item, table, status, event, id=f"{type(item).__name__}-{status}-{event}")
    for item, table, statuses, events in MACHINES
    for status in statuses
    for event in events
]


@pytest.mark.parametrize(("item", "table", "status", "event"), PAIRS)
def test_an_event_does_what_the_table_says_or_nothing(item: Any, table: Any, status: Any, event: Any) -> None:
    item = replace(item, status=status)
    if event in table[status]:
        assert item.on(event) == replace(item, status=table[status][event])
        return
    with pytest.raises(IllegalTransition, match=rf"{status}.*{event}"):
        item.on(event)
    assert item.status is status


@pytest.mark.parametrize(("item", "table", "statuses", "events"), MACHINES)
def test_every_status_has_a_row_and_every_event_a_use(item: Any, table: Any, statuses: Any, events: Any) -> None:
    assert set(table) == set(statuses)
    assert {event for row in table.values() for event in row} == set(events)


@pytest.mark.parametrize(("item", "table", "statuses", "events"), MACHINES)
def test_every_status_can_be_reached(item: Any, table: Any, statuses: Any, events: Any) -> None:
    reached, new = set(), {item.status}
    while new:
        reached |= new
        new = {status for old in new for status in table[old].values()} - reached
    assert reached == set(statuses)


def test_an_event_carries_its_changes_and_leaves_the_rest() -> None:
    assert PART.on(PartEvent.CLAIM, job="j") == replace(PART, status=PartStatus.PACKED, job="j")


def test_a_job_never_goes_back() -> None:
    """So an entry of an earlier state is stale, however young."""
    order = list(JobStatus)
    for status, row in JOB_TRANSITIONS.items():
        assert all(order.index(later) > order.index(status) for later in row.values())


def test_a_job_has_an_entry_until_it_has_ended() -> None:
    assert {status for status, row in JOB_TRANSITIONS.items() if row} == set(PARTITION_OF_STATUS)


def test_a_sealed_job_is_never_dropped() -> None:
    assert JobEvent.DROP not in JOB_TRANSITIONS[JobStatus.SEALED]


@pytest.mark.parametrize(
    ("parts", "done", "failed", "expected"),
    [(0, 0, 0, True), (1, 0, 0, False), (1, 1, 0, True), (3, 1, 1, False), (3, 1, 2, True)],
)
def test_a_version_has_ended_with_all_its_parts(parts: int, done: int, failed: int, expected: bool) -> None:
    assert replace(VERSION, parts=parts, parts_done=done, parts_failed=failed).all_ended is expected


@pytest.mark.parametrize(
    ("first", "count", "todo", "expected"),
    [(1, 3, (), (1, 2, 3)), (4, 2, (), (4, 5)), (4, 2, (5,), (5,))],
)
def test_the_inputs_of_a_part(first: int, count: int, todo: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert replace(PART, first=first, count=count, todo=todo).numbers == expected


@pytest.mark.parametrize(("documents", "size", "expected"), [(1, 50, 1), (50, 50, 1), (51, 50, 2), (10_000, 50, 200)])
def test_the_slices_of_a_job(documents: int, size: int, expected: int) -> None:
    assert replace(JOB, documents=documents, slice_documents=size).slices == expected
