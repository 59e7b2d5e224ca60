"""A state machine over interleavings: hypothesis begins handlers, lets each go on by single calls of its ports, kills
them, and plays owners, endpoint and time; at any moment nothing is paid twice, and in the end nothing is lost."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import count
from threading import Semaphore, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.batchapi.versions import VERSIONS
from shared.errors import SpeechdropError
from shared.pipeline import submit
from shared.pipeline.context import Pipeline
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from tests.crash.interleaving import TOLD
from tests.crash.remote import EFFECTS
from tests.crash.scenarios import book, note
from tests.crash.test_known_bugs import create_before_the_seal
from tests.crash.world import SETTINGS, Violation, World

RUNS = int(os.environ.get("MACHINE_RUNS", "25"))
SETTLING_ROUNDS = 300
PATHS = ("a.txt", "b.txt")
CALLS = st.sampled_from([1000, 0, 1, 2, 4, 8, 16, 32])
FAULTS = ("429", "lost reply", "503 before", "400", "400 once", "expired SAS")


class Killed(BaseException):
    """The handler's process ended; nothing of the pipeline catches it."""


@dataclass
class Handler:
    """One function under way, in a thread that moves only when it is let."""

    act: Callable[[Pipeline], object]
    begun: Any
    may_move: Semaphore = field(default_factory=lambda: Semaphore(0))
    has_stopped: Semaphore = field(default_factory=lambda: Semaphore(0))
    moves: int = 0
    dies: bool = False
    has_ended: bool = False
    broken: BaseException | None = None

    def start(self, p: Pipeline) -> None:
        def run() -> None:
            self.may_move.acquire()
            try:
                self.act(p)
            except (Killed, SpeechdropError):
                pass  # the function ended, by a kill or by what the host would log
            except BaseException as error:  # noqa: BLE001 - raised where the test sees it
                self.broken = error
            self.has_ended = True
            self.has_stopped.release()

        Thread(target=run, daemon=True).start()

    def move(self, calls: int) -> None:
        """So many calls of its ports further, or to its end."""
        if self.has_ended:
            return
        self.moves = calls
        self.may_move.release()
        self.has_stopped.acquire()
        if self.broken:
            raise self.broken

    def kill(self) -> None:
        self.dies = True
        self.move(1)

    def pause(self) -> None:
        """Called by the thread, before a call of a port."""
        if self.dies:
            raise Killed
        if self.moves <= 0:
            self.has_stopped.release()
            self.may_move.acquire()
            if self.dies:
                raise Killed
        self.moves -= 1


@dataclass
class Port:
    """As a handler has it. A create comes right after its sender has looked at the time, as the protocol demands."""

    handler: Handler
    target: Any

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if method != "create":
                self.handler.pause()
            value = getattr(self.target, method)(*args, **kwargs)
            if method in EFFECTS:
                self.handler.pause()  # where the next move may be a kill
            return list(value) if isinstance(value, Iterator) else value

        return call


class Hosts(RuleBasedStateMachine):
    @initialize(version=st.sampled_from(list(VERSIONS)), slices=st.sampled_from([1, 50]))
    def begin(self, version: str, slices: int) -> None:
        changes = {"slice_documents": slices, "max_starts": 50, "function_timeout_seconds": 60}
        self.world = World(replace(SETTINGS, speech_api_version=version, **changes))  # type: ignore[arg-type]
        self.world.told = (*TOLD, "It was accepted and paid, and its result cannot be had")
        self.world.clock.now += timedelta(hours=1)
        self.numbers, self.drops = count(), count()
        self.handlers: list[Handler] = []
        for path in PATHS:
            self.drop(path, 1, True)

    def pipeline(self, handler: Handler | None) -> Pipeline:
        ports: dict[str, Any] = self.world.ports()
        links = ports.pop("links")
        del ports["host"]
        if handler:
            ports = {name: Port(handler, port) for name, port in ports.items()}
        return Pipeline(
            settings=self.world.settings,
            clock=self.world.clock,
            new_id=lambda: f"{next(self.numbers):08x}",
            jitter=lambda: 0.0,
            open_container=lambda url: ports["results"],
            open_file=lambda link: io.BytesIO(links.read(link())),
            **ports,
        )

    def start(self, act: Callable[[Pipeline], object], calls: int) -> None:
        """Begins it, and lets it make so many calls at once."""
        handler = Handler(act, self.world.clock.now)
        self.handlers.append(handler)
        handler.start(self.pipeline(handler))
        self.move(handler, calls)

    def move(self, handler: Handler, calls: int) -> None:
        handler.move(calls)
        self.handlers = [one for one in self.handlers if not one.has_ended]

    @rule(path=st.sampled_from(PATHS), paragraphs=st.sampled_from([0, 1, 3]), has_event=st.booleans())
    def dropped(self, path: str, paragraphs: int, has_event: bool) -> None:
        self.drop(path, paragraphs, has_event)

    def drop(self, path: str, paragraphs: int, has_event: bool) -> None:
        name = f"{path} {next(self.drops)}"
        text = {0: "", 1: note(name)}.get(paragraphs) or (book(name, paragraphs) if paragraphs else "")
        self.world.drop(path, text, event=has_event)

    @rule(path=st.sampled_from(PATHS))
    def take_away(self, path: str) -> None:
        self.world.inbox.delete(path)

    @precondition(lambda self: len(self.handlers) < 3 and self.world.events)
    @rule(data=st.data(), again=st.booleans(), calls=CALLS)
    def event(self, data: st.DataObject, again: bool, calls: int) -> None:
        path = data.draw(st.sampled_from(self.world.events))
        if not again:
            self.world.events.remove(path)
        self.start(lambda p: intake(p, path), calls)

    @precondition(lambda self: len(self.handlers) < 3)
    @rule(deletes=st.booleans(), calls=CALLS)
    def message(self, deletes: bool, calls: int) -> None:
        received = next(iter(self.world.queue.receive(1, visibility=8)), None)
        if received:
            text = received.text
            self.start(lambda p: nudged(p, text), calls)
            if deletes:
                self.world.queue.delete(received)

    @precondition(lambda self: len(self.handlers) < 3)
    @rule(act=st.sampled_from([poll, poll, poll, sweep]), calls=CALLS)
    def timer(self, act: Callable[[Pipeline], object], calls: int) -> None:
        self.start(act, calls)

    @precondition(lambda self: self.handlers)
    @rule(data=st.data(), calls=CALLS)
    def go_on(self, data: st.DataObject, calls: int) -> None:
        handler = data.draw(st.sampled_from(self.handlers))
        age = self.world.clock.now - handler.begun
        if age > timedelta(seconds=self.world.settings.function_timeout_seconds):
            handler.kill()
        self.move(handler, calls)

    @precondition(lambda self: self.handlers)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        handler = data.draw(st.sampled_from(self.handlers))
        handler.kill()
        self.handlers.remove(handler)

    @rule(fault=st.sampled_from(FAULTS), end=st.sampled_from(["", "failed", "no summary", "malformed summary"]))
    def fault(self, fault: str, end: str) -> None:
        """What the next create meets, and how the next synthesis ends."""
        self.world.endpoint.faults.append(fault)
        self.world.endpoint.ends.append(end)

    @rule()
    def work(self) -> None:
        self.world.endpoint.work()

    @rule(seconds=st.sampled_from([0.1, 1, 5, 30]))
    def time(self, seconds: float) -> None:
        self.world.clock.now += timedelta(seconds=seconds)

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        if hasattr(self, "world"):
            self.world.check_paid_once()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        for handler in self.handlers:
            handler.kill()
        self.world.endpoint.faults, self.world.endpoint.ends = [], []
        p, rounds = self.pipeline(None), 0
        while not self.world.settled() and rounds < SETTLING_ROUNDS:
            for path in (*self.world.events,):
                intake(p, path)
            self.world.events = []
            for received in self.world.queue.receive(9, visibility=8):
                nudged(p, received.text)
                self.world.queue.delete(received)
            poll(p)
            self.world.endpoint.work()
            self.world.clock.now += timedelta(seconds=1 + rounds / 10)
            rounds += 1
            if rounds % 10 == 9:
                sweep(p)
        self.world.check()


Hosts.TestCase.settings = settings(
    max_examples=RUNS, stateful_step_count=80, deadline=None, suppress_health_check=list(HealthCheck)
)
TestHosts = Hosts.TestCase


def test_the_machine_is_not_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit, "_seal", partial(create_before_the_seal, submit._seal))
    quick = settings(Hosts.TestCase.settings, max_examples=500, phases=[Phase.generate], database=None)
    with pytest.raises(Violation, match="paid twice"):
        run_state_machine_as_test(Hosts, settings=quick)
