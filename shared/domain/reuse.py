"""Which inputs of a changed document sound as they did before, and need not be paid for again. Pure.

A manifest says by what its audio was made (`made_by`) and of which texts. An input of equal text that would be made by
the same is taken over: its file is copied into the new version's folder, once that version's rows are there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.domain.documents import Part, PartEvent, PartStatus, SpokenInput
from shared.domain.packing import group_of
from shared.domain.wording import Wording

Listed = Mapping[int, Mapping[str, Any]]
"""A manifest's inputs, by number."""


def made_by(endpoint: str, kind: str, options: Mapping[str, Any]) -> str:
    """Inputs of equal text sound the same where this is equal too: same endpoint, kind, and options of a job."""
    return hashlib.sha256(json.dumps([endpoint, group_of(kind, options)]).encode()).hexdigest()[:16]


def listed_in(audio: Mapping[str, Any] | None) -> Listed:
    """By number, of a manifest's `audio`."""
    return {int(item["number"]): item for item in (audio or {}).get("inputs", ())}


def taken_over(wording: Wording, audio: Mapping[str, Any] | None, endpoint: str) -> dict[int, int]:
    """Numbers of inputs that need not be sent, each with its number in a manifest's `audio`."""
    if not audio or "made_by" not in audio:
        return {}
    options = wording.options.as_json()
    made = audio["made_by"]
    before = {str(item["text_sha256"]): number for number, item in listed_in(audio).items()}
    kinds = {kind for kind in ("PlainText", "SSML") if made_by(endpoint, kind, options) == made}
    found: dict[int, int] = {}
    for number in range(1, len(wording.texts) + 1) if kinds else ():
        hits = (before.get(form.sha256) for form in wording.forms(number) if form.kind.value in kinds)
        old = next((hit for hit in hits if hit is not None), None)
        if old is not None:
            found[number] = old
    return found


def with_reuse(part: Part, pairs: Mapping[int, int]) -> Part:
    """A part that is drafted, less what is taken over; PACKED by no job where nothing of it is left to be sent."""
    ours = tuple([number, pairs[number]] for number in part.numbers if number in pairs)
    if not ours:
        return part
    todo = tuple(number for number in part.numbers if number not in pairs)
    part = replace(part, reuse=ours, todo=todo)
    return part if todo else part.on(PartEvent.CLAIM)


def brought(part: Part, copied: Sequence[SpokenInput], missing: Sequence[int]) -> Part:
    """The part once its files were copied; those that are gone are to be sent after all.

    READY in another round, its entry not set yet, where more of it is to be sent than was. A part that is in a job
    meanwhile keeps what is missing: it is sent when that job has ended for it.
    """
    results = tuple(sorted([*part.results, *(item.as_list() for item in copied)]))
    part = replace(part, results=results, reuse=())
    if part.status is PartStatus.READY:
        todo = tuple(sorted({*part.todo, *missing}))
        return replace(part, todo=todo, round=part.round + bool(missing))
    if part.job:
        return replace(part, reuse=tuple([number, 0] for number in missing))
    if missing:
        return part.on(PartEvent.GIVE_BACK, todo=tuple(missing), round=part.round + 1)
    return part.on(PartEvent.COMPLETE)


def to_be_copied(part: Part) -> tuple[tuple[int, int], ...]:
    """What of a part is not copied yet: the number of an input, and its number in the audio before."""
    return tuple((number, old) for number, old in part.reuse if old)
