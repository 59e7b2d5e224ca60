"""Subtitles of a document: its inputs' words and sentences, from their boundary files, laid out to be read.

A cue has at most two lines, lasts at most seven seconds and ends where a sentence does, or, of a long sentence, rather
after a comma than elsewhere. Cues never overlap. SRT is what players have long read; WebVTT is https://www.w3.org/TR/webvtt1/.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from shared.domain.cues import LINE, NARROW, Piece, Sentence, width

LONGEST_MS = 7000
SHORTEST_MS = 1000
"""A cue stays so long where the next one leaves it the time."""
_CLAUSE_END = re.compile(r"[,;:–—，、；：][\"'”’»)\]』」）]*$")
_FULL = 2 * LINE
# What a division of a sentence costs: few cues, rather after a comma, of about equal length.
_PER_CUE, _WITHIN_CLAUSE, _UNEVEN = 100.0, 25.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    start: int
    """Milliseconds."""
    end: int
    lines: tuple[str, ...]


def cues(sentences: Iterable[Sentence]) -> Iterator[Cue]:
    """Those of one input; of `whole`, they still have to be put in their places."""
    for group in _companied(sentences):
        yield from map(_cue, _divided(group))


def whole(inputs: Iterable[tuple[int, Iterable[Cue]]]) -> Iterator[Cue]:
    """The cues of a whole document: of each input where it begins, in milliseconds, and its own cues."""
    held: Cue | None = None
    for start, own in inputs:
        for cue in own:
            begin = max(start + cue.start, held.start + 1 if held else 0)
            if held:
                yield replace(held, end=_end(held, begin))
            held = replace(cue, start=begin, end=max(begin, start + cue.end))
    if held:
        yield replace(held, end=_end(held, held.start + LONGEST_MS))


def _end(cue: Cue, next_start: int) -> int:
    wished = max(cue.end, cue.start + SHORTEST_MS)
    return min(wished, next_start, cue.start + LONGEST_MS)


def _companied(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Sentences that are over in no time share a cue with the next one, where both fit."""
    held: Sentence = ()
    for sentence in sentences:
        together = (*held, *sentence)
        if held and _lasts(held) < SHORTEST_MS and _fits(together):
            held = together
            continue
        if held:
            yield held
        held = sentence
    if held:
        yield held


def _lasts(pieces: Sequence[Piece]) -> int:
    return pieces[-1].end - pieces[0].start


def _fits(pieces: Sequence[Piece]) -> bool:
    return _lasts(pieces) <= LONGEST_MS and _Layout(pieces).fits(0, len(pieces))


class _Layout:
    """Widths of any run of pieces, in no time."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self._spaces = [NARROW * piece.spaced for piece in pieces]
        steps = (space + width(piece.text) for space, piece in zip(self._spaces, pieces, strict=True))
        self._reached = list(accumulate(steps, initial=0))

    def width(self, first: int, end: int) -> int:
        return self._reached[end] - self._reached[first] - self._spaces[first]

    def line_end(self, first: int, end: int) -> int:
        """How far, at most to `end`, one line goes."""
        room = self._reached[first] + self._spaces[first] + LINE
        return min(end, bisect_right(self._reached, room, first + 1) - 1)

    def fits(self, first: int, end: int) -> bool:
        """Into two lines."""
        second = self.line_end(first, end)
        return second == end or self.line_end(second, end) == end

    def text(self, first: int, end: int) -> str:
        return "".join(" " * piece.spaced + piece.text for piece in self.pieces[first:end]).strip()


def _divided(pieces: Sentence) -> Iterator[Sentence]:
    """A sentence in as few cues as it needs, at the best places."""
    layout = _Layout(pieces)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        costs = ((best[first][0] + _cost(layout, first, end), first) for first in _firsts(layout, end))
        best.append(min(costs))
    borders = [len(pieces)]
    while borders[-1]:
        borders.append(best[borders[-1]][1])
    borders.reverse()
    for first, end in pairwise(borders):
        yield pieces[first:end]


def _firsts(layout: _Layout, end: int) -> Iterator[int]:
    """With which pieces a cue may begin that ends before `end`. One piece alone may always be one."""
    pieces = layout.pieces
    yield end - 1
    for first in range(end - 2, -1, -1):
        if pieces[end - 1].end - pieces[first].start > LONGEST_MS or not layout.fits(first, end):
            return
        yield first


def _cost(layout: _Layout, first: int, end: int) -> float:
    is_good = end == len(layout.pieces) or bool(_CLAUSE_END.search(layout.pieces[end - 1].text))
    unused = 1 - min(1.0, layout.width(first, end) / _FULL)
    return _PER_CUE + (0 if is_good else _WITHIN_CLAUSE) + _UNEVEN * unused**2


def _cue(pieces: Sentence) -> Cue:
    return Cue(start=pieces[0].start, end=pieces[-1].end, lines=_lines(pieces))


def _lines(pieces: Sentence) -> tuple[str, ...]:
    """One line, or two of about equal length, the first rather ending with a comma."""
    layout, end = _Layout(pieces), len(pieces)
    if layout.line_end(0, end) == end:
        return (layout.text(0, end),)
    borders = [at for at in range(1, end) if layout.width(0, at) <= LINE and layout.width(at, end) <= LINE]
    at = min(borders, key=lambda at: _unevenness(layout, at, end))
    return layout.text(0, at), layout.text(at, end)


def _unevenness(layout: _Layout, at: int, end: int) -> int:
    after_clause = bool(_CLAUSE_END.search(layout.pieces[at - 1].text))
    return abs(layout.width(0, at) - layout.width(at, end)) - after_clause * LINE // 3


def srt(found: Iterable[Cue]) -> Iterator[str]:
    for number, cue in enumerate(found, 1):
        lines = "\n".join(cue.lines)
        yield f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{lines}\n\n"


def vtt(found: Iterable[Cue]) -> Iterator[str]:
    yield "WEBVTT\n\n"
    for cue in found:
        lines = "\n".join(cue.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{lines}\n\n"


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    write: Callable[[Iterable[Cue]], Iterator[str]]
    content_type: str


FORMS: Mapping[str, Form] = {
    "srt": Form(write=srt, content_type="application/x-subrip; charset=utf-8"),
    "vtt": Form(write=vtt, content_type="text/vtt; charset=utf-8"),
}
"""By the name that options and files have for it."""
