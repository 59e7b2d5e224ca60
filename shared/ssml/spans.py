"""Spans, what SSML comes down to: something to say in one voice and manner, a pause, or a sound from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.marks import unmarked
from shared.ssml import prosody


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    text: str
    """A blank line in it ends a paragraph. Words with phones of their own are marked as `marks.marked` has it."""
    voice: str
    """As the author wrote it."""
    rate: float = 1.0
    """Speed as a multiplier, 0.5 to 2."""
    pitch: float = 1.0
    """Pitch as a multiplier, 0.5 to 1.5."""
    volume: float = 1.0
    """Amplitude as a multiplier, 0 to 1."""
    locale: str = ""
    """Of another language that a multilingual voice is to speak, as `<lang>` has it; "" where it is the voice's own."""
    before: int | None = None
    """Milliseconds of silence before its first sound; None: what is natural."""
    after: int | None = None
    """Milliseconds of silence after its last sound; None: what is natural."""
    lexicons: tuple[str, ...] = ()
    """URLs of the pronunciation lexicons in force."""
    begins: bool = False
    """A sentence begins with it, however the text before it ends."""


@dataclass(frozen=True, slots=True)
class Pause:
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording from elsewhere."""

    url: str
    instead: tuple[Span, ...]
    """What to say where it cannot be had."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """Spans that together last `milliseconds`, made faster or slower by a factor of 2 at most."""

    milliseconds: int
    spans: tuple[Span, ...]


Span = Say | Pause | Clip | Lasting


class Config(Protocol):
    """What `plain` reads of a `synthesisConfig`: prosody values as SSML writes them, None where not given."""

    @property
    def voice(self) -> str: ...
    @property
    def rate(self) -> str | None: ...
    @property
    def pitch(self) -> str | None: ...
    @property
    def volume(self) -> str | None: ...


def plain(text: str, config: Config) -> tuple[Span, ...]:
    """The spans of a plain text, none where it is only white space.

    Prosody that is not valid is ignored, as the API's documents say.
    """
    text = unmarked(text)
    if not text.strip():
        return ()
    return (
        Say(
            text=text,
            voice=config.voice,
            rate=prosody.rate(config.rate or "", 1.0),
            pitch=prosody.pitch(config.pitch or "", 1.0),
            volume=prosody.volume(config.volume or "", 1.0),
        ),
    )


PAUSE_MS_PER_CHARACTER = 60
"""About the time that a character of speech takes."""
CLIP_SECONDS = 150
"""That a recording is taken for where memory is at stake: how long it is, is not known before it is fetched."""
_CLIP_ROOM = CLIP_SECONDS * 1000 // PAUSE_MS_PER_CHARACTER
_JINGLE_MS = 15_000
"""That a recording is taken for among the pauses of a request, which may have thousands."""


def room(span: Span) -> int:
    """Characters of speech that it counts as."""
    if isinstance(span, Say):
        return len(span.text)
    if isinstance(span, Pause):
        return span.milliseconds // PAUSE_MS_PER_CHARACTER + 1
    return _CLIP_ROOM + sum(map(room, span.instead)) if isinstance(span, Clip) else sum(map(room, span.spans))


def pauses(spans: tuple[Span, ...]) -> int:
    """Milliseconds of all that is not speech in them, each recording taken for a jingle."""
    return sum(_pause(span) for span in spans)


def _pause(span: Span) -> int:
    if isinstance(span, Pause):
        return span.milliseconds
    if isinstance(span, Clip):
        return _JINGLE_MS + pauses(span.instead)
    return pauses(span.spans) if isinstance(span, Lasting) else 0
