"""The probes against the endpoint in memory, which keeps both promises, and against ones that break each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStorage
from shared.batchapi.model import Page, Synthesis, SynthesisRequest
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.errors import NotAccepted, OutcomeUnknown, Refused
from shared.pipeline.probes import WORD, Finding, Probe, Verdict, judge_second, probe
from shared.ports import SpeechApi
from tests.crash.endpoint import Endpoint
from tests.crash.world import Clock

KEPT, BROKEN, UNDECIDED = Verdict.KEPT, Verdict.BROKEN, Verdict.UNDECIDED
WINDOW = 600


@dataclass
class Preview(Endpoint):
    version: ApiVersion = PREVIEW
    others: int = 0
    """Syntheses of others, newer than any of ours."""
    unread: int = 0
    keeps_properties: bool = True

    def list(self, *, skip: int, top: int) -> Page:
        page = super().list(skip=0, top=1000)
        kept = [item if self.keeps_properties else replace(item, custom_properties={}) for item in page.items]
        others = [replace(next(iter(self.held.values()))[1], custom_properties={})] * self.others
        everything = (*others, *kept)
        more = len(everything) > skip + top
        return Page(items=everything[skip : skip + top], more=more, unread=self.unread)


@dataclass
class Overwrites(Endpoint):
    """A GA endpoint that takes an id twice."""

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        self.held.pop(job_id, None)
        return super().create(job_id, request)


@dataclass
class Forgets(Endpoint):
    """Refuses an id in use, and does not know it: for ever, or for so many seconds."""

    seconds: float = 10**9

    def get(self, job_id: str) -> Synthesis | None:
        found = super().get(job_id)
        return found if found and self.clock() >= found.created + timedelta(seconds=self.seconds) else None


@dataclass
class World:
    clock: Clock = field(default_factory=Clock)
    pauses: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.pauses.append(seconds)
        self.clock.now += timedelta(seconds=seconds)

    def of(self, kind: type[Endpoint], **options: object) -> Endpoint:
        return kind(storage=MemoryStorage(clock=self.clock), clock=self.clock, **options)  # type: ignore[arg-type]

    def probe(self, api: SpeechApi, version: ApiVersion = GA) -> Finding:
        return probe(
            Probe(
                api=api,
                version=version,
                voice="en-US-JennyNeural",
                output_format="audio-24khz-48kbitrate-mono-mp3",
                window=timedelta(seconds=WINDOW),
                clock=self.clock,
                pause=self.pause,
                new_id=lambda: "0123abcd",
            )
        )


def test_an_endpoint_that_keeps_its_promises_is_found_to() -> None:
    world = World()
    ga, preview = world.of(Endpoint), world.of(Preview)
    assert world.probe(ga).verdict is KEPT
    assert world.probe(preview, PREVIEW).verdict is KEPT
    assert not world.pauses


def test_a_probe_pays_for_one_word() -> None:
    world = World()
    endpoint = world.of(Endpoint)
    world.probe(endpoint)
    assert endpoint.ledger == [("probe-0123abcd", (WORD,))]
    request, _ = endpoint.held["probe-0123abcd"]
    assert request.properties.time_to_live_hours == 1


def test_an_id_that_is_taken_twice_is_a_breach() -> None:
    world = World()
    finding = world.probe(world.of(Overwrites))
    assert (finding.verdict, finding.promise) == (BROKEN, "a create refuses an id in use")


def test_an_id_that_is_refused_and_not_found_is_a_breach() -> None:
    """A refused create is adopted only where GET finds it; else its documents fail although they are spoken."""
    world = World()
    finding = world.probe(world.of(Forgets))
    assert finding.verdict is BROKEN
    assert sum(world.pauses) == WINDOW


def test_an_id_that_is_found_late_but_in_time_is_kept() -> None:
    assert (world := World()).probe(world.of(Forgets, seconds=WINDOW - 1)).verdict is KEPT


@pytest.mark.parametrize(("after", "verdict"), [(0, KEPT), (30, KEPT), (WINDOW, KEPT), (WINDOW + 1, BROKEN)])
def test_a_synthesis_must_be_listed_within_the_window(after: float, verdict: Verdict) -> None:
    world = World()
    finding = world.probe(world.of(Preview, listed_after=after), PREVIEW)
    assert (finding.verdict, finding.promise.split(" within")[0]) == (verdict, "a synthesis is in the list")
    assert sum(world.pauses) <= WINDOW
    assert len(world.pauses) < 20


def test_it_is_found_behind_many_others() -> None:
    world = World()
    endpoint = world.of(Preview, others=250)
    assert world.probe(endpoint, PREVIEW).verdict is KEPT
    assert endpoint.requests["list"] == 3


def test_a_synthesis_that_loses_its_properties_is_a_breach() -> None:
    """The pipeline knows its own by nothing else there."""
    world = World()
    assert world.probe(world.of(Preview, keeps_properties=False), PREVIEW).verdict is BROKEN


@pytest.mark.parametrize("fault", ["429", "503 before", "400", "lost reply"])
@pytest.mark.parametrize(("kind", "version"), [(Endpoint, GA), (Preview, PREVIEW)])
def test_without_a_first_synthesis_nothing_is_decided(kind: type[Endpoint], version: ApiVersion, fault: str) -> None:
    world = World()
    finding = world.probe(world.of(kind, faults=[fault]), version)
    assert finding.verdict is UNDECIDED
    assert finding.why.startswith("A synthesis of one word was not made")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (None, BROKEN),
        (Refused("in use", status=409), KEPT),
        (Refused("in use", status=400), KEPT),
        (Refused("no right", status=403), UNDECIDED),
        (Refused("no key", status=401), UNDECIDED),
        (Refused("no such path", status=404), UNDECIDED),
        (NotAccepted("throttled", status=429), UNDECIDED),
        (OutcomeUnknown("no answer"), UNDECIDED),
    ],
)
def test_only_a_refusal_of_the_id_counts(
    error: Refused | NotAccepted | OutcomeUnknown | None, verdict: Verdict
) -> None:
    assert judge_second(error)[0] is verdict


def test_a_list_that_fails_at_the_end_decides_nothing() -> None:
    world = World()
    endpoint = world.of(Preview, listed_after=10**9)
    failing_from = world.clock() + timedelta(seconds=WINDOW)

    def listed(*, skip: int, top: int) -> Page:
        if world.clock() >= failing_from:
            raise NotAccepted("too many requests", status=429)
        return Preview.list(endpoint, skip=skip, top=top)  # type: ignore[arg-type]

    endpoint.list = listed  # type: ignore[method-assign]
    assert world.probe(endpoint, PREVIEW).verdict is UNDECIDED


def test_a_list_that_cannot_be_read_whole_decides_nothing() -> None:
    """Ours may be among what is unread; found all the same, it is there."""
    world = World()
    assert world.probe(world.of(Preview, listed_after=10**9, unread=1), PREVIEW).verdict is UNDECIDED
    assert world.probe(world.of(Preview, unread=1), PREVIEW).verdict is KEPT


def test_a_list_that_fails_once_is_asked_again() -> None:
    world = World()
    endpoint = world.of(Preview)
    usual, failures = endpoint.list, [OutcomeUnknown("reset")]

    def listed(*, skip: int, top: int) -> Page:
        if failures:
            raise failures.pop()
        return usual(skip=skip, top=top)

    endpoint.list = listed  # type: ignore[method-assign]
    assert world.probe(endpoint, PREVIEW).verdict is KEPT
    assert world.pauses == [1]


def test_the_window_is_counted_from_the_end_of_the_create() -> None:
    """A create that takes long must not eat it up."""
    world = World()
    endpoint = world.of(Preview, listed_after=WINDOW + 30)
    usual = endpoint.create

    def slow(job_id: str, request: SynthesisRequest) -> Synthesis:
        made = usual(job_id, request)
        world.clock.now += timedelta(seconds=60)
        return made

    endpoint.create = slow  # type: ignore[method-assign]
    assert world.probe(endpoint, PREVIEW).verdict is KEPT
