"""Kills at every touch of storage, before and after it: nothing is lost, nothing is accepted twice or left behind."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from shared.batchapi.versions import GA
from shared.service.context import Service
from shared.service.tend import tend
from shared.service.tidy import purge
from tests.unit.service.world import BODIES, DESTINATION, World

EFFECTS = {"insert", "replace", "commit", "delete", "delete_all", "write", "send"}


class Killed(BaseException):
    """No handler runs after it, as after SIGKILL."""


@dataclass
class Killer:
    """Counts the effects on all ports, and kills before or after the one of a number."""

    at: int
    after: bool
    count: int = 0

    def guard(self, name: str, port: Any) -> Any:
        return _Guarded(self, port)

    def strike(self, effect: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.count += 1
        if self.count == self.at and not self.after:
            raise Killed
        result = effect(*args, **kwargs)
        if self.count == self.at:
            raise Killed
        return result


class _Guarded:
    def __init__(self, killer: Killer, port: Any) -> None:
        self._killer, self._port = killer, port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in EFFECTS:
            return found
        return lambda *args, **kwargs: self._killer.strike(found, *args, **kwargs)


TEXTS = [{"content": f"Sentence {n} of a text that is longer than one segment. " * 3} for n in range(3)]
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "zip": {**BODIES[GA.name], "inputs": TEXTS},
    "small": {**BODIES[GA.name], "inputs": [{"content": "One."}, {"content": "Two."}]},
    "container": {
        **BODIES[GA.name],
        "inputs": TEXTS,
        "properties": {
            "destinationContainerUrl": DESTINATION,
            "decompressOutputFiles": True,
            "destinationPath": "books",
        },
    },
}


def a_life(world: World, service: Service, body: Mapping[str, Any]) -> None:
    """Create, speak, put together, end: with `service`, whose process may be killed."""
    assert world.ask("PUT", "job-1", body, service=service).status == 201
    world.work(service)


def assert_whole(world: World, reference: World) -> None:
    """Accepted once, ended as without a kill, nothing left but the result."""
    assert world.ledger() == ["job-1"]
    shown, expected = world.get("job-1"), reference.get("job-1")
    assert shown["status"] == "Succeeded"
    assert shown["properties"] == expected["properties"]
    assert [name.partition("~")[0] for name in world.rows("syntheses", GA.name)] == ["expiry", "id", "op", "s"]
    assert world.storage.tables["workitems"]._rows == {}
    kept = {name.partition("/")[0] for name in world.blobs("work")}
    assert kept == {"ledger"}
    assert len(world.blobs("outputs")) == len(reference.blobs("outputs"))
    result, wanted = world.blobs("results"), reference.blobs("results")
    sounds = {name: content for name, content in result.items() if name.endswith(".wav")}
    assert sounds == {name: content for name, content in wanted.items() if name.endswith(".wav")}


def small() -> World:
    return World(settings={"SEGMENT_CHARACTERS": "100"})


def every_kill() -> Iterator[tuple[int, bool]]:
    """Before and after each effect, until the test has come past the last one."""
    for at in itertools.count(1):
        yield at, False
        yield at, True


def points(kind: str) -> int:
    """How many effects a whole life has."""
    world, killer = small(), Killer(at=0, after=False)
    a_life(world, world.with_ports(killer.guard), REQUESTS[kind])
    return killer.count


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_kill_at_any_effect_of_a_life_changes_nothing_of_its_end(kind: str) -> None:
    reference = small()
    a_life(reference, reference.service, REQUESTS[kind])
    kills = 0
    for at, after in itertools.product(range(1, points(kind) + 1), (False, True)):
        world, killer = small(), Killer(at=at, after=after)
        with pytest.raises(Killed):
            a_life(world, world.with_ports(killer.guard), REQUESTS[kind])
        # Its caller, who got no answer, creates again under the same id.
        assert world.ask("PUT", "job-1", REQUESTS[kind]).status in (201, 409)
        world.recover()
        assert_whole(world, reference)
        kills += 1
    assert kills > (25 if kind == "small" else 60)


def test_a_kill_while_recovering_is_recovered_from() -> None:
    """The first worker dies with everything said; timers and workers after it die at every effect as well."""
    reference = small()
    a_life(reference, reference.service, REQUESTS["container"])
    for at, after in every_kill():
        world = small()
        assert world.ask("PUT", "job-1", REQUESTS["container"]).status == 201
        world.storage.queues["speak"]._messages.clear()
        killer = Killer(at=at, after=after)
        dying = world.with_ports(killer.guard)
        try:
            for _ in range(3):
                world.wait(1300)
                tend(dying)
                world.work(dying)
        except Killed:
            world.recover()
            assert_whole(world, reference)
        else:
            break
    assert at > 20


@pytest.mark.parametrize("ended", [True, False])
def test_a_kill_while_deleting_leaves_nothing_once_timers_ran(ended: bool) -> None:
    for at, after in every_kill():
        world = small()
        assert world.ask("PUT", "job-1", REQUESTS["zip"]).status == 201
        if ended:
            world.work()
        killer = Killer(at=at, after=after)
        try:
            world.ask("DELETE", "job-1", service=world.with_ports(killer.guard))
        except Killed:
            world.recover()
            assert world.ask("DELETE", "job-1").status == 204
            world.recover()
        assert world.rows("syntheses", GA.name) == []
        assert world.storage.tables["workitems"]._rows == {}
        assert {name.partition("/")[0] for name in world.blobs("work")} == {"ledger"}
        assert world.blobs("outputs") == {}
        assert world.ledger() == ["job-1"]
        if killer.count < at:
            break


def test_a_kill_while_deleting_what_its_archiver_clears_away_leaves_nothing_once_timers_ran() -> None:
    """The archiver has read the row of what is left to do before the delete changes it, and removes it after."""
    world = small()
    world.create()
    work = world.service.work

    class Cleared:
        """Work blobs that are about to be removed."""

        def __getattr__(self, name: str) -> Any:
            return getattr(work, name)

        def list(self, prefix: str = "") -> Any:
            killer = Killer(at=1, after=True)
            with pytest.raises(Killed):
                world.ask("DELETE", "job-1", service=world.with_ports(killer.guard))
            return work.list(prefix)

    world.work(world.with_ports(lambda name, port: Cleared() if name == "work" else port))
    assert world.blobs("outputs") != {}
    world.recover()
    assert world.rows("syntheses", GA.name) == []
    assert world.blobs("outputs") == {}


def test_an_unaccepted_synthesis_is_cleared_away() -> None:
    """Killed just before its acceptance, and its caller never comes back."""
    for at in range(1, 6):
        world = small()
        with pytest.raises(Killed):
            a_life(world, world.with_ports(Killer(at=at, after=False).guard), REQUESTS["zip"])
        world.wait(3600)
        world.recover()
        assert world.rows("syntheses", GA.name) == []
        assert world.storage.tables["workitems"]._rows == {}
        assert {name.partition("/")[0] for name in world.blobs("work")} <= {"ledger"}


def test_a_creator_that_is_too_slow_is_not_accepted_with_its_work_cleared_away() -> None:
    world = small()

    class Slow:
        """Work blobs that take two hours to write, in which a timer fires."""

        def __init__(self, blobs: Any) -> None:
            self._blobs = blobs

        def __getattr__(self, name: str) -> Any:
            return getattr(self._blobs, name)

        def write(self, name: str, data: Any, **kwargs: Any) -> Any:
            world.wait(7200)
            tend(world.service)
            return self._blobs.write(name, data, **kwargs)

    slow = world.with_ports(lambda name, port: Slow(port) if name == "work" else port)
    late = world.ask("PUT", "job-1", REQUESTS["zip"], service=slow)
    assert late.status == 503
    assert world.ask("PUT", "job-1", REQUESTS["zip"]).status == 201
    world.work()
    assert world.ledger() == ["job-1"]
    assert world.get("job-1")["status"] == "Succeeded"


def test_a_timer_that_looked_away_does_not_clear_what_was_just_accepted() -> None:
    """The slow creator commits between the timer's look for its row and the clearing."""
    world = small()
    table = world.service.syntheses

    class Racing:
        """To the creator: a commit that a timer meets half way."""

        def __getattr__(self, name: str) -> Any:
            return getattr(table, name)

        def commit(self, operations: Any) -> Any:
            world.wait(7200)

            class Late:
                def __getattr__(self, name: str) -> Any:
                    return getattr(table, name)

                def replace(self, row: Any) -> Any:
                    table.commit(operations)
                    return table.replace(row)

            tend(world.with_ports(lambda name, port: Late() if name == "syntheses" else port))
            return ()

    racing = world.with_ports(lambda name, port: Racing() if name == "syntheses" else port)
    assert world.ask("PUT", "job-1", REQUESTS["zip"], service=racing).status == 201
    world.recover()
    assert world.get("job-1")["status"] == "Succeeded"


def test_a_life_over_its_time_is_purged_whole() -> None:
    world = small()
    properties = {"timeToLiveInHours": 2}
    assert world.ask("PUT", "job-1", {**REQUESTS["zip"], "properties": properties}).status == 201
    world.wait(3 * 3600)
    assert purge(world.service) == 0, "time to live begins with the end"
    world.work()
    world.wait(2 * 3600 - 1)
    assert purge(world.service) == 0
    world.wait(2)
    assert purge(world.service) == 1
    assert world.rows("syntheses", GA.name) == []
    assert world.blobs("outputs") == {}
    assert world.ledger() == ["job-1"]


def test_a_synthesis_that_waits_in_a_long_queue_is_asked_for_ever_more_rarely() -> None:
    world = small()
    world.create()
    queue = world.storage.queues["speak"]
    for _ in range(1000):
        world.wait(600)
        tend(world.service)
    assert 2 < len(queue.texts()) < 15
    world.work()
    assert world.get("job-1")["status"] == "Succeeded"
