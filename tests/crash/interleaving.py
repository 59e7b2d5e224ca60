"""Several hosts over one storage and one endpoint, each in a thread of which one runs at a time: at every port call a
seeded scheduler says who goes on. Hosts are killed, replies of conditional writes are lost, clocks differ, creates
arrive late, and owners overwrite and delete. The world watches every write, and its invariants must hold at the end."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from threading import Condition, Thread
from typing import Any

from shared.batchapi.model import Synthesis, SynthesisRequest
from shared.batchapi.versions import VERSIONS, ApiVersion
from shared.domain.documents import VersionStatus
from shared.errors import Conflict, OutcomeUnknown, Refused, SpeechdropError
from shared.pipeline.collector import sweep_and_tidy
from shared.pipeline.context import Pipeline
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from tests.crash.endpoint import Endpoint
from tests.crash.remote import EFFECTS
from tests.crash.scenarios import ask_for_extras, book, note
from tests.crash.world import SETTINGS, Violation, World

KILL, LOST_REPLY = 0.004, 0.01
"""Chances, at each port call (a kill: before an effect, and after it)."""
KILLS = 2
"""At most, of each host."""
SKEW = 1.0
"""Seconds that a host's clock is ahead or behind."""
LISTED_AFTER = 1.0
LATE = SETTINGS.accept_window_seconds - 2 * SKEW - LISTED_AFTER - 0.1
"""Seconds after which a create that got no answer is accepted, at most: the window, less what two clocks differ, and
less what the preview's list takes to show it."""
FAULTS = ("", "", "429", "lost reply", "503 before", "400", "400 once", "expired SAS", "late", "late")
STEPS = 500
"""Of time, at most; what is not settled by then is lost."""
TOLD: tuple[str, ...] = ("it cannot be spoken", "refused", "it broke", "no text")
"""What a failed version may say."""


class Killed(BaseException):
    """The process ended here; nothing of the pipeline catches it."""


class Over(BaseException):
    """The run has ended: all is settled, or something broke."""


class Turns:
    """Whose turn it is. All hosts but one wait."""

    def __init__(self, rnd: Random, hosts: int) -> None:
        self._rnd, self._hosts = rnd, hosts
        self._stays = rnd.choice([0.0, 0.5, 0.8, 0.95])
        """How often a host keeps its turn: others then do much while one stands still."""
        self._running = 0
        self._changed = Condition()
        self.over = False

    def pass_on(self, me: int) -> None:
        """Raises Over."""
        with self._changed:
            if not self.over and self._rnd.random() >= self._stays:
                self._running = self._rnd.randrange(self._hosts)
                self._changed.notify_all()
            self._wait(me)

    def begin(self, me: int) -> None:
        with self._changed:
            self._wait(me)

    def end(self) -> None:
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def _wait(self, me: int) -> None:
        self._changed.wait_for(lambda: self.over or self._running == me)
        if self.over:
            raise Over


@dataclass
class LateEndpoint(Endpoint):
    """Some creates arrive when their sender has stopped waiting."""

    rnd: Random = field(default_factory=Random)
    on_their_way: list[tuple[datetime, str, SynthesisRequest]] = field(default_factory=list)

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        if self.faults and self.faults[0] == "late":
            self.faults.pop(0)
            due = self.clock() + timedelta(seconds=self.rnd.uniform(0, LATE))
            self.on_their_way.append((due, job_id, request))
            raise OutcomeUnknown("time-out")
        return super().create(job_id, request)

    def arrive(self) -> None:
        for late in [late for late in self.on_their_way if late[0] <= self.clock()]:
            self.on_their_way.remove(late)
            with suppress(Refused):
                self._check("", late[1], late[2])
                self._accept(late[1], late[2], late[0])


Act = Callable[[], object]


class Town(World):
    """The world of one run: what lies in the inbox, what goes wrong, what owners will do; all by the seed."""

    def __init__(self, rnd: Random) -> None:
        slices = rnd.choice([1, 2, 50])
        version = rnd.choice(list(VERSIONS))
        settings = replace(SETTINGS, speech_api_version=version, slice_documents=slices, max_starts=50)
        super().__init__(replace(settings, function_timeout_seconds=60))
        self.rnd = rnd
        self.clock.now += timedelta(hours=1)  # nobody's clock is in another day
        faults = rnd.choices(FAULTS, k=3)
        self.late = LateEndpoint(
            self.storage,
            self.clock,
            VERSIONS[version],
            rnd=rnd,
            faults=faults,
            fail_whole=rnd.random() < 0.3,
            listed_after=rnd.choice([0, LISTED_AFTER]),
        )
        self.endpoint = self.late
        if rnd.random() < 0.3:
            self.endpoint.bad_texts = lambda text: "Paragraph 1 of bad" in text
        if rnd.random() < 0.3:
            ask_for_extras(self)
        self.steps = 0
        self.kills, self.most_steps, self.told = KILLS, STEPS, TOLD
        self.trace: list[str] = []
        self.broken: BaseException | None = None
        self.drop("a.txt", note("a"))
        self.drop("b.txt", book("bad", 2))
        self.events += rnd.sample(self.events, rnd.choice([0, 1]))
        self.weights = dict(STEP_WEIGHTS)
        self.acts = [self.will_drop("c.txt", note("c")), *self._later_acts(rnd.choice([0, 1, 3]))]

    def speak(self, version: ApiVersion) -> None:
        """The endpoint's version of the API, whatever was drawn."""
        self.settings = replace(self.settings, speech_api_version=version.name)
        self.late.version = version

    def _later_acts(self, count: int) -> Iterator[Act]:
        for n in range(count):
            yield self.rnd.choice(
                [
                    self.will_drop("a.txt", note(f"a{n}")),
                    self.will_drop("b.txt", book(f"b{n}", 3)),
                    self.will_drop("b.txt", note(f"bb{n}")),
                    self.will_drop("b.txt", ""),
                    self.will_drop("a.txt", book(f"ab{n}", 4)),
                    lambda: self.inbox.delete("c.txt"),
                ]
            )

    def will_drop(self, path: str, text: str) -> Act:
        return lambda: self.drop(path, text, event=self.rnd.random() < 0.8)

    def advance(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)
        self.late.arrive()

    def pass_time(self) -> None:
        """Raises Over when all is done, Violation when it takes too long."""
        if self.rnd.random() < 0.7:
            self.endpoint.work()
        self.advance(self.rnd.choice([0.1, 0.5, 1, 3, 30 if self.steps > 60 else 1]))
        self.steps += 1
        if self.steps > self.most_steps or (not self.acts and not self.late.on_their_way and self.settled()):
            raise Over

    def check_end(self) -> None:
        """The invariants, and what only an overlap can break. Raises Violation."""
        self.check_whole()
        current = {info.name: info.etag for info in self.documents()}
        newest = {v.path: v for v in sorted(self.all_versions(), key=lambda v: v.sequence)}
        for version in newest.values():
            if version.status is VersionStatus.SUPERSEDED and current.get(version.path) == version.source_etag:
                raise Violation(f"lost: {version.path} is superseded by nothing")


class Host:
    """One process after another on one machine: its steps, its clock, its kills."""

    def __init__(self, me: int, town: Town, turns: Turns) -> None:
        self.me, self.town, self.turns, self.rnd = me, town, turns, town.rnd
        self.kills = town.kills
        self.begun = town.clock.now
        skew = timedelta(seconds=self.rnd.choice([0.0, 0.0, SKEW, -SKEW]))
        ports: dict[str, Any] = {name: Port(self, name, port) for name, port in town.ports().items() if name != "host"}
        links = ports.pop("links")
        notifiers = (ports.pop("receiver"),) if town.receiver else ()
        self.p = Pipeline(
            settings=town.settings,
            clock=lambda: town.clock.now + skew,
            new_id=lambda: f"{self.rnd.getrandbits(64):016x}",
            jitter=lambda: 0.0,
            open_container=lambda url: ports["results"],
            open_file=lambda link: io.BytesIO(links.read(link())),
            notifiers=notifiers,
            **ports,
        )

    def run(self) -> None:
        try:
            self.turns.begin(self.me)
            while True:
                self._step()
                self.turns.pass_on(self.me)
        except Over:
            self.turns.end()
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits for this one
            self.town.broken = self.town.broken or error
            self.turns.end()

    def _step(self) -> None:
        self.begun = self.town.clock.now
        (step,) = self.rnd.choices(list(self.town.weights), list(self.town.weights.values()))
        self.note(step.__name__)
        try:
            step(self)
        except Killed:
            self.note("killed")
        except SpeechdropError as error:  # ends this function, and no other
            self.note(f"{type(error).__name__}: {error}")

    def note(self, text: str) -> None:
        self.town.trace.append(f"{self.me} {text}")

    def may_die(self) -> None:
        """Raises Killed; also where the function has run into its time-out."""
        too_long = timedelta(seconds=self.town.settings.function_timeout_seconds)
        if self.town.clock.now - self.begun > too_long:
            raise Killed
        if self.kills and self.rnd.random() < KILL:
            self.kills -= 1
            raise Killed

    def event(self) -> None:
        if self.town.events:
            path = self.rnd.choice(self.town.events)
            if self.rnd.random() < 0.7:  # else it comes again
                self.town.events.remove(path)
            intake(self.p, path)

    def message(self) -> None:
        for received in self.town.queue.receive(1, visibility=self.rnd.choice([0, 8, 8])):
            nudged(self.p, received.text)
            self.town.queue.delete(received)

    def timer(self) -> None:
        poll(self.p)

    def sweeper(self) -> None:
        sweep(self.p)

    def collector(self) -> None:
        sweep_and_tidy(self.p)

    def owner(self) -> None:
        if self.town.acts:
            self.town.acts.pop(0)()

    def time(self) -> None:
        self.town.pass_time()


STEP_WEIGHTS: Mapping[Callable[[Host], None], int] = {
    Host.event: 6,
    Host.message: 6,
    Host.timer: 4,
    Host.sweeper: 1,
    Host.owner: 1,
    Host.time: 4,
}
"""How often a host does what; a scenario may change its town's."""


@dataclass
class Port:
    """A port as one host has it: each call takes time, others may come before and after it, and it may go wrong."""

    host: Host
    name: str
    target: Any

    def __getattr__(self, method: str) -> Any:
        return lambda *args, **kwargs: self._call(method, args, kwargs)

    def _call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        host, rnd = self.host, self.host.rnd
        if method != "create":  # a create begins when its sender has looked at the time; `late` is what may come of it
            host.turns.pass_on(host.me)
        host.town.advance(rnd.choice([0, 0, 0.005, 0.03]))
        if method in EFFECTS:
            host.may_die()
        value = getattr(self.target, method)(*args, **kwargs)
        host.note(f"{self.name}.{method}")
        if method in EFFECTS:
            host.may_die()
            if self._would_meet_itself(method, kwargs) and rnd.random() < LOST_REPLY:
                raise Conflict("the storage SDK repeated this write, and met its own first try")
        host.turns.pass_on(host.me)
        return list(value) if isinstance(value, Iterator) else value

    def _would_meet_itself(self, method: str, kwargs: Mapping[str, Any]) -> bool:
        conditional = method == "write" and bool(kwargs.get("etag") or kwargs.get("new"))
        return self.name not in ("speech", "finishers") and (conditional or method in ("insert", "replace", "commit"))


def interleave(
    seed: int, scenario: Callable[[Town], None] = lambda town: None, *, kind: type[Town] = Town, seconds: float = 30
) -> Town:
    """One run, of the town after the scenario's changes to it. Raises Violation, which names the seed; `trace` of the
    town that is returned tells who did what. `seconds`, of real time, are what it may take."""
    rnd = Random(seed)
    town = kind(rnd)
    scenario(town)
    hosts = 2 + seed % 2
    turns = Turns(rnd, hosts)
    threads = [Thread(target=Host(me, town, turns).run, daemon=True) for me in range(hosts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    try:
        if any(thread.is_alive() for thread in threads):
            turns.end()
            raise Violation("hung")
        if town.broken:
            raise town.broken
        town.check_end()
    except Violation as violation:
        raise Violation(f"seed {seed}: {violation}") from violation
    return town
