"""Cuts what is to be said into segments of bounded length, losing nothing: the texts joined are the text.

A segment ends after a paragraph, else a sentence, else a word, else where it is full. Pauses take room as well, so
that the sound of a segment is bounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.marks import beside_mark
from shared.ssml.sentences import SENTENCE_END
from shared.ssml.spans import Pause, Say, Span, room

_PARAGRAPH_END = re.compile(r"(?:\r\n|\n[ \t]*\n)\s*")
_WORD_END = re.compile(r"\s+")


def segments(spans: Iterable[Span], limit: int) -> tuple[tuple[Span, ...], ...]:
    """The spans in order, in segments of at most `limit` characters; a Say is divided where it must be."""
    return tuple(_segments(spans, limit))


def _segments(spans: Iterable[Span], limit: int) -> Iterator[tuple[Span, ...]]:
    held: list[Span] = []
    left = limit
    for span in spans:
        if not isinstance(span, Say):
            if left <= 0 or (held and not isinstance(span, Pause) and room(span) > left):
                yield tuple(held)
                held, left = [], limit
            held.append(span)
            left -= room(span)
            continue
        rest = span.text
        while len(rest) > left:
            cut = _whole_cut(rest, limit) if left == limit else _remaining_cut(rest, max(left, 0))
            if cut:
                cut = beside_mark(rest, cut)
                held.append(replace(span, text=rest[:cut], after=None))
                rest, span = rest[cut:], replace(span, before=None, begins=False)
            yield tuple(held)
            held, left = [], limit
        if rest:
            held.append(span if len(rest) == len(span.text) else replace(span, text=rest))
            left -= len(rest)
    if held:
        yield tuple(held)


def _whole_cut(text: str, limit: int) -> int:
    """Where to end a segment that begins with `text`; never 0. Half full is the least, where a word's end allows it."""
    for border in (_PARAGRAPH_END, SENTENCE_END, _WORD_END):
        cut = _last_end(border, text, limit // 2, limit)
        if cut:
            return cut
    cut = limit
    while cut > 1 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut if cut > 1 else limit


def _remaining_cut(text: str, room: int) -> int:
    """How much of `text` still goes into a segment begun before it: whole sentences, or nothing."""
    return _last_end(_PARAGRAPH_END, text, 0, room) or _last_end(SENTENCE_END, text, 0, room)


def _last_end(border: re.Pattern[str], text: str, start: int, stop: int) -> int:
    """The end of the last `border` between two places, before its white space where that goes on; 0: there is none."""
    end = max((match.end() for match in border.finditer(text, start, stop)), default=0)
    goes_on = end == stop and text[stop - 1].isspace() and text[stop].isspace()
    return len(text[:stop].rstrip()) if goes_on else end
