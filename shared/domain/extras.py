"""What is made of a version besides the audio of its inputs: as its manifest tells it, and whether it takes long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import Any

from shared.domain.contents import Chapter
from shared.domain.documents import Part, SpokenInput
from shared.domain.options import Options
from shared.errors import InputError

WORDS, SENTENCES = "words", "sentences"
"""Members of a manifest's input: its files of times."""
BOUNDARIES = {WORDS: "word", SENTENCES: "sentence"}
"""What the files' own names call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    members: Mapping[str, Any] = field(default_factory=dict)
    """Of the manifest's `audio`."""
    of_inputs: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """By an input's number, members of its own."""


def asks_for_any(options: Options) -> bool:
    return any((options.combined, options.m4b, options.subtitles, options.word_boundary, options.sentence_boundary))


def takes_long(options: Options, parts: Iterable[Part], *, at_once_bytes: int) -> bool:
    """Whether it gets a message of its own: an audio book is encoded, and much sound takes its time to be read."""
    return options.m4b or (options.combined and sum(item.bytes for item in spoken(parts)) > at_once_bytes)


def spoken(parts: Iterable[Part]) -> list[SpokenInput]:
    """All inputs of the parts, in reading order."""
    return [SpokenInput.of(item) for item in sorted(result for part in parts for result in part.results)]


def one_after_another(inputs: Sequence[SpokenInput]) -> list[Fraction]:
    """Seconds at which each begins where the files are played so."""
    return [Fraction(ms, 1000) for ms in accumulate((item.duration_ms for item in inputs[:-1]), initial=0)]


def milliseconds(starts: Iterable[Fraction]) -> list[int]:
    return [round(start * 1000) for start in starts]


def timed_chapters(chapters: Iterable[Chapter], starts: Sequence[Fraction]) -> list[dict[str, Any]]:
    """Where the chapters begin in a file in which the inputs begin at `starts`."""
    begins = milliseconds(starts)
    return [
        {"title": chapter.title, "first": chapter.first, "start_ms": begins[chapter.first - 1]} for chapter in chapters
    ]


def left_out(what: str, error: InputError) -> dict[str, str]:
    """What could not be made, and why: the version is finished without it."""
    return {"what": what, "where": error.where, "why": error.why, "remedy": error.remedy}
