"""The words of a text as its author wrote them, and the times at which they are heard.

An engine tells between which samples it speaks a word; here that becomes milliseconds that never run backwards, and
punctuation gets its share of the pauses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from shared.ports import WordTime

PUNCTUATION_MS = 100
"""Longest time of punctuation; the published example's full stop lasts as long."""

_CHUNK = re.compile(r"[^\s—…]+|[—…]+")
_SPOKEN_MARKS = frozenset("%#@&")
"""Unicode calls them punctuation, but they are read out."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or punctuation."""

    text: str
    start: int
    """Index of its first character in the text."""
    spoken: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(text: str, borders: Iterable[int] = ()) -> tuple[Token, ...]:
    """Words without the punctuation around them, which is a token of its own.

    A full stop inside of a sentence belongs to its word, as in "Dr. Smith": `text` is one sentence at most.
    `borders`: where words begin besides, in a language that writes no spaces.
    """
    cuts = sorted(set(borders))
    return tuple(
        token
        for match in _CHUNK.finditer(text)
        for start, end in pairwise(
            [match.start(), *(cut for cut in cuts if match.start() < cut < match.end()), match.end()]
        )
        for token in _divided(text[start:end], start, len(text))
    )


def _divided(chunk: str, start: int, length: int) -> Iterator[Token]:
    marks = [_is_mark(character) for character in chunk]
    if all(marks):
        yield Token(chunk, start, spoken=False)
        return
    first, last = marks.index(False), len(marks) - marks[::-1].index(False)
    if chunk[last:] == "." and start + len(chunk) < length:
        last += 1
    if first:
        yield Token(chunk[:first], start, spoken=False)
    yield Token(chunk[first:last], start + first, spoken=True)
    if chunk[last:]:
        yield Token(chunk[last:], start + last, spoken=False)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PCZ" and character not in _SPOKEN_MARKS


def timed(
    said: tuple[Token, ...], spans: Mapping[int, tuple[int, int]], *, rate: int, samples: int
) -> tuple[WordTime, ...]:
    """The tokens of one chunk with their times, in milliseconds.

    `spans`: from and up to which sample a token is heard, by its index in `said`; a word without one takes no time.
    """
    total = samples * 1000 // rate
    places: list[tuple[int, int]] = []
    ended = 0
    for index, token in enumerate(said):
        start, end = (place * 1000 // rate for place in spans.get(index, (0, 0)))
        if not token.spoken or index not in spans:
            start = end = ended
        start = min(max(start, ended), total)
        ended = min(max(end, start), total)
        places.append((start, ended))
    nexts = [*(start for start, _ in places), total][1:]
    return tuple(
        WordTime(
            text=token.text,
            offset=start,
            duration=end - start if token.spoken else min(PUNCTUATION_MS, following - start),
            punctuation=not token.spoken,
        )
        for token, (start, end), following in zip(said, places, nexts, strict=True)
    )
