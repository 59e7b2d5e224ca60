"""Cuts a text into inputs, losing nothing: the pieces joined are the text.

Each heading begins a piece. A stretch that is too long is cut at its best end, and so is what that leaves, until all
of it fits: at the end of a paragraph rather than of a sentence, of a line, of a word; among ends of one kind a checksum
of the last characters before each decides. So a border depends on the text around it, no further than two pieces
reach, and a changed word moves the borders next to it and no others.

The word that chose a border may be the one that changes. So a text that was cut before is cut there again, wherever it
reads as it did on one side of the border, and the ends decide only what is left.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, chain, pairwise

from shared.ssml.sentences import ALWAYS, CLOSING, SPACED

_PARAGRAPH_END = re.compile(r"\n[ \t]*+\n\s*+")
_CLOSED = f"[{re.escape(CLOSING)}]*+"
_SENTENCE_END = re.compile(rf"[{SPACED}]{_CLOSED}\s++|[{ALWAYS}]++{_CLOSED}\s*+")
_LINE_END = re.compile(r"\n\s*+")
_SOME_WORDS_END = re.compile(r"(?<!\S)(\S)\S*+\s++(?=\1)")
"""Of such words as begin like the next one: there are enough, and each word would be too many to look at."""
_MOST_OF_WORDS = 1_000_000
"""Characters: what runs on for longer without an end nobody wrote, and it is cut in no time."""
_ENDS = (_PARAGRAPH_END, _SENTENCE_END, _LINE_END, _SOME_WORDS_END)
"""The best first."""

_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Prof|Capt|No|vs|e\.g|i\.e)\.\s+\Z")
_HEADING = re.compile(r"(?:#{1,6}\s|(?:chapter|part|book|section|appendix)\b).*", re.IGNORECASE)

_LONGEST_HEADING = 100
_SENTENCE_MARKS = '.!?…,;"”'
_WORDS_OF_NO_SENTENCE = 3
_TAIL = 8
"""So many characters before an end tell its checksum. Few, so that a changed word is seldom among them."""

_PLACES = re.compile(rf"{_SENTENCE_END.pattern}|\s++")
"""After each of these a piece may have begun."""
_SIDE = 64
"""So many characters on one side of a border tell where it was. Many, so that hardly two places read alike."""
_END_MARKS = SPACED + ALWAYS + CLOSING + " \t\r\n"
"""These before a border count to both sides: where they change, nothing ends there as it did."""


_End = tuple[tuple[int, int], int]
"""Worth and place. A plain tuple, as a text may have millions."""

_MOST = (1, 0)
"""Worth more than any end."""


def split(text: str, limit: int, before: Collection[int] = ()) -> tuple[str, ...]:
    """Pieces of at most `limit` characters, none of them empty. Linear in the text's length.

    `before`: the `marks` of its pieces before it was changed.
    """
    edges = sorted({*_sections(text), *_marked(text, before), len(text)})
    return tuple(
        text[begin:end]
        for start, stop in pairwise(edges)
        for begin, end in pairwise([start, *sorted(_borders(text, start, stop, limit)), stop])
    )


def marks(pieces: Sequence[str]) -> tuple[int, ...]:
    """By which the borders between these pieces of a text are found again: two for each."""
    text = "".join(pieces)
    return tuple(mark for place in accumulate(map(len, pieces[:-1])) for mark in _marks_of(text, place))


def _marked(text: str, before: Collection[int]) -> Iterator[int]:
    """Where it reads as at a border before, and nowhere else as there."""
    found: dict[int, int | None] = {}
    for end in _PLACES.finditer(text) if before else ():
        for mark in _marks_of(text, end.end()):
            if mark in before:
                found[mark] = None if mark in found else end.end()
    yield from (place for place in found.values() if place is not None)


def _marks_of(text: str, place: int) -> tuple[int, int]:
    """Checksums of what stands on its two sides; of equal text another one on each."""
    left = text[max(0, place - _SIDE) : place]
    right = text[place - len(left) + len(left.rstrip(_END_MARKS)) : place + _SIDE]
    return zlib.crc32(left.encode()), zlib.crc32(right.encode(), 1)


def _sections(text: str) -> Iterator[int]:
    """Where each begins, with its headings."""
    start = place = 0
    after_heading = True
    for paragraph in _ending(_PARAGRAPH_END, text):
        is_heading = _is_heading(paragraph)
        if is_heading and not after_heading:
            yield start
            start = place
        place += len(paragraph)
        after_heading = is_heading
    if start < place:
        yield start


def _borders(text: str, start: int, stop: int, limit: int) -> Iterator[int]:
    """Those ends in a stretch that are the best of more than fits, in no order.

    An end is the best between the nearest better one before it, which lies below it on the stack, and the one after it,
    which takes it off. Of ends that are equal the last that fits is as good as all.
    """
    better: list[_End] = [(_MOST, start)]
    for worth, place in chain(_ends(text, start, stop, limit), [(_MOST, stop)]):
        while better[-1][0] < worth:
            _, best = better.pop()
            if place - better[-1][1] > limit:
                yield best
        if better[-1][0] == worth and len(better) > 1 and place - better[-2][1] <= limit:
            better.pop()
        better.append((worth, place))


def _ends(text: str, start: int, stop: int, limit: int, kind: int = 0) -> Iterator[_End]:
    """Where a stretch may be cut, in order; of the finer kinds only where it must be."""
    begin = start
    for end in _ends_of(kind, text, start, stop, limit):
        if end - begin > limit:
            yield from _ends(text, begin, end, limit, kind + 1)
        if end < stop:
            yield _worth(kind, text, begin, end), end
        begin = end


def _ends_of(kind: int, text: str, start: int, stop: int, limit: int) -> Iterator[int]:
    if kind == len(_ENDS):
        yield from _greedy(text, start, stop, limit)
    elif _ENDS[kind] is not _SOME_WORDS_END or stop - start <= _MOST_OF_WORDS:
        for found in _ENDS[kind].finditer(text, start, stop):
            end = found.end()
            if end < stop and not (kind == 1 and _ABBREVIATION.search(text[max(start, end - 20) : end])):
                yield end
    yield stop


def _greedy(text: str, start: int, stop: int, limit: int) -> Iterator[int]:
    """After the last white space that fits, or where a word alone is too long."""
    while stop - start > limit:
        space = max(text.rfind(mark, start, start + limit) for mark in " \n\t")
        start = space + 1 if space >= start else start + limit
        yield start


def _worth(kind: int, text: str, begin: int, end: int) -> tuple[int, int]:
    """A heading stays with what follows it, if anything does."""
    run = text[begin:end].rstrip()
    if kind == 0 and _is_heading(run):
        kind = len(_ENDS) + 1
    end = begin + len(run)
    return -kind, zlib.crc32(text[max(0, end - _TAIL) : end].encode())


def _ending(end: re.Pattern[str], text: str) -> Iterator[str]:
    """The text in runs, each up to and with a match of `end`."""
    start = 0
    for found in end.finditer(text):
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def _is_heading(paragraph: str) -> bool:
    line = paragraph.strip()
    return len(line) <= _LONGEST_HEADING and bool(_HEADING.fullmatch(line))


def heading_of(piece: str) -> str:
    """The heading that a piece begins with, the last of several in a row; "": none, or it reads as a sentence."""
    found = ""
    for paragraph in _ending(_PARAGRAPH_END, piece):
        if not _is_heading(paragraph):
            break
        line = paragraph.strip().strip("# ")
        if line[-1:] not in _SENTENCE_MARKS or len(line.split()) <= _WORDS_OF_NO_SENTENCE:
            found = line
    return found
