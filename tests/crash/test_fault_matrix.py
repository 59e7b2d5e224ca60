"""Every fault that peers are known to make, one test a cell; a run prints the cells and what each took.

What only a host can do is shown where there is one: `cells` names those tests.
"""

from __future__ import annotations

import ast
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.batchapi.model import SynthesisStatus
from shared.batchapi.versions import VERSIONS
from shared.domain.jobs import JobStatus, Verdict
from shared.errors import NotAccepted, OutcomeUnknown, SpeechdropError, StorageError
from shared.pipeline.control import retry
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from tests.crash.cells import ELSEWHERE
from tests.crash.child import count_effects, survive
from tests.crash.endpoint import Endpoint
from tests.crash.remote import EFFECTS
from tests.crash.scenarios import book, note
from tests.crash.tally import TALLY
from tests.crash.world import SETTINGS, World
from tests.unit.pipeline.running import Interrupted, Running

ROOT = Path(__file__).parents[2]

either = pytest.mark.parametrize("version", VERSIONS)


def begin(version: str, **settings: Any) -> Running:
    return Running.begin(speech_api_version=version, **settings)


def ends(running: Running, *paths: str, status: str = "FINISHED", paid: int = 1) -> None:
    """All is settled as it should be, and each input was accepted so often."""
    running.settle(80)
    for path in paths:
        assert running.statuses(path)[-1] == status
    sent = [text for texts in running.sent() for text in texts]
    assert all(sent.count(text) <= paid for text in sent)


# Crash between steps


STEPS = {
    "row inserted": ("documents.commit", 0),
    "job row inserted": ("jobs.insert", 0),
    "parts claimed": ("documents.commit", 1),
    "request written": ("work.write", 0),
    "sealed": ("jobs.replace", 0),
    "lease taken, SAS minted": ("jobs.replace", 1),
    "create answered, no reply seen": ("speech.create", 0),
    "acceptance recorded": ("jobs.replace", 2),
    "end recorded": ("jobs.replace", 3),
    "finisher told": ("finishers.send", 0),
    "summary read, audio copied": ("results.copy", 0),
    "part marked": ("documents.commit", 2),
    "manifest written": ("results.write", 0),
    "version ended": ("documents.commit", 3),
    "day noted": ("days.commit", 0),
    "job ended": ("jobs.replace", 4),
}


def one_note(world: World) -> None:
    world.drop("a.txt", note("a"))


@either
@pytest.mark.parametrize("step", STEPS)
def test_crash_between_steps(step: str, version: str) -> None:
    """Exactly one job, one manifest, no orphan. Nothing is ever deleted at the endpoint."""
    settings = replace(SETTINGS, speech_api_version=version)
    name, nth = STEPS[step]
    effects = count_effects(one_note, World(settings))
    at = [number for number, effect in enumerate(effects) if effect == name][nth]

    def run(kill_at: int) -> World:
        world = survive(one_note, kill_at, World(settings))
        assert len(world.endpoint.ledger) == 1
        assert world.manifest("a.txt")["status"] == "FINISHED"
        assert {job.status for job in world.all_jobs()} <= {JobStatus.ENDED, JobStatus.DROPPED}
        return world

    assert TALLY.all_survived(run, [2 * at + 1]) == 1


# Duplicates and order


@either
def test_the_same_event_many_times_at_once(version: str) -> None:
    running = begin(version)
    running.world.drop("a.txt", note("a"), event=False)
    inner = running.p
    for _ in range(5):

        def again(p: Any = inner) -> None:
            intake(p, "a.txt")

        inner = replace(running.p, documents=Interrupted(running.p.documents, "commit", again))
    intake(inner, "a.txt")
    ends(running, "a.txt")
    assert len(running.sent()) == 1


@either
@pytest.mark.parametrize("text", [note("new"), book("new")], ids=["note", "book"])
def test_uploaded_again_while_pending(version: str, text: str) -> None:
    running = begin(version)
    running.take("a.txt", book("old"))
    running.take("a.txt", text)
    ends(running, "a.txt")
    assert running.statuses("a.txt") == ["SUPERSEDED", "FINISHED"]


def test_deleted_before_its_event_comes(running: Running) -> None:
    running.world.drop("a.txt", note("a"), event=False)
    running.world.inbox.delete("a.txt")
    intake(running.p, "a.txt")
    assert running.all() == ([], [], [])


@either
def test_deleted_and_created_again_with_the_same_content(version: str) -> None:
    running = begin(version)
    running.take("a.txt", note("a"))
    running.world.inbox.delete("a.txt")
    running.world.paid_again = 1  # it has another ETag, so it is another version, though its words are the same
    running.take("a.txt", note("a"))
    ends(running, "a.txt", paid=2)


def test_names_that_differ_by_case_or_unicode_form_are_different_documents(running: Running) -> None:
    names = ["Straße.txt", "straße.txt", *(unicodedata.normalize(form, "é.txt") for form in ("NFC", "NFD"))]
    for number, name in enumerate(names):
        running.take(name, note(str(number)))
    ends(running, *names)
    assert len(running.world.all_versions()) == 4


# Service faults


@either
@pytest.mark.parametrize(
    "fault", ["429", "429 bare", "no connection", "408", "500 before", "503 before", "401", "lost reply"]
)
def test_a_create_that_fails(fault: str, version: str) -> None:
    running = begin(version)
    running.world.endpoint.faults = [fault] * 2
    running.take("a.txt", book("a"))
    ends(running, "a.txt")


@pytest.mark.parametrize("status", [0, 429, 500, 503])
@either
def test_reads_that_fail(status: int, version: str) -> None:
    """Lists and GETs, for a while: each round asks again."""
    running = begin(version)
    running.take("a.txt", note("a"))
    real, failures = running.p, [5]

    class Failing:
        def __getattr__(self, name: str) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                if name != "create" and failures[0]:
                    failures[0] -= 1
                    error = NotAccepted if status in (0, 429) else OutcomeUnknown
                    raise error("no", status=status)
                return getattr(real.speech, name)(*args, **kwargs)

            return call

    running.p = replace(running.p, speech=Failing())
    ends(running, "a.txt")


@either
def test_not_found_on_get(version: str) -> None:
    """204 and 404 are one answer: it is not there. Paid, so only a person sends it again."""
    running = begin(version)
    running.take("a.txt", note("a"))
    running.world.endpoint.held.clear()
    running.settle(60)
    assert running.job().verdict is Verdict.GONE
    running.world.paid_again = 1
    retry(running.p, "a.txt")
    ends(running, "a.txt", paid=2)


@either
@pytest.mark.parametrize("status", [SynthesisStatus.NOT_STARTED, SynthesisStatus.RUNNING])
def test_stuck_past_its_deadline(status: SynthesisStatus, version: str) -> None:
    running = begin(version, deadline_seconds=60)
    endpoint = running.world.endpoint
    if status is SynthesisStatus.RUNNING:
        endpoint.ends = ["stuck"]
    else:
        endpoint.at_once = 0
    running.take("a.txt", note("a"))
    ends(running, "a.txt", status="FAILED")
    assert {held.status for _, held in endpoint.held.values()} == {status}
    endpoint.at_once = 1
    endpoint.go_on()
    retry(running.p, "a.txt")
    ends(running, "a.txt")


@either
def test_succeeded_with_failed_inputs(version: str) -> None:
    running = begin(version)
    running.world.endpoint.bad_texts = lambda text: "Paragraph 1" in text
    running.take("a.txt", book("a"))
    running.settle(60)
    assert running.statuses("a.txt") == ["FAILED"]
    counts = {text: sum(text in texts for texts in running.sent()) for texts in running.sent() for text in texts}
    assert sorted(counts.values()) == [1, 1, SETTINGS.max_attempts]


@either
def test_an_expired_sas(version: str) -> None:
    running = begin(version)
    running.world.endpoint.faults = ["expired SAS"]
    running.take("a.txt", note("a"))
    ends(running, "a.txt")


@either
@pytest.mark.parametrize("end", ["malformed summary", "no summary", "no audio"])
def test_a_result_that_is_not_whole(end: str, version: str) -> None:
    """Waited for, and then told; a retry pays again, as a person wishes."""
    running = begin(version)
    running.world.endpoint.ends = [end]
    running.take("a.txt", note("a"))
    running.settle(60)
    assert "its result cannot be had" in running.error("a.txt")["why"]
    running.world.paid_again = 1
    retry(running.p, "a.txt")
    ends(running, "a.txt", paid=2)


# Storage faults


def test_two_pollers_race(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(3)
    racing: Any = Interrupted(running.p.jobs, "replace", lambda: _tried(lambda: poll(running.p)))
    poll(replace(running.p, jobs=racing))
    assert racing.happened
    ends(running, "a.txt")


def test_an_insert_that_another_made_first(running: Running) -> None:
    running.world.drop("a.txt", note("a"), event=False)
    racing: Any = Interrupted(running.p.documents, "commit", lambda: intake(running.p, "a.txt"))
    intake(replace(running.p, documents=racing), "a.txt")
    assert racing.happened
    ends(running, "a.txt")


@dataclass
class Unlucky:
    """All ports together: of the calls of some methods number `at` fails, before or after it was done."""

    methods: frozenset[str]
    at: int
    after: bool
    error: Callable[[], Exception]
    calls: int = 0

    def port(self, target: Any) -> Any:
        return _Port(self, target)


@dataclass
class _Port:
    luck: Unlucky
    target: Any

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            luck, counts = self.luck, method in self.luck.methods
            mine = counts and luck.calls == luck.at
            luck.calls += counts
            if mine and not luck.after:
                raise luck.error()
            value = getattr(self.target, method)(*args, **kwargs)
            if mine:
                raise luck.error()
            return list(value) if isinstance(value, Iterator) else value

        return call


STORAGE = ("documents", "jobs", "open", "days", "app", "inbox", "results", "work", "finishers")


READS = frozenset({"get", "query", "peek", "head", "read", "list", "page"})


def busy() -> Exception:
    return StorageError("busy", status=503)


@pytest.mark.parametrize(
    ("methods", "after", "error"),
    [
        (EFFECTS - {"create"}, False, busy),
        (EFFECTS - {"create"}, True, lambda: StorageError("no answer", status=0)),
        (READS, False, busy),
    ],
    ids=["server busy", "time-out after the commit", "busy when it is read"],
)
@either
def test_storage_that_fails_at_any_call(
    methods: frozenset[str], after: bool, error: Callable[[], Exception], version: str
) -> None:
    at, done = 0, False
    while not done:
        running = begin(version)
        luck = Unlucky(methods, at, after, error)
        whole = running.p
        running.p = replace(whole, **{name: luck.port(getattr(whole, name)) for name in STORAGE})
        running.world.drop("a.txt", book("a"))
        deque(_rounds(running), maxlen=0)
        running.world.check()
        assert len(running.sent()) == 1, f"at call {at}"
        at, done = at + 1, luck.calls <= at
    assert at > 30


def _rounds(running: Running) -> Iterator[None]:
    """As the host would: what raises comes again."""
    for number in range(200):
        for path in tuple(running.world.events):
            if _tried(lambda path=path: intake(running.p, path)):  # type: ignore[misc]
                running.world.events.remove(path)
        running.world.endpoint.work()
        running.wait(2)
        _tried(lambda: poll(running.p))
        _tried(running.finish_all)
        if number % 10 == 9:
            _tried(lambda: sweep(running.p))
        if running.world.settled():
            return
        yield


def _tried(act: Callable[[], object]) -> bool:
    try:
        act()
    except SpeechdropError:
        return False
    return True


def test_a_batch_of_which_one_part_is_another_by_now(running: Running) -> None:
    """The rest of a transaction that was refused is done one by one."""
    running.world.endpoint.faults = ["429"]
    for name in ("a", "b", "c"):
        running.take(f"{name}.txt", note(name))
    running.wait(10)

    def changed() -> None:
        running.world.drop("b.txt", note("b again"), event=False)
        intake(running.p, "b.txt")

    poll(replace(running.p, documents=Interrupted(running.p.documents, "commit", changed)))
    ends(running, "a.txt", "b.txt", "c.txt")
    assert running.statuses("b.txt") == ["SUPERSEDED", "FINISHED"]


# Host


@pytest.mark.parametrize("skew", [-900, -10, 10, 900])
def test_clocks_that_differ(skew: float, running: Running) -> None:
    """A SAS is good from a quarter of an hour before our clock says so."""
    ours = running.world.clock

    def theirs() -> datetime:
        return ours() + timedelta(seconds=skew)

    running.world.endpoint.clock = theirs
    for container in running.world.storage.containers.values():
        container.clock = theirs
    running.take("a.txt", note("a"))
    ends(running, "a.txt")


# Load


@dataclass
class Capped(Endpoint):
    """Takes 100 requests in 10 s, all kinds together."""

    times: deque[datetime] = field(default_factory=deque)
    throttled: int = 0

    def _spend(self) -> None:
        now = self.clock()
        while self.times and self.times[0] <= now - timedelta(seconds=10):
            self.times.popleft()
        if len(self.times) >= 100:
            self.throttled += 1
            raise NotAccepted("slow down", status=429, retry_after=1)
        self.times.append(now)

    def create(self, *args: Any) -> Any:
        self._spend()
        return super().create(*args)

    def get(self, synthesis_id: str) -> Any:
        self._spend()
        return super().get(synthesis_id)

    def list(self, **kwargs: int) -> Any:
        self._spend()
        return super().list(**kwargs)


@either
def test_a_thousand_uploads_in_a_minute(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    running = begin(version, max_requests_per_second=5)
    world = running.world
    world.endpoint = Capped(world.storage, world.clock, VERSIONS[version], seconds=20)
    running.p = replace(running.p, speech=world.endpoint)
    begun = world.clock.now
    for number in range(1000):
        running.take(f"{number:04d}.txt", note(str(number)))
        running.wait(0.06)
        if number % 80 == 79:
            running.round(0)
    while not world.settled():
        running.round(5)
    world.check()
    drained, jobs = (world.clock.now - begun).total_seconds(), len(world.all_jobs())
    requests = sum(world.endpoint.requests.values())
    assert world.endpoint.throttled == 0
    assert requests < 100
    with capsys.disabled():
        print(f"\n{version}: drained in {drained:.0f} s, {jobs} jobs, {requests} requests, none throttled")


# The matrix itself


def test_cells_shown_elsewhere_are_there() -> None:
    for cell, node in ELSEWHERE.items():
        path, _, name = node.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        names = {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}
        assigned = [item.targets for item in tree.body if isinstance(item, ast.Assign)]
        assert name in names | {ast.unparse(target) for targets in assigned for target in targets}, cell


@pytest.fixture
def running() -> Running:
    return Running.begin()
