"""Cuts a text into pieces that an engine can speak in one go, and says what pause belongs after each.

Sentences are found by `sentencex`, which knows the abbreviations of many languages. A blank line and, as in Azure's
plain text, CRLF end a paragraph; any other line end is a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from itertools import accumulate, pairwise

import sentencex

from shared.marks import beside_mark, veiled

PIECE_CHARACTERS = 400
"""Longest piece: an engine's memory grows with it."""

_PARAGRAPH_END = re.compile(r"(?:\r\n|\n[ \t]*\n)\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLAUSE_END = re.compile(r"[,;:—–)\]]\s")


class End(Enum):
    """What a piece ends with."""

    WORD = auto()
    SENTENCE = auto()
    PARAGRAPH = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    """Never with white space at its ends, nor a line end in it; may be empty before a paragraph's end."""
    end: End


def sentences_of(language: str) -> Callable[[str], list[str]]:
    """Divides one line into its sentences; `language` is ISO 639's two letters, e.g. "en"."""
    return partial(_sentences, language)


def _sentences(language: str, line: str) -> list[str]:
    """A word with phones is one of letters to the library, which would cut after the full stop of "etc."."""
    whole = _SURROGATE.sub("\ufffd", line)
    ends = accumulate(map(len, sentencex.segment(language, veiled(whole))), initial=0)
    return [whole[start:end] for start, end in pairwise(ends)]


def pieces(text: str, sentences: Callable[[str], list[str]]) -> Iterator[Piece]:
    """The pieces of `text`; `sentences` divides one line into its sentences."""
    start = 0
    for match in _PARAGRAPH_END.finditer(text):
        yield from _paragraph(text[start : match.start()], sentences, End.PARAGRAPH)
        start = match.end()
    yield from _paragraph(text[start:], sentences, End.SENTENCE)


def _paragraph(text: str, sentences: Callable[[str], list[str]], end: End) -> Iterator[Piece]:
    parts = [(part, last) for sentence in sentences(" ".join(text.split())) for part, last in _short(sentence)]
    for number, (part, last) in enumerate(parts, start=1):
        yield Piece(part, end if number == len(parts) else End.SENTENCE if last else End.WORD)
    if not parts and end is End.PARAGRAPH:
        yield Piece("", end)


def _short(sentence: str) -> Iterator[tuple[str, bool]]:
    """The parts of a sentence, each at most PIECE_CHARACTERS long, and whether it is the last."""
    rest = sentence.strip()
    while len(rest) > PIECE_CHARACTERS:
        cut = beside_mark(rest, _cut(rest[:PIECE_CHARACTERS]))
        yield rest[:cut].rstrip(), False
        rest = rest[cut:].lstrip()
    yield rest, True


def _cut(window: str) -> int:
    """Where to end a part: after the last clause of its second half, else the last word, else where it is full."""
    clauses = [match.end() for match in _CLAUSE_END.finditer(window, len(window) // 2)]
    return clauses[-1] if clauses else window.rfind(" ") + 1 or len(window)
