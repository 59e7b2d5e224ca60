"""Where a text was cut, told so that a changed one is cut there again.

The word that chose a border (`splitting`) may be the one that changes. So checksums of the text on both sides of each
border, its *marks*, are kept, and a border is found again where one side reads as it did, and nowhere else does.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, chain

from shared.ssml.sentences import ALWAYS, CLOSING, ended

_PLACES = re.compile(rf"[{ALWAYS}]++[{re.escape(CLOSING)}]*+\s*+|\s++")
"""After each of these a piece may have begun."""
_SIDE = 64
"""Characters of a side. Many, so that hardly two places read alike. By chance some three places of a new text of eight
million characters have the mark of a border of an old one as long."""


def marks(pieces: Sequence[str]) -> Iterator[int]:
    """Two for each border between these pieces of a text."""
    text = "".join(pieces)
    places = accumulate(map(len, pieces[:-1]))
    return chain.from_iterable(_marks_of(text, place) for place in places)


def found(texts: Sequence[str], before: Collection[int]) -> Sequence[Mapping[int, bool]]:
    """Of each text the places where the borders with these marks were, each with whether both sides read as they did.

    What reads alike in two places, be it of two texts, tells of neither.
    """
    where: dict[int, tuple[int, int, bool] | None] = {}
    for number, text in enumerate(texts) if before else ():
        for end in _PLACES.finditer(text):
            sides = [mark for mark in _marks_of(text, end.end()) if mark in before]
            for mark in sides:
                where[mark] = None if mark in where else (number, end.end(), len(sides) == 2)
    known: list[dict[int, bool]] = [{} for _ in texts]
    for number, place, are_both in filter(None, where.values()):
        known[number][place] = are_both
    return known


def _marks_of(text: str, place: int) -> tuple[int, int]:
    """Of the left side, which ends before the white space, and of the right. That is another where nothing ends before
    it any more: an input would break off amid a sentence."""
    space = text[max(0, place - _SIDE) : place]
    end = place - len(space) + len(space.rstrip())
    left, right = text[max(0, end - _SIDE) : end], text[place : place + _SIDE]
    is_end = ended(left) or "\n" in text[end:place]
    return zlib.crc32(left.encode()), zlib.crc32(right.encode(), 1 + is_end)
