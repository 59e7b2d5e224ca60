"""What SSML documents bring along from elsewhere: recordings and lexicons, fetched where the service allows it.

What cannot be had is left out, as the documents say of `<audio>`; the log counts it without its address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.audio import shaping
from shared.errors import InputError
from shared.ports import Clock
from shared.ssml.lexicon import LARGEST, Lexicon, read_lexicon

RECORDING_BYTES = 25 * 1024 * 1024
RECORDING_SECONDS = 600.0
"""Azure's limit for recordings and speech together."""
LEXICON_LIFE = timedelta(minutes=15)
"""As Azure keeps one."""
MOST_KEPT = 50
MOST_GROWTH, GROWTH_OF_A_WORD = 8, 60
"""A text may become so many times as long by lexicons, and a short one by so many characters: the sound of what a
worker takes in hand is held in memory."""

log = logging.getLogger(__name__)

Fetch = Callable[[str, int], bytes]
"""Fetches a URL, at most so many bytes. Raises InputError: it is not allowed, not there, too long or too slow."""


class Sources:
    """For a process; without `fetch` there is nothing to be had."""

    def __init__(self, fetch: Fetch | None, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._lexicons: dict[str, tuple[datetime, Lexicon]] = {}

    @property
    def allowed(self) -> bool:
        return self._fetch is not None

    def recording(self, url: str, sample_rate: int) -> bytes | None:
        """PCM; None: it cannot be had."""
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
            said = self._lexicon(url).applied(text)
            if len(said) <= most:
                text = said
            else:
                log.warning("A lexicon is left out: it makes a text too long.")
        return text

    def _lexicon(self, url: str) -> Lexicon:
        now = self._clock()
        kept = self._lexicons.get(url)
        if kept and now < kept[0] + LEXICON_LIFE:
            return kept[1]
        try:
            lexicon = read_lexicon(self._fetch(url, LARGEST)) if self._fetch else Lexicon({})
        except InputError as error:
            log.warning("A lexicon is left out: %s.", error.why)
            lexicon = Lexicon({})
        if len(self._lexicons) >= MOST_KEPT:
            self._lexicons.clear()
        self._lexicons[url] = (now, lexicon)
        return lexicon


NOTHING = Sources(None, lambda: datetime.min.replace(tzinfo=UTC))
