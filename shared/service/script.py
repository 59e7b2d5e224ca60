"""What is to be said of an input, step by step, as the plan's blob keeps it and workers read it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared import ssml
from shared.batchapi.voices import Voice, find_speaker, find_voice
from shared.errors import InputError
from shared.marks import unmarked
from shared.ports import Utterance
from shared.ssml import Pause
from shared.ssml.sentences import ended
from shared.ssml.spans import CLIP_SECONDS

PAUSE_CHARACTERS_PER_SECOND = 15
"""A pause weighs as much as the speech that would last as long, so that no item's sound outgrows the others'."""
CLIP_WEIGHT = CLIP_SECONDS * PAUSE_CHARACTERS_PER_SECOND
"""Of a recording: two to a part, as a worker holds the sound of a part
in memory several times over, and two of ten minutes are 58 MB."""
GOES_ON = 60
"""Milliseconds between two utterances of one sentence."""
TAKES_PHONES = frozenset({"hibari", "kokoro"})
"""Engines that say a marked word as its phones have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An utterance, and what the service does with it before and after an engine speaks it."""

    utterance: Utterance
    before: int | None = None
    """Milliseconds of silence before its first sound; None: the engine's own."""
    after: int | None = None
    """Milliseconds of silence after its last sound; None: the engine's own."""
    lexicons: tuple[str, ...] = ()
    """URLs of pronunciation lexicons."""
    phones: bool = False
    """The voice takes marks."""
    begins: bool = False
    """A sentence begins with it, however the text before it ends."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording, and what to say where it cannot be had."""

    url: str
    instead: Script


@dataclass(frozen=True, slots=True)
class Lasting:
    """Steps that together last `milliseconds`, within a factor of two."""

    milliseconds: int
    steps: Script


Step = Line | Pause | Clip | Lasting
Script = tuple[Step, ...]
"""What to say, in order; no utterance is longer than a segment."""


def weight(step: Step) -> int:
    """Characters of speech that last about as long."""
    if isinstance(step, Pause):
        return step.milliseconds * PAUSE_CHARACTERS_PER_SECOND // 1000
    if isinstance(step, Line):
        return len(step.utterance.text)
    return CLIP_WEIGHT + sum(map(weight, step.instead)) if isinstance(step, Clip) else sum(map(weight, step.steps))


Lacking = Callable[[str], str]
"""Why no voice of an engine is offered; "" where they are."""


def lines_of(spans: Sequence[ssml.Span], lacking: Lacking) -> list[Step]:
    """Raises InputError: a voice is not offered."""
    steps: list[Step] = []
    for place, span in enumerate(spans):
        going = place > 0 and _goes_on(spans[place - 1], span)
        goes = place + 1 < len(spans) and _goes_on(span, spans[place + 1])
        steps.append(_step(span, lacking, going=going, goes=goes))
    return steps


def _goes_on(span: ssml.Span, following: ssml.Span) -> bool:
    """The two are parts of one sentence, which has no pause of its own where they meet."""
    if not isinstance(span, ssml.Say) or isinstance(following, ssml.Lasting):
        return False
    if isinstance(following, ssml.Say) and (following.begins or following.text.startswith("\n\n")):
        return False
    return not ended(span.text) and not span.text.endswith("\n\n")


def _step(span: ssml.Span, lacking: Lacking, *, going: bool, goes: bool) -> Step:
    if isinstance(span, Pause):
        return span
    if isinstance(span, ssml.Clip):
        return Clip(span.url, tuple(lines_of(span.instead, lacking)))
    if isinstance(span, ssml.Lasting):
        return Lasting(span.milliseconds, tuple(lines_of(span.spans, lacking)))
    voice = _speaker(span, lacking)
    phones = voice.engine in TAKES_PHONES
    return Line(
        utterance=Utterance(
            text=span.text if phones else unmarked(span.text),
            engine=voice.engine,
            voice=voice.engine_voice,
            rate=span.rate,
            pitch=span.pitch,
            volume=span.volume,
        ),
        before=0 if going and span.before is None else span.before,
        after=GOES_ON if goes and span.after is None else span.after,
        lexicons=span.lexicons,
        phones=phones,
        begins=span.begins,
    )


def _speaker(span: ssml.Say, lacking: Lacking) -> Voice:
    """A multilingual voice speaks another language by the voice of another. Raises InputError as `voice_named` does."""
    voice = voice_named(span.voice, lacking)
    other = find_speaker(span.locale, voice.gender)
    return other if other and not lacking(other.engine) else voice


def voice_named(name: str, lacking: Lacking, where: str = "") -> Voice:
    """Raises InputError, as found at `where`: there is no such voice, or its engine is not installed."""
    voice = find_voice(name)
    if voice is None:
        raise InputError(
            f"The voice '{name[:100]}' is not supported.",
            remedy="Use the name of a voice that /cognitiveservices/voices/list shows, e.g. en-US-JennyNeural.",
            where=where,
        )
    remedy = lacking(voice.engine)
    if remedy:
        raise InputError(f"The voice '{voice.name}' is not offered by this service.", remedy=remedy, where=where)
    return voice


def write_step(step: Step) -> object:
    """As JSON has it."""
    if isinstance(step, Pause):
        return step.milliseconds
    if isinstance(step, Line):
        return _without_defaults(step)
    if isinstance(step, Clip):
        return {"clip": step.url, "steps": _written(step.instead)}
    return {"lasting": step.milliseconds, "steps": _written(step.steps)}


def _written(steps: Iterable[Step]) -> list[object]:
    return [write_step(step) for step in steps]


def _without_defaults(line: Line) -> Mapping[str, object]:
    written = asdict(line)
    return {name: value for name, value in written.items() if value is not None and value is not False and value != ()}


def read_step(written: Any) -> Step:
    if isinstance(written, int):
        return Pause(written)
    if "utterance" in written:
        lexicons = tuple(written.get("lexicons", ()))
        return Line(**{**written, "utterance": Utterance(**written["utterance"]), "lexicons": lexicons})
    steps = tuple(map(read_step, written["steps"]))
    return Clip(written["clip"], steps) if "clip" in written else Lasting(written["lasting"], steps)
