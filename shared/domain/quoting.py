"""An endpoint's words without what they quote of the texts that it was sent: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

_RUN = 12
"""So many ASCII characters in a row that stand in a text as well are a quotation; a few agree by accident."""
_FOREIGN_RUN = 4
"""So many others are one, as an endpoint's own words are English."""
_LEAST_TEXT = 4
"""A text shorter than a run is found as a whole; one shorter than this would be found in any words."""
_MARK = "…"


def unquoted(words: str, texts: Iterable[str]) -> str:
    """The words; what of them stands in one of the texts is an ellipsis."""
    quoted = [False] * len(words)
    for start, end in _quotations(words, texts):
        quoted[start:end] = [True] * (end - start)
    pieces = groupby(zip(quoted, words, strict=True), key=lambda pair: pair[0])
    return "".join(_MARK if is_quoted else "".join(letter for _, letter in pairs) for is_quoted, pairs in pieces)


def _quotations(words: str, texts: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where they begin and end; they overlap."""
    runs = [*_runs(words, _RUN), *(run for run in _runs(words, _FOREIGN_RUN) if not run[2].isascii())]
    for text in texts if words else ():
        yield from ((start, end) for start, end, run in runs if run in text)
        if _LEAST_TEXT <= len(text) < _RUN:
            yield from (found.span() for found in re.finditer(re.escape(text), words))


def _runs(words: str, length: int) -> Iterator[tuple[int, int, str]]:
    for start in range(len(words) - length + 1):
        yield start, start + length, words[start : start + length]
