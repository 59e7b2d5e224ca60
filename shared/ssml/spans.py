"""Spans, what SSML comes down to: something to say in one voice and manner, or a pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.ssml import prosody


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    text: str
    """A blank line in it ends a paragraph."""
    voice: str
    """As the author wrote it."""
    rate: float = 1.0
    """Speed as a multiplier, 0.5 to 2."""
    pitch: float = 1.0
    """Pitch as a multiplier, 0.5 to 1.5."""
    volume: float = 1.0
    """Amplitude as a multiplier, 0 to 1."""
    locale: str = ""
    """`xml:lang` in force, as written; "" where none is."""


@dataclass(frozen=True, slots=True)
class Pause:
    milliseconds: int


Span = Say | Pause


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
