"""Cuts a text into inputs, losing nothing: the pieces joined are the text.

Borders fall at headings, paragraph ends, sentence ends, spaces, in this order of preference. Among the ends the text
itself chooses, by a checksum of the last characters before each, so that whether an end is chosen depends on nothing
else: counting starts again there, and a changed word moves the borders next to it and no others.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_PARAGRAPH_END = re.compile(r"\n[ \t]*+\n\s*+")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*+\s++|[。！？][\"'”’)\]」』]*+\s*+")
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Prof|Capt|No|vs|e\.g|i\.e)\.\s+\Z")
_HEADING = re.compile(r"(?:#{1,6}\s|(?:chapter|part|book|section|appendix)\b).*", re.IGNORECASE)

_LONGEST_HEADING = 100
_SENTENCE_MARKS = '.!?…,;"”'
_WORDS_OF_NO_SENTENCE = 3
_TAIL = 16
"""So many characters before an end choose it. Few, so that a changed word is seldom among them."""


def split(text: str, limit: int) -> tuple[str, ...]:
    """Pieces of at most `limit` characters, none of them empty. Linear in the text's length."""
    return tuple(_pieces(text, limit))


def _pieces(text: str, limit: int) -> Iterator[str]:
    held = ""
    for unit, starts in _units(text, limit):
        if held and (starts or len(held) + len(unit) > limit):
            yield held
            held = ""
        held += unit
        if _is_chosen(unit, limit):
            yield held
            held = ""
    if held:
        yield held


def _units(text: str, limit: int) -> Iterator[tuple[str, bool]]:
    """What is never cut: paragraphs, or the sentences of a longer one; and whether a piece must start with it."""
    after_heading = False
    for paragraph in _ending(_PARAGRAPH_END, text):
        is_heading = _is_heading(paragraph)
        is_long = len(paragraph) > limit
        starts = (is_heading or is_long) and not after_heading
        for unit in _sentences(paragraph, limit) if is_long else (paragraph,):
            yield unit, starts
            starts = False
        after_heading = is_heading


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


def _is_chosen(unit: str, limit: int) -> bool:
    """The longer a unit, the likelier, so that pieces are about half of `limit` whatever the units' length."""
    words = unit.rstrip()
    return not _is_heading(unit) and zlib.crc32(words[-_TAIL:].encode()) % limit < 2 * len(words)


def _sentences(paragraph: str, limit: int) -> Iterator[str]:
    held = ""
    for run in _ending(_SENTENCE_END, paragraph):
        held += run
        if not _ABBREVIATION.search(held[-20:]):
            yield from _fitting(held, limit)
            held = ""
    yield from _fitting(held, limit)


def _fitting(sentence: str, limit: int) -> Iterator[str]:
    """A sentence whole where it fits; else cut after white space, or where a word alone is too long."""
    start = 0
    while len(sentence) - start > limit:
        space = max(sentence.rfind(mark, start, start + limit) for mark in " \n\t")
        end = space + 1 if space >= start else start + limit
        yield sentence[start:end]
        start = end
    if start < len(sentence):
        yield sentence[start:]
