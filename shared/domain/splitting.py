"""Cuts a text into inputs, losing nothing: the pieces joined are the text.

Each heading begins a piece. A stretch that is too long is cut at its best end, and so is what that leaves, until all
of it fits: at the end of a paragraph rather than of a sentence, of a line, of a word; among ends of one kind a checksum
of the last characters before each decides. So a border depends on the text around it, no further than two pieces
reach, and a changed word moves the borders next to it and no others.

A text that was cut before is cut there again (`borders`), and the ends decide only what is left.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise

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

_LITTLE = 1 / 2
"""Of the limit: two pieces that together are no longer may as well be one."""


_End = tuple[tuple[int, int], int]
"""Worth and place. A plain tuple, as a text may have millions."""

_MOST = (1, 0)
"""Worth more than any end."""


def split(text: str, limit: int, known: Mapping[int, bool] | None = None) -> tuple[str, ...]:
    """Pieces of at most `limit` characters, none of them empty. Linear in the text's length.

    `known`: places where it was cut before it was changed, as `borders.found` has them.
    """
    return tuple(
        text[begin:end]
        for start, stop in pairwise(_edges(text, limit, known or {}))
        for begin, end in pairwise([start, *sorted(_borders(text, start, stop, limit)), stop])
    )


def _edges(text: str, limit: int, known: Mapping[int, bool]) -> Iterator[int]:
    """Where sections begin, and where it was cut before: but not after a heading, nor, where one side alone reads as it
    did, between two that are little or after what may be a heading; so edits leave few scraps behind."""
    sections = dict(_sections(text))
    places = sorted({*sections, *known, len(text)})
    body = last = 0
    for place, following in pairwise([*places, len(text)]):
        body = sections.get(place, body)
        is_little = following - last <= limit * _LITTLE or place - last <= _LONGEST_HEADING
        if place in sections or place == len(text) or (place > body and (known[place] or not is_little)):
            yield place
            last = place


def _sections(text: str) -> Iterator[tuple[int, int]]:
    """Where each begins, and where its headings end."""
    start = body = place = 0
    after_heading = True
    for paragraph in _ending(_PARAGRAPH_END, text):
        is_heading = _is_heading(paragraph)
        if is_heading and not after_heading:
            yield start, body
            start = place
        place += len(paragraph)
        body = place if is_heading else body
        after_heading = is_heading
    if start < place:
        yield start, body


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
