"""An element while a document is read: its beginning, and what holds inside of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from shared.batchapi.model import Background
from shared.marks import unmarked
from shared.ssml.spans import Say
from shared.ssml.spoken import Spoken

Attributes = Mapping[str, str]
Place = Callable[[], str]
End = Callable[[], None]

_TIME = re.compile(r"\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(ms|s)", re.IGNORECASE)


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
    """What `<lang>` says, else the voice's, else what `<speak>` says."""
    collected: list[str] = field(default_factory=list)
    wishes: Wishes = field(default_factory=Wishes)
    fetching: bool = False
    """Recordings and lexicons may be fetched here."""
    backgrounds: list[Background] = field(default_factory=list)
    """Of the whole document."""


@dataclass(frozen=True, slots=True)
class Start:
    """An element's beginning: what is said so far, what holds around it, and its tag."""

    spoken: Spoken
    inside: Inside
    attributes: Attributes
    here: Place

    def get(self, name: str) -> str:
        return self.attributes.get(name, "").strip()

    def say(self, text: str) -> None:
        """In place of the element's own text."""
        if self.inside.text is Text.COLLECTED:
            self.inside.collected.append(unmarked(text))
        elif self.inside.manner.voice:
            self.spoken.say(text, self.inside.manner)


Meaning = Callable[[Start], tuple[Inside, End | None]]
"""Gives what holds inside of the element, and what happens at its end."""


def milliseconds(value: str) -> int | None:
    """Of a time as SSML writes it; None: it is none."""
    time = _TIME.fullmatch(value)
    return round(float(time[1]) * (1 if time[2].lower() == "ms" else 1000)) if time else None
