"""How a synthesis's inputs are shared out among workers: inputs → parts → items, one queue message each. Pure.

A *sound* is one file of the result: an input, or with `concatenateResult` all of them. A *part* is a run of a sound's
script short enough to be spoken in one go; small parts share an *item*, a long input spreads over many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared import ssml
from shared.batchapi.model import InputKind, SynthesisConfig, SynthesisError
from shared.batchapi.voices import Voice, find_voice
from shared.errors import InputError
from shared.ports import Utterance
from shared.ssml import Pause

ITEM_INPUTS = 50
"""Most parts of one item."""
PAUSE_CHARACTERS_PER_SECOND = 15
"""A pause weighs as much as the speech that would last as long, so that no item's sound outgrows the others'."""
MOST_PAUSES_SECONDS = 4 * 3600
"""Of one input: two megabytes of `<break>` would be three weeks of silence, spoken by all workers."""
LONGEST_ERROR = 300
"""Characters of a reason; those of an item's parts share one row."""


EMPTY_MILLISECONDS = 250
"""Of silence, for an input without a thing to say."""

Script = tuple[Utterance | Pause, ...]
"""What to say, in order; no utterance is longer than a segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    input: int
    """Index of the input, from 0."""
    script: Script = ()
    whole: bool = False
    """It is all of its sound, so that its worker makes the file."""
    error: SynthesisError | None = None
    """Why there is nothing to speak."""


def weight(step: Utterance | Pause) -> int:
    if isinstance(step, Pause):
        return step.milliseconds * PAUSE_CHARACTERS_PER_SECOND // 1000
    return len(step.text)


Lacking = Callable[[str], str]
"""Why no voice of an engine is offered; "" where they are."""


def script_of(
    text: str, kind: InputKind, config: SynthesisConfig | None, *, characters: int, lacking: Lacking
) -> list[Script]:
    """What to say of one input, in runs of at most `characters` in weight; never none.

    Raises InputError: the SSML cannot be read, asks for a voice that is not offered, or is mostly pauses.
    """
    if kind is InputKind.PLAIN_TEXT:
        assert config is not None, "read_create demands it"
        spans = ssml.plain(text, config)
    else:
        spans = ssml.parse(text)
    if sum(span.milliseconds for span in spans if isinstance(span, Pause)) > MOST_PAUSES_SECONDS * 1000:
        remedy = "Leave some out, or divide the text into several inputs."
        raise InputError(f"Its pauses last longer than {MOST_PAUSES_SECONDS // 3600} hours.", remedy=remedy)
    cut = ssml.segments(spans, characters)
    runs = [run for segment in cut for run in _runs([_step(span, lacking) for span in segment], characters)]
    return runs or [(Pause(EMPTY_MILLISECONDS),)]


def _step(span: ssml.Span, lacking: Lacking) -> Utterance | Pause:
    if isinstance(span, Pause):
        return span
    voice = voice_named(span.voice, lacking)
    return Utterance(
        text=span.text,
        engine=voice.engine,
        voice=voice.engine_voice,
        rate=span.rate,
        pitch=span.pitch,
        volume=span.volume,
    )


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


def _runs(script: Iterable[Utterance | Pause], characters: int) -> Iterator[Script]:
    run: list[Utterance | Pause] = []
    weighed = 0
    for step in script:
        if run and weighed + weight(step) > characters:
            yield tuple(run)
            run, weighed = [], 0
        run.append(step)
        weighed += weight(step)
    if run:
        yield tuple(run)


def items_of(parts: Iterable[Part], *, characters: int) -> list[list[Part]]:
    """The parts in order, as many to an item as its limits allow."""
    items: list[list[Part]] = []
    weighed = 0
    for part in parts:
        size = sum(map(weight, part.script))
        if not items or weighed + size > characters or len(items[-1]) == ITEM_INPUTS:
            items.append([])
            weighed = 0
        items[-1].append(part)
        weighed += size
    return items


def write_item(item: Sequence[Part]) -> bytes:
    """A line for each part."""
    return b"".join(json.dumps(_written(part), separators=(",", ":")).encode() + b"\n" for part in item)


def _written(part: Part) -> dict[str, object]:
    script = [step.milliseconds if isinstance(step, Pause) else asdict(step) for step in part.script]
    error = asdict(part.error) if part.error else None
    return {"input": part.input, "script": script, "whole": part.whole, "error": error}


def read_item(data: bytes) -> list[Part]:
    return [_read_part(json.loads(line)) for line in data.splitlines()]


def _read_part(written: Mapping[str, Any]) -> Part:
    error = written["error"]
    return Part(
        input=written["input"],
        script=tuple(Pause(step) if isinstance(step, int) else Utterance(**step) for step in written["script"]),
        whole=written["whole"],
        error=SynthesisError(**error) if error else None,
    )
