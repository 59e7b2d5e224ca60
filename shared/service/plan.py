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
from shared.batchapi.model import InputKind, SynthesisConfig, SynthesisError
from shared.errors import InputError
from shared.service.script import Lacking, Script, Step, lines_of, read_step, weight, write_step
from shared.ssml import Pause

ITEM_INPUTS = 50
"""Most parts of one item."""
MOST_PAUSES_SECONDS = 4 * 3600
"""Of one input: two megabytes of `<break>` would be three weeks of silence, spoken by all workers."""
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


def script_of(
    text: str,
    kind: InputKind,
    config: SynthesisConfig | None,
    *,
    characters: int,
    lacking: Lacking,
    fetching: bool = False,
) -> list[Script]:
    """What to say of one input, in runs of at most `characters` in weight; never none.

    Raises InputError: the SSML cannot be read, asks for a voice that is not offered, or is mostly pauses.
    """
    if kind is InputKind.PLAIN_TEXT:
        assert config is not None, "read_create demands it"
        spans = ssml.plain(text, config)
    else:
        spans = ssml.parse(text, fetching=fetching)
    if ssml.pauses(spans) > MOST_PAUSES_SECONDS * 1000:
        remedy = "Leave some out, or divide the text into several inputs."
        raise InputError(f"Its pauses last longer than {MOST_PAUSES_SECONDS // 3600} hours.", remedy=remedy)
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
