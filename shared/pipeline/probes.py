"""Whether an endpoint keeps the two promises that the protocol rests on, and its vendor does not print.

A GA create refuses an id in use; a preview synthesis is in the list within ACCEPT_WINDOW of its create. A probe makes a
synthesis of one word, which is billed, and which the endpoint forgets an hour after its end. Where an answer does not
tell, the finding is UNDECIDED: a promise is called broken only when it was seen to be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.batchapi.model import InputKind, Properties, SynthesisConfig, SynthesisRequest
from shared.batchapi.versions import ApiVersion
from shared.domain.requests import JOB_PROPERTY
from shared.errors import EndpointError, OutcomeUnknown, Refused
from shared.ports import Clock, SpeechApi

WORD = "Hello."
REFUSES = "a create refuses an id in use"
LISTS = "a synthesis is in the list within ACCEPT_WINDOW of its create"

_NOT_OF_THE_ID = frozenset({401, 403, 404})
"""These speak of the account, the right or the path: the second create was refused, but not for its id."""
_STEP, _PAGE = 90, 100
"""Pages overlap, as others create meanwhile."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds."""


class Verdict(StrEnum):
    KEPT = "KEPT"
    BROKEN = "BROKEN"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    promise: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a probe is given. `pause` takes seconds; `new_id` gives a new random name in lower-case hex."""

    api: SpeechApi
    version: ApiVersion
    voice: str
    output_format: str
    window: timedelta
    """ACCEPT_WINDOW."""
    clock: Clock
    pause: Callable[[float], None]
    new_id: Callable[[], str]

    def request(self) -> SynthesisRequest:
        return SynthesisRequest(
            kind=InputKind.PLAIN_TEXT,
            inputs=(WORD,),
            config=SynthesisConfig(voice=self.voice),
            properties=Properties(output_format=self.output_format, time_to_live_hours=1),
        )


def probe(given: Probe) -> Finding:
    """The promise of the endpoint's version, put to the test. Takes up to the window where it is broken."""
    promise, test = (REFUSES, _refuses) if given.version.caller_names else (LISTS, _lists)
    job_id = f"probe-{given.new_id()}"
    try:
        given.api.create(job_id, given.request())
    except EndpointError as error:
        why = f"A synthesis of one word was not made: {error} {error.said}".rstrip()
        return Finding(promise=promise, verdict=Verdict.UNDECIDED, why=why)
    verdict, why = test(given, job_id)
    return Finding(promise=promise, verdict=verdict, why=why)


def _refuses(given: Probe, job_id: str) -> tuple[Verdict, str]:
    """The same create again; where it is refused GET must find the id, or the pipeline could not adopt it."""
    try:
        given.api.create(job_id, given.request())
    except EndpointError as error:
        verdict, why = judge_second(error)
        return (verdict, why) if verdict is not Verdict.KEPT else _finds(given, job_id)
    return judge_second(None)


def judge_second(error: EndpointError | None) -> tuple[Verdict, str]:
    """What the second create of an id says; None: it was accepted."""
    if error is None:
        return Verdict.BROKEN, "The same id was accepted twice, so a text may be paid for twice."
    if isinstance(error, Refused) and error.status not in _NOT_OF_THE_ID:
        return Verdict.KEPT, f"The second create was refused: {error}"
    return Verdict.UNDECIDED, f"The second create was not refused for its id: {error}"


def _finds(given: Probe, job_id: str) -> tuple[Verdict, str]:
    def look() -> bool:
        return given.api.get(job_id) is not None

    return _within_window(given, look, "GET does not know an id that a create refuses as in use")


def _lists(given: Probe, job_id: str) -> tuple[Verdict, str]:
    def look() -> bool:
        return _is_listed(given, job_id)

    return _within_window(
        given, look, "no list shows it with its customProperties, by which the pipeline knows its own"
    )


def _is_listed(given: Probe, job_id: str) -> bool:
    """Raises OutcomeUnknown: it was not seen, but may be among what could not be read."""
    skip = unread = 0
    while True:
        page = given.api.list(skip=skip, top=_PAGE)
        unread += page.unread
        if any(item.custom_properties.get(JOB_PROPERTY) == job_id for item in page.items):
            return True
        if not page.more:
            break
        skip += _STEP
    if unread:
        raise OutcomeUnknown(f"{unread} entries of the list cannot be read.")
    return False


def _within_window(given: Probe, look: Callable[[], bool], breach: str) -> tuple[Verdict, str]:
    """Looks, ever less often, until a look that began when the window was over."""
    created, pause = given.clock(), _FIRST_PAUSE
    while True:
        began, failure = given.clock(), None
        try:
            if look():
                return Verdict.KEPT, f"It was found {(given.clock() - created).total_seconds():.0f} s after its create."
        except EndpointError as error:
            failure = error
        left = (created + given.window - began).total_seconds()
        if left <= 0:
            return judge_absence(given.window, breach, failure)
        given.pause(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)


def judge_absence(window: timedelta, breach: str, failure: EndpointError | None) -> tuple[Verdict, str]:
    """What the last look says, begun when the window was over: it found nothing, or could not look."""
    if failure:
        return Verdict.UNDECIDED, f"The endpoint could not be asked: {failure}"
    return Verdict.BROKEN, f"{window.total_seconds():.0f} s after its create, {breach}."
