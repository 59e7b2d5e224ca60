"""What holds inside of an element while a document is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from shared.ssml.spans import Background, Say


class Text(Enum):
    """What becomes of an element's text."""

    SPOKEN = auto()
    SPACED = auto()
    """Spoken, every piece a word of its own."""
    COLLECTED = auto()
    """Kept until the element's end, which makes something else of it."""
    SKIPPED = auto()


@dataclass(slots=True)
class Wishes:
    """What the empty elements in a voice ask for, wherever in it they stand."""

    silences: dict[str, int] = field(default_factory=dict)
    """Milliseconds by type."""
    milliseconds: int = 0
    """How long it shall last; 0: as it does."""
    lexicons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    manner: Say
    """Without text; its voice is "" outside of all voices."""
    text: Text = Text.SPOKEN
    language: str = ""
    """What `<lang>` says, else what `<speak>` does."""
    collected: list[str] = field(default_factory=list)
    wishes: Wishes = field(default_factory=Wishes)
    fetching: bool = False
    """Recordings and lexicons may be fetched here."""
    backgrounds: list[Background] = field(default_factory=list)
    """Of the whole document."""

    @property
    def locale(self) -> str:
        return self.language or self.manner.locale
