"""The child: the pipeline's handlers over remote ports, driven as the Functions host would, until all is settled."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, cast

from shared.errors import Conflict, EndpointError, InputError, Missing
from shared.pipeline import control
from shared.pipeline.context import Pipeline
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from tests.crash.remote import Line, Remote, Server
from tests.crash.world import World

EXPECTED = (Conflict, Missing, EndpointError)


def pipeline(world: World, line: Line) -> Pipeline:
    host = Remote(line, "host")
    numbers = count()
    ports = world.ports_of_a_child(line)
    return Pipeline(
        settings=world.settings,
        clock=cast("Any", host.now),
        new_id=lambda: f"{os.getpid():x}{next(numbers):06x}",
        jitter=lambda: 0.0,
        open_container=lambda url: ports["results"],
        open_file=lambda link: io.BytesIO(Remote(line, "links").read(link())),
        **ports,
    )


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
            sweep(p)
        if host.pass_time():
            return


def run(world: World, server: Server, *, kill_at: int = -1) -> bool:
    """Runs one child to its end; whether it was killed."""
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
    line = Line(connection, kill_at)
    code = 1
    try:
        drive(pipeline(world, line), Remote(line, "host"))
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
    server = Server(world.ports(), EXPECTED)
    scenario(world)
    if run(world, server, kill_at=kill_at):
        world.be_stopped()
        run(world, server)
    world.check()
    return world


def count_effects(scenario: Scenario, world: World | None = None) -> list[str]:
    """The effects of the scenario without a kill, in no order."""
    world = world or World()
    server = Server(world.ports(), EXPECTED)
    scenario(world)
    run(world, server)
    world.check()
    return server.effects + world.effects
