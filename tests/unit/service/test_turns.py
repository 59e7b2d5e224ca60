"""What a timer cannot do for one synthesis it still does for all others, and says so at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from shared.adapters.memory_telemetry import MemoryTelemetry
from shared.batchapi.versions import GA, PREVIEW
from shared.domain.rows import SchemaError
from shared.errors import StorageError
from shared.service.context import Service
from shared.service.tend import tend
from shared.service.tidy import purge
from shared.telemetry import OLDEST_SYNTHESIS, OPEN_SYNTHESES
from tests.unit.service.world import LEASE, World


@pytest.fixture
def telemetry() -> MemoryTelemetry:
    return MemoryTelemetry()


@pytest.fixture
def world(telemetry: MemoryTelemetry) -> World:
    """The GUIDs of its syntheses rise: timers meet the oldest first."""
    world = World()
    numbers = count()
    world.service = replace(
        world.service, telemetry=telemetry, new_guid=lambda: f"{next(numbers):08x}-0000-4000-8000-000000000000"
    )
    return world


def held(world: World) -> Service:
    """A service whose first result, which lies under a hold, cannot be removed."""
    first = min(world.blobs("outputs"))

    class Held:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.service.outputs, name)

        def delete_all(self, names: Iterable[str]) -> None:
            for name in names:
                if name == first:
                    raise StorageError("The blob outputs/a: storage answered 409 BlobImmutableDueToPolicy.", status=409)
                world.service.outputs.delete(name)

    return world.with_ports(lambda name, port: Held() if name == "outputs" else port)


def lose_messages(world: World) -> None:
    world.storage.queues["speak"]._messages.clear()


def test_a_result_that_cannot_be_removed_stops_no_other_synthesis(world: World, telemetry: MemoryTelemetry) -> None:
    world.create("first")
    world.work()
    stuck = held(world)
    assert world.ask("DELETE", "first", service=stuck).status == 503
    world.create("second")
    preview = world.create(version=PREVIEW)
    lose_messages(world)
    world.wait(2 * LEASE)
    with pytest.raises(StorageError):
        tend(stuck)
    assert telemetry.of(OPEN_SYNTHESES) == [3]
    assert telemetry.of(OLDEST_SYNTHESIS) == [2 * LEASE]
    world.work()
    assert (world.get("second")["status"], world.get(preview, PREVIEW)["status"]) == ("Succeeded", "Succeeded")


def test_a_row_of_another_schema_stops_no_other_synthesis(world: World) -> None:
    world.create("first")
    world.create("second")
    table = world.service.syntheses
    row = next(row for row in table.query(GA.name, start="open~", end="open~g"))
    table.replace(replace(row, values={**row.values, "schema": 2}))
    lose_messages(world)
    world.wait(2 * LEASE)
    with pytest.raises(SchemaError):
        tend(world.service)
    world.work()
    assert world.get("second")["status"] == "Succeeded"


def test_a_result_that_cannot_be_removed_keeps_no_other_from_being_purged(world: World) -> None:
    for id in ("first", "second"):
        world.create(id, properties={"timeToLiveInHours": 1})
    world.work()
    stuck = held(world)
    world.wait(3601)
    with pytest.raises(StorageError):
        purge(stuck)
    assert len(world.blobs("outputs")) == 1
    assert [world.ask("GET", id).status for id in ("first", "second")] == [404, 404]
    world.recover()
    assert world.blobs("outputs") == {}


def test_a_queue_of_poison_that_does_not_answer_stops_no_synthesis(world: World) -> None:
    class Down:
        name = "speak-poison"

        def receive(self, *args: Any, **kwargs: Any) -> Any:
            raise StorageError("The queue speak-poison: storage answered 503 ServerBusy.", status=503)

    world.create()
    lose_messages(world)
    world.wait(2 * LEASE)
    poisoned: Any = Down()
    with pytest.raises(StorageError):
        tend(replace(world.service, poisoned=poisoned))
    world.work()
    assert world.get("job-1")["status"] == "Succeeded"
