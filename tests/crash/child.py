"""The pipeline's handlers, driven as the Functions host would, until all is settled: in a child over remote ports,
which may be killed, and then in the process that has the world."""

from __future__ import annotations

import gc
import io
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from shared.errors import Conflict, EndpointError, InputError, Missing, Undelivered
from shared.pipeline import control
from shared.pipeline.collector import sweep_and_tidy
from shared.pipeline.context import Pipeline
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.ports import Clock
from tests.crash.remote import Line, Server
from tests.crash.world import World

EXPECTED = (Conflict, Missing, EndpointError, Undelivered)


def app(world: World, ports: Mapping[str, Any], clock: Clock) -> tuple[Pipeline, Any]:
    """As it starts, and its host."""
    given, numbers = dict(ports), count()
    host, links = given.pop("host"), given.pop("links")
    notifiers = (given.pop("receiver"),) if "receiver" in given else ()
    p = Pipeline(
        settings=world.settings,
        clock=clock,
        new_id=lambda: f"{world.processes:04x}{next(numbers):06x}",
        jitter=lambda: 0.0,
        open_container=lambda url: ports["results"],
        open_file=lambda link: io.BytesIO(links.read(link())),
        notifiers=notifiers,
        **given,
    )
    return p, host


def drive(p: Pipeline, host: Any) -> None:
    """Events, messages, timers, in turn, until the world says that all is settled."""
    for number in count():
        for path in host.next_events():
            intake(p, path)
            host.event_done(path)
        for order, path in host.next_orders():
            with suppress(InputError):  # it was carried out, and then its giver was killed
                getattr(control, order)(p, path)
            host.order_done((order, path))
        while message := host.receive():
            nudged(p, message.text)
            host.done(message)
        poll(p)
        if number % 10 == 9:
            sweep_and_tidy(p)
        if host.pass_time():
            return


def carry_on(world: World) -> None:
    """What a child has left, another process does: this one."""
    world.processes += 1
    drive(*app(world, world.ports(), world.clock))


def run(world: World, server: Server, *, kill_at: int = -1) -> bool:
    """Runs one child to its end; whether it was killed."""
    world.processes += 1
    ours, theirs = Pipe()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _be_child(world, theirs, kill_at)
    theirs.close()
    try:
        server.serve(ours)
    finally:
        ours.close()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, 137), f"the child failed with {status}"
    return status == 137


def _be_child(world: World, connection: Connection, kill_at: int) -> None:
    gc.disable()  # it does not live long, and to look through all that it has from its parent would copy it
    line = Line(connection, kill_at, world.clock.now)
    code = 1
    try:
        drive(*app(world, world.ports_of_a_child(line), lambda: line.now))
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child must not return into the test runner
        traceback.print_exc(file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)


Scenario = Callable[[World], None]
"""Drops files, sets faults, says what comes later."""


def survive(scenario: Scenario, kill_at: int, world: World | None = None) -> World:
    """The scenario with one kill at that point, then carried to its end by another process. Raises Violation."""
    world = world or World()
    scenario(world)
    world.was_killed = run(world, server_of(world), kill_at=kill_at)
    if world.was_killed:
        world.be_stopped()
        carry_on(world)
    world.check_whole()
    return world


def count_effects(scenario: Scenario, world: World | None = None) -> list[str]:
    """The effects of the scenario without a kill, in no order."""
    world = world or World()
    scenario(world)
    server = server_of(world)
    run(world, server)
    world.check_whole()
    return server.effects + world.effects


def server_of(world: World) -> Server:
    return Server(world.ports(), EXPECTED, world.clock)
