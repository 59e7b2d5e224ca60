"""Words that are to be said otherwise than they are written: where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)
"""Letters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""


def pattern_of(words: Iterable[str]) -> str:
    """Matches any of the words, the longest that there is, as a whole word; any white space where one has a space."""
    ordered = sorted(words, key=len, reverse=True)
    spaced = [_escaped(word) for word in ordered if not _UNSPACED.search(word)]
    unspaced = [_escaped(word) for word in ordered if _UNSPACED.search(word)]
    choices = [rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)"] if spaced else []
    return "|".join([*unspaced, *choices]) or r"(?!)"


def is_phones(said: str) -> bool:
    """Whether what is to be said for a word is its phones in IPA rather than other words: it stands between slashes."""
    return len(said) > 1 and said[0] == said[-1] == "/"


_SPACE = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
"""Of one paragraph."""


def _escaped(word: str) -> str:
    return _SPACE.join(map(re.escape, word.split()))
