"""What the service tells of its work, each synthesis once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.adapters.memory_telemetry import MemoryTelemetry
from shared.service.archive import archive
from shared.service.records import of_row
from shared.service.tend import tend
from shared.service.tidy import purge
from shared.telemetry import (
    HEARTBEAT,
    OLDEST_SYNTHESIS,
    OPEN_SYNTHESES,
    SPOKEN,
    SYNTHESES,
    SYNTHESIS_TIME,
)
from tests.unit.service.world import World


@pytest.fixture
def telemetry() -> MemoryTelemetry:
    return MemoryTelemetry()


@pytest.fixture
def world(telemetry: MemoryTelemetry) -> World:
    world = World()
    world.service = replace(world.service, telemetry=telemetry)
    return world


def test_a_synthesis_is_told_of_when_it_is_accepted_and_when_it_ends(world: World, telemetry: MemoryTelemetry) -> None:
    text = "Twelve words."
    world.create(inputs=[{"content": text}])
    assert telemetry.of(SYNTHESES, status="Accepted") == [1]
    world.wait(30)
    world.work()
    assert telemetry.of(SYNTHESES, status="Succeeded") == [1]
    assert telemetry.of(SYNTHESIS_TIME, status="Succeeded") == [30]
    assert telemetry.of(SPOKEN) == [len(text)]


def test_what_is_archived_again_is_not_told_again(world: World, telemetry: MemoryTelemetry) -> None:
    world.create()
    world.work()
    row = next(world.service.syntheses.query("2024-04-01", start="s~", end="s~:"))
    archive(world.service, of_row(row))
    assert telemetry.of(SYNTHESES) == [1, 1]


def test_a_refused_create_is_not_told_as_accepted(world: World, telemetry: MemoryTelemetry) -> None:
    assert world.ask("PUT", "job-1", {"inputKind": "PlainText"}).status == 400
    assert telemetry.of(SYNTHESES) == []


def test_each_tend_tells_what_is_open_and_since_when(world: World, telemetry: MemoryTelemetry) -> None:
    tend(world.service)
    world.create("first")
    world.wait(100)
    world.create("second")
    world.wait(20)
    tend(world.service)
    assert telemetry.of(OPEN_SYNTHESES) == [0, 2]
    assert telemetry.of(OLDEST_SYNTHESIS) == [0, 120]
    assert telemetry.of(HEARTBEAT, timer="tend") == [1, 1]


def test_a_purge_has_a_heartbeat(world: World, telemetry: MemoryTelemetry) -> None:
    purge(world.service)
    assert telemetry.of(HEARTBEAT, timer="purge") == [1]
