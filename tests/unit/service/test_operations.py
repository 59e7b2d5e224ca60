"""Operations: one of two creates with the same id of an operation wins, whatever the order of their steps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.batchapi.versions import GA
from shared.errors import StorageError
from shared.service.context import Service
from tests.unit.service.world import BODIES, World

OPERATION = {"operation-id": "op-1"}


CALLS = ("get", "get", "insert", "query", "commit")
"""Of a create, to the table."""
at_any_time = pytest.mark.parametrize("call", range(len(CALLS)), ids=[f"{n}-{name}" for n, name in enumerate(CALLS)])


class Meanwhile:
    """A table before one of whose calls something else happens."""

    def __init__(self, table: Any, act: Any, call: int) -> None:
        self._table, self._act, self._call, self._calls = table, act, call, 0

    def __getattr__(self, name: str) -> Any:
        if self._calls == self._call:
            assert name == CALLS[self._call]
            self._act()
        self._calls += 1
        return getattr(self._table, name)


def late(world: World, act: Any, call: int) -> Service:
    return world.with_ports(lambda name, port: Meanwhile(port, act, call) if name == "syntheses" else port)


@pytest.fixture
def world() -> World:
    return World()


@at_any_time
def test_of_two_requests_at_the_same_time_one_has_the_operation(world: World, call: int) -> None:
    def other() -> None:
        assert world.ask("PUT", "job-2", BODIES[GA.name], headers=OPERATION).status == 201

    answer = world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION, service=late(world, other, call))
    assert (answer.status, json.loads(answer.body)["error"]["target"]) == (400, "Operation-Id")
    assert world.ledger() == ["job-2"]
    world.work()
    assert world.get("job-2")["status"] == "Succeeded"


@at_any_time
def test_the_same_request_at_the_same_time_is_answered_with_its_synthesis(world: World, call: int) -> None:
    def other() -> None:
        assert world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION).status == 201

    answer = world.ask("PUT", "job-1", BODIES[GA.name], headers=OPERATION, service=late(world, other, call))
    assert answer.status == 201, answer
    assert world.ledger() == ["job-1"]
    world.work()
    assert world.get("job-1")["status"] == "Succeeded"
    assert [key for key in world.rows("syntheses", GA.name) if key.startswith("open~")] == []


@at_any_time
def test_an_id_is_taken_once(world: World, call: int) -> None:
    def other() -> None:
        world.create("job-1", description="the other's")

    answer = world.ask("PUT", "job-1", BODIES[GA.name], service=late(world, other, call))
    assert answer.status == 409
    assert world.get("job-1")["description"] == "the other's"


def test_an_id_that_was_taken_and_freed_meanwhile_can_be_taken_again_at_once(world: World) -> None:
    class Freed(Meanwhile):
        def commit(self, operations: Any) -> Any:
            world.create("job-1")
            try:
                return world.service.syntheses.commit(operations)
            finally:
                assert world.ask("DELETE", "job-1").status == 204

    service = world.with_ports(lambda name, port: Freed(port, None, -1) if name == "syntheses" else port)
    answer = world.ask("PUT", "job-1", BODIES[GA.name], service=service)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert world.ask("PUT", "job-1", BODIES[GA.name]).status == 201
    assert len(world.ledger()) == 2


def test_a_create_whose_answer_was_lost_is_answered_when_it_comes_again(world: World) -> None:
    def lost(name: str, port: Any) -> Any:
        return Lost(port) if name == "syntheses" else port

    class Lost:
        def __init__(self, table: Any) -> None:
            self._table = table

        def __getattr__(self, name: str) -> Any:
            return getattr(self._table, name)

        def commit(self, operations: Any) -> None:
            self._table.commit(operations)
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
