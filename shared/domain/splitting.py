"""Cuts a text into inputs, losing nothing: the pieces joined are the text.

Borders fall at headings, paragraph ends, sentence ends, spaces, in this order of preference. Among paragraph ends the
text itself chooses (a checksum of the paragraph), so that a border depends on what stands before it only as far as the
last border or heading: a changed word moves the borders around it and no others.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_PARAGRAPH = re.compile(r".+?(?:\n[ \t]*\n\s*|\Z)", re.DOTALL)
_SENTENCE = re.compile(r".+?(?:[.!?…。！？][\"'”’)\]]*(?:\s+|(?<=[。！？]))|\Z)", re.DOTALL)
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Prof|Capt|No|vs|e\.g|i\.e)\.\s+\Z")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|(?:chapter|part|book|section|appendix)\b).{0,80}\s*\Z", re.IGNORECASE)


def split(text: str, limit: int) -> tuple[str, ...]:
    """Pieces of at most `limit` characters (where a single word is not longer), none of them empty."""
    pieces: list[str] = []
    held: list[str] = []
    for paragraph in _PARAGRAPH.findall(text):
        if held and ((_HEADING.match(paragraph) and not _only_headings(held)) or _is_full(held, paragraph, limit)):
            pieces.append("".join(held))
            held = []
        if len(paragraph) > limit:
            *cut, last = _cut(paragraph, limit)
            pieces.extend(cut)
            held = [last]
        else:
            held.append(paragraph)
    return (*pieces, "".join(held)) if held else tuple(pieces)


def _is_full(held: list[str], following: str, limit: int) -> bool:
    size = sum(map(len, held))
    return size + len(following) > limit or (size >= limit // 4 and _chosen(held[-1]))


def _only_headings(held: list[str]) -> bool:
    return all(_HEADING.match(paragraph) for paragraph in held)


def _chosen(paragraph: str) -> bool:
    """One paragraph end in two is a border, whatever stands around it."""
    return zlib.crc32(paragraph.strip().encode()) % 2 == 0


def _cut(paragraph: str, limit: int) -> Iterator[str]:
    """A paragraph longer than `limit`, at sentence ends, else at spaces, else where it must be."""
    held = ""
    for unit in (word for sentence in _sentences(paragraph) for word in _fitting(sentence, limit)):
        if held and len(held) + len(unit) > limit:
            yield held
            held = ""
        held += unit
    yield held


def _sentences(paragraph: str) -> Iterator[str]:
    held = ""
    for piece in _SENTENCE.findall(paragraph):
        held += piece
        if not _ABBREVIATION.search(held[-20:]):
            yield held
            held = ""
    if held:
        yield held


def _fitting(sentence: str, limit: int) -> Iterator[str]:
    while len(sentence) > limit:
        space = sentence.rfind(" ", 1, limit)
        end = space + 1 if space > 0 else limit
        yield sentence[:end]
        sentence = sentence[end:]
    if sentence:
        yield sentence
