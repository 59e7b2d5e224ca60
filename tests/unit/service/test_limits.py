"""Budgets of requests: never more than allowed over all processes, nearly all of it usable, and few storage calls."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.service.context import Rejected, Service
from shared.service.http import Response
from shared.service.limits import PARTITION, take_request
from shared.service.slices import Slices
from shared.service.tidy import purge
from tests.unit.service.world import BODIES, World

BOTH = pytest.mark.parametrize("version", [GA, PREVIEW], ids=lambda version: version.name)


@pytest.fixture
def world() -> World:
    return World(settings={"REQUEST_LIMIT_PERCENT": "100"})


class Counted:
    """A table that counts its calls."""

    def __init__(self, table: Any) -> None:
        self._table, self.calls = table, 0

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return getattr(self._table, name)(*args, **kwargs)

        return call


def processes(world: World, count: int) -> list[Service]:
    """Each with its own memory, all on the same storage."""
    return [replace(world.service, slices=Slices()) for _ in range(count)]


def taken(service: Service, version: ApiVersion, caller: str = "a") -> bool:
    try:
        take_request(service, version, caller)
    except Rejected:
        return False
    return True


@BOTH
def test_one_process_gives_exactly_what_is_allowed(world: World, version: ApiVersion) -> None:
    answers = [taken(world.service, version) for _ in range(2 * version.max_requests)]
    assert answers == [True] * version.max_requests + [False] * version.max_requests
    world.wait(version.window_seconds)
    assert taken(world.service, version)


@BOTH
def test_many_processes_together_give_no_more_and_hardly_less(world: World, version: ApiVersion) -> None:
    for _ in range(3):
        services = processes(world, 5)
        given = sum(taken(service, version) for _ in range(version.max_requests) for service in services)
        assert given == version.max_requests
        world.wait(version.window_seconds)


def test_a_process_that_falls_silent_keeps_little_from_the_others(world: World) -> None:
    silent, busy = processes(world, 2)
    used = sum(taken(silent, GA) for _ in range(4))
    given = sum(taken(busy, GA) for _ in range(200))
    assert 100 - GA.max_requests // 10 <= used + given <= 100


def test_the_budget_of_a_caller_who_no_longer_comes_is_forgotten(world: World) -> None:
    for version in (GA, PREVIEW):
        assert taken(world.service, version, "gone")
        assert taken(world.service, version, "here")
    world.wait(25 * 3600)
    assert taken(world.service, GA, "here")
    purge(world.service)
    assert world.rows("syntheses", PARTITION) == [f"{GA.name}~here"]
    answers = [taken(world.service, GA, "gone") for _ in range(GA.max_requests + 1)]
    assert answers == [True] * GA.max_requests + [False]


def test_threads_share_a_process_s_slice(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(lambda _: taken(world.service, GA), range(150)))
    assert answers == {True: 100, False: 50}


@pytest.mark.parametrize(("count", "each", "most"), [(1, 100, 0.25), (1, 1, 1.0), (4, 20, 1.0), (4, 2, 1.5)])
def test_a_request_costs_less_than_two_calls_of_storage(world: World, count: int, each: int, most: float) -> None:
    """Over some windows, the first of which only finds out who else is there."""
    table = Counted(world.service.syntheses)
    services = [replace(service, syntheses=table) for service in processes(world, count)]
    for window in range(6):
        if window == 1:
            table.calls = 0
        asked = [taken(service, GA) for _ in range(each) for service in services]
        assert all(asked)
        world.wait(GA.window_seconds)
    assert table.calls / (5 * count * each) <= most


def test_a_spent_budget_costs_no_storage_call_at_all(world: World) -> None:
    table = Counted(world.service.syntheses)
    service = replace(world.service, syntheses=table)
    while taken(service, GA):
        pass
    calls = table.calls
    assert not any(taken(service, GA) for _ in range(100))
    assert table.calls == calls


def test_callers_and_versions_have_budgets_of_their_own(world: World) -> None:
    while taken(world.service, GA, "a"):
        pass
    assert taken(world.service, GA, "b")
    assert taken(world.service, PREVIEW, "a")
    keys = {row.key for row in world.service.syntheses.query(PARTITION)}
    assert keys == {"2024-04-01~a", "2024-04-01~b", "3.1-preview1~a"}


def test_a_clock_that_is_behind_takes_no_second_budget(world: World) -> None:
    ahead, behind = processes(world, 2)
    assert taken(replace(ahead, clock=lambda: world.now.replace(minute=5)), GA)
    given = sum(taken(behind, GA) for _ in range(200))
    assert given == 99


def test_rows_do_not_add_up_with_time(world: World) -> None:
    for _ in range(5):
        taken(world.service, GA)
        world.wait(60)
    assert len(list(world.service.syntheses.query(PARTITION))) == 1


def test_the_preview_tells_its_budget(world: World) -> None:
    headers = world.ask("GET", version=PREVIEW).headers
    assert headers["X-RateLimit-Limit"] == "50"
    assert headers["X-RateLimit-Remaining"] == "49"
    assert headers["X-RateLimit-Reset"] == "2026-11-22T12:00:05Z"
    assert not any(name.startswith("X-Rate") for name in world.ask("GET").headers)


def test_a_refusal_says_when_to_come_again(world: World) -> None:
    world.wait(3)
    answers = [world.ask("GET", "some-id") for _ in range(101)]
    assert [answer.status for answer in answers] == [404] * 100 + [429]
    assert answers[-1].headers["Retry-After"] == "7"
    assert json.loads(answers[-1].body)["error"]["code"] == "429"


def test_no_key_costs_no_storage_call(world: World) -> None:
    table = Counted(world.service.syntheses)
    service = replace(world.service, syntheses=table)
    assert world.ask("GET", headers={"ocp-apim-subscription-key": "wrong"}, service=service).status == 401
    assert table.calls == 0


@pytest.mark.parametrize(("percent", "allowed"), [("1", 1), ("50", 50), ("250", 250)])
def test_the_limit_is_sized_by_a_setting(percent: str, allowed: int) -> None:
    world = World(settings={"REQUEST_LIMIT_PERCENT": percent})
    assert sum(taken(world.service, GA) for _ in range(300)) == allowed


def test_without_a_limit_nothing_is_counted() -> None:
    world = World(settings={"REQUEST_LIMIT_PERCENT": "0"})
    assert take_request(world.service, GA, "a") is None
    assert list(world.service.syntheses.query(PARTITION)) == []


ACTIVE = {"ACTIVE_LIMIT_PERCENT": "1"}


@pytest.mark.parametrize(("version", "limit", "status"), [(GA, 3, 429), (PREVIEW, 2, 400)])
def test_only_so_many_may_be_active(version: ApiVersion, limit: int, status: int) -> None:
    world = World(settings=ACTIVE)
    for number in range(limit):
        world.create(f"job-{number}", version)

    def create() -> Response:
        id = "one-more" if version is GA else None
        return world.ask(version.create_method, id, BODIES[version.name], version=version)

    refused = create()
    assert refused.status == status
    assert (refused.headers.get("Retry-After") == "10") is (version is GA)
    assert len(world.ledger(version)) == limit
    world.work()
    assert create().status == 201


def test_a_create_that_was_killed_counts_only_as_long_as_its_caller_would_wait() -> None:
    class Killed(BaseException):
        pass

    def kill(operations: object) -> None:
        raise Killed

    class Dying(Counted):
        commit = staticmethod(kill)

    world = World(settings=ACTIVE)
    service = world.with_ports(lambda name, port: Dying(port) if name == "syntheses" else port)
    for number in range(3):
        with pytest.raises(Killed):
            world.ask("PUT", f"job-{number}", BODIES[GA.name], service=service)
    assert world.ask("PUT", "early", BODIES[GA.name]).status == 429
    world.wait(240)
    for number in range(3):
        world.create(f"late-{number}")
    assert world.ask("PUT", "one-more", BODIES[GA.name]).status == 429
    world.wait(240)
    assert world.ask("PUT", "one-more", BODIES[GA.name]).status == 429
    world.recover()
    assert world.blobs("work").keys() == {name for name in world.blobs("work") if name.startswith("ledger/")}


def test_one_too_many_leaves_no_trace() -> None:
    world = World(settings=ACTIVE)
    for number in range(3):
        world.create(f"job-{number}")
    before = world.rows("syntheses", GA.name), world.blobs("work")
    assert world.ask("PUT", "one-more", BODIES[GA.name]).status == 429
    assert (world.rows("syntheses", GA.name), world.blobs("work")) == before
