"""What SSML documents bring along from elsewhere: recordings and lexicons, fetched where the service allows it.

What cannot be had is left out, as the documents say of `<audio>`; the log counts it without its address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from shared.audio import shaping
from shared.errors import InputError
from shared.ports import Clock
from shared.ssml.lexicon import LARGEST, Lexicon, read_lexicon

RECORDING_BYTES = 25 * 1024 * 1024
RECORDING_SECONDS = 600.0
"""Azure's limit for recordings and speech together."""
LIFE = timedelta(minutes=15)
"""As Azure keeps a lexicon; and for so long nothing is asked for again that could not be had."""
MOST_LEXICONS = 50
MOST_PCM = 32 * 1024 * 1024
"""Bytes of recordings that are kept."""
MOST_GROWTH, GROWTH_OF_A_WORD = 8, 60
"""A text may become so many times as long by lexicons, and a short one by so many characters: the sound of what a
worker takes in hand is held in memory."""

_OF_NONE = 4096
"""Bytes that one counts as that cannot be had, so that there is an end of them too."""

log = logging.getLogger(__name__)

Fetch = Callable[[str, int], bytes]
"""Fetches a URL, at most so many bytes. Raises InputError: it is not allowed, not there, too long or too slow."""


T = TypeVar("T")


class _Kept(Generic[T]):
    """What was made of a URL, for LIFE; what was not asked for the longest goes where all weigh more than `most`."""

    def __init__(self, clock: Clock, most: int, weight: Callable[[T], int]) -> None:
        self._clock, self._most, self._weight = clock, most, weight
        self._found: dict[str, tuple[datetime, T]] = {}

    def get(self, url: str, make: Callable[[str], T]) -> T:
        now = self._clock()
        kept = self._found.pop(url, None)
        if kept is None or now >= kept[0] + LIFE:
            kept = now, make(url)
        self._found[url] = kept
        while len(self._found) > 1 and sum(self._weight(value) for _, value in self._found.values()) > self._most:
            del self._found[next(iter(self._found))]
        return kept[1]


class Sources:
    """For a process; without `fetch` there is nothing to be had."""

    def __init__(self, fetch: Fetch | None, clock: Clock) -> None:
        self._fetch = fetch
        self._lexicons = _Kept[Lexicon](clock, MOST_LEXICONS, lambda _: 1)
        self._recordings = _Kept[bytes | None](clock, MOST_PCM, lambda pcm: len(pcm or b"") + _OF_NONE)

    @property
    def allowed(self) -> bool:
        return self._fetch is not None

    def recording(self, url: str, sample_rate: int) -> bytes | None:
        """PCM; None: it cannot be had. All that one process asks for is of one rate."""
        return self._recordings.get(url, lambda url: self._decoded(url, sample_rate))

    def _decoded(self, url: str, sample_rate: int) -> bytes | None:
        try:
            if self._fetch is None:
                return None
            return shaping.decode(self._fetch(url, RECORDING_BYTES), sample_rate=sample_rate, seconds=RECORDING_SECONDS)
        except InputError as error:
            log.warning("A recording is left out: %s.", error.why)
            return None

    def applied(self, urls: tuple[str, ...], text: str) -> str:
        """`text`, its words as these lexicons have them; a lexicon that would make far more of it is left out."""
        most = MOST_GROWTH * len(text) + GROWTH_OF_A_WORD
        for url in urls:
            said = self._lexicons.get(url, self._read).applied(text)
            if len(said) <= most:
                text = said
            else:
                log.warning("A lexicon is left out: it makes a text too long.")
        return text

    def _read(self, url: str) -> Lexicon:
        try:
            return read_lexicon(self._fetch(url, LARGEST)) if self._fetch else Lexicon({})
        except InputError as error:
            log.warning("A lexicon is left out: %s.", error.why)
            return Lexicon({})


NOTHING = Sources(None, lambda: datetime.min.replace(tzinfo=UTC))
