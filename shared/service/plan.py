"""How a synthesis's inputs are shared out among workers: inputs → parts → items, one queue message each. Pure.

A *sound* is one file of the result: an input, or with `concatenateResult` all of them. A *part* is a run of a sound's
script short enough to be spoken in one go; small parts share an *item*, a long input spreads over many.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from shared import ssml
from shared.batchapi.model import SynthesisConfig, SynthesisError
from shared.errors import InputError
from shared.service.script import Lacking, Script, Step, lines_of, read_step, weight, write_step
from shared.ssml import Pause

ITEM_INPUTS = 50
"""Most parts of one item."""
MOST_PAUSES_HOURS = 4
"""Of one input: two megabytes of `<break>` would be three weeks of silence, spoken by all workers."""
MOST_PAUSES_HOURS_OF_ALL = 24
"""Of all inputs of a request: a hundred and more fit one, each with as many as an input may have."""
_HOUR = 3_600_000
LONGEST_ERROR = 300
"""Characters of a reason; those of an item's parts share one row."""


EMPTY_MILLISECONDS = 250
"""Of silence, for an input without a thing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    input: int
    """Index of the input, from 0."""
    script: Script = ()
    whole: bool = False
    """It is all of its sound, so that its worker makes the file."""
    error: SynthesisError | None = None
    """Why there is nothing to speak."""


def spans_of(text: str, config: SynthesisConfig | None, *, fetching: bool) -> tuple[ssml.Span, ...]:
    """What one input says; without a config it is SSML. Raises InputError: the SSML cannot be read."""
    return ssml.parse(text, fetching=fetching) if config is None else ssml.plain(text, config)


def add_pauses(so_far: int, spans: tuple[ssml.Span, ...]) -> int:
    """Milliseconds of a request that are not speech, those of one more input added. Raises InputError: too many."""
    its_own = ssml.pauses(spans)
    if its_own > MOST_PAUSES_HOURS * _HOUR:
        remedy = "Leave some out, or divide the text into several inputs."
        raise InputError(f"Its pauses and recordings last longer than {MOST_PAUSES_HOURS} hours.", remedy=remedy)
    if so_far + its_own > MOST_PAUSES_HOURS_OF_ALL * _HOUR:
        why = f"Its pauses and recordings, and those before it, last longer than {MOST_PAUSES_HOURS_OF_ALL} hours."
        raise InputError(why, remedy="Leave some out, or divide the inputs among several requests.")
    return so_far + its_own


def script_of(spans: Sequence[ssml.Span], *, characters: int, lacking: Lacking) -> list[Script]:
    """What to say of one input, in runs of at most `characters` in weight; never none.

    Raises InputError: it asks for a voice that is not offered.
    """
    cut = ssml.segments(spans, characters)
    steps = iter(lines_of([span for segment in cut for span in segment], lacking))
    runs = [run for segment in cut for run in _runs(islice(steps, len(segment)), characters)]
    return runs or [(Pause(EMPTY_MILLISECONDS),)]


def _runs(script: Iterable[Step], characters: int) -> Iterator[Script]:
    run: list[Step] = []
    weighed = 0
    for step in script:
        if run and weighed + weight(step) > characters:
            yield tuple(run)
            run, weighed = [], 0
        run.append(step)
        weighed += weight(step)
    if run:
        yield tuple(run)


def items_of(parts: Iterable[Part], *, characters: int) -> Iterator[list[Part]]:
    """The parts in order, as many to an item as its limits allow."""
    item: list[Part] = []
    weighed = 0
    for part in parts:
        size = sum(map(weight, part.script))
        if item and (weighed + size > characters or len(item) == ITEM_INPUTS):
            yield item
            item, weighed = [], 0
        item.append(part)
        weighed += size
    if item:
        yield item


def write_item(item: Sequence[Part]) -> bytes:
    """A line for each part."""
    return b"".join(json.dumps(_written(part), separators=(",", ":")).encode() + b"\n" for part in item)


def _written(part: Part) -> dict[str, object]:
    script = [write_step(step) for step in part.script]
    error = asdict(part.error) if part.error else None
    return {"input": part.input, "script": script, "whole": part.whole, "error": error}


def read_item(data: bytes) -> list[Part]:
    return [_read_part(json.loads(line)) for line in data.splitlines()]


def _read_part(written: Mapping[str, Any]) -> Part:
    error = written["error"]
    return Part(
        input=written["input"],
        script=tuple(map(read_step, written["script"])),
        whole=written["whole"],
        error=SynthesisError(**error) if error else None,
    )
