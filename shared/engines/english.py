"""English text to phonemes, by hibari's grapheme-to-phoneme rules, each phoneme with the word that it is spoken for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from hibari.g2p import G2P
from hibari.g2p.normalize import normalize

from shared.engines.alignment import owners
from shared.engines.neural import Phonemes
from shared.engines.phones import linked
from shared.engines.words import Token
from shared.marks import MARK

_LONG_NUMBER = re.compile(r"\d(?:[,.]?\d){15,}")
_ODD = re.compile(r"[^A-Za-z ]+")
_DIGIT = re.compile(r"\d")
MOST_JOINTS = 30
"""Parts without a space between them that are read at once: the rules try every run of them, in cubic time."""
_LONG_CHUNK = re.compile(rf"{MARK.pattern}|([^\s\ue000]{{{MOST_JOINTS + 1},}})")
_PART = re.compile(r"[A-ZÀ-ÖØ-Þ]*[^\W\d_A-ZÀ-ÖØ-Þ]+|[A-ZÀ-ÖØ-Þ]+|\d+|.", re.DOTALL)
"""What the rules do not divide, or less."""


class English:
    def __init__(self, *, british: bool = False) -> None:
        self._g2p = G2P(british=british)

    def __call__(self, text: str, said: Sequence[Token]) -> Phonemes:
        """`said`: the tokens of `text`."""
        spoken = self._spoken(_readable(text))
        characters: list[str] = []
        words: list[int | None] = []
        for token, sources in zip(spoken, owners([token.text for token in spoken], said), strict=True):
            phonemes = token.phonemes or ""
            characters.append(phonemes)
            count = len(sources)
            words += [sources[place * count // len(phonemes)] if count else None for place in range(len(phonemes))]
            if token.whitespace:
                characters.append(" ")
                words.append(None)
        joined = "".join(characters)
        length = len(joined.rstrip())
        return Phonemes(joined[:length], tuple(words[:length]))

    def _spoken(self, text: str) -> list[Any]:
        try:
            return self._tokens(text)
        except (LookupError, TypeError, ValueError):
            # The package's number reader fails at odd mixtures such as "'₂ª": better that than the whole document.
            return self._tokens(_ODD.sub(" ", text))

    def _tokens(self, text: str) -> list[Any]:
        found: list[Any] = self._g2p.phonemize_tokens(self._g2p.tokenize(normalize(text)))
        return found


@lru_cache
def english(*, british: bool = False) -> English:
    """For all voices of a process: each has two large lexicons."""
    return English(british=british)


def _readable(text: str) -> str:
    """`text` without what the package would take for its own notation, or fail at."""
    spelled = _LONG_NUMBER.sub(lambda number: " ".join(_DIGIT.findall(number[0])), text)
    return linked(_LONG_CHUNK.sub(_parted, spelled))


def _parted(chunk: re.Match[str]) -> str:
    """With a space after every MOST_JOINTS parts; words with phones stay."""
    parts = _PART.findall(chunk[3]) if chunk[3] else [chunk[0]]
    return " ".join("".join(parts[start : start + MOST_JOINTS]) for start in range(0, len(parts), MOST_JOINTS))
