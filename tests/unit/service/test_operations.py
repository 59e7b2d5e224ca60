"""Operations: one of two creates with the same id of an operation wins, whatever the order of their steps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.batchapi.versions import GA
from shared.errors import StorageError
from tests.unit.service.world import BODIES, World

OPERATION = {"operation-id": "op-1"}


class Meanwhile:
    """A table before whose first commit something else happens."""

    def __init__(self, table: Any, act: Any) -> None:
        self._table, self._act = table, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def commit(self, operations: Any) -> Any:
        act, self._act = self._act, lambda: None
        act()
        return self._table.commit(operations)


@pytest.fixture
def world() -> World:
    return World()


def test_of_two_requests_at_the_same_time_one_has_the_operation(world: World) -> None:
    def other() -> None:
        assert world.ask("PUT", "job-2", BODIES[GA.name], headers=OPERATION).status == 201

    late = world.with_ports(lambda name, port: Meanwhile(port, other) if name == "syntheses" else port)
    answer = world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION, service=late)
    assert (answer.status, json.loads(answer.body)["error"]["target"]) == (400, "Operation-Id")
    assert world.ledger() == ["job-2"]
    world.work()
    assert world.get("job-2")["status"] == "Succeeded"


def test_a_create_whose_answer_was_lost_is_answered_when_it_comes_again(world: World) -> None:
    def lost(name: str, port: Any) -> Any:
        return Lost(port) if name == "queue" else port

    class Lost:
        def __init__(self, queue: Any) -> None:
            self._queue = queue

        def send(self, message: str, *, delay: float = 0) -> None:
            raise StorageError("no answer")

    broken = world.with_ports(lost)
    assert world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION, service=broken).status == 503
    again = world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION)
    assert (again.status, json.loads(again.body)["id"]) == (201, "job-1")
    assert world.ask("PUT", "job-1", BODIES[GA.name]).status == 409
    assert world.ledger() == ["job-1"]
    world.recover()
    assert world.get("job-1")["status"] == "Succeeded"


def test_an_operation_goes_with_its_synthesis(world: World) -> None:
    for _ in range(2):
        assert world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION).status == 201
        world.work()
        assert world.ask("DELETE", "job-1").status == 204
    assert world.rows("syntheses", GA.name) == []
