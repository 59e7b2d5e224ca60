"""What each SSML element means for what is said.

An element that is not in the table only lends its text: emphasis, mstts:express-as and all unknown ones. `<audio>` is
never fetched, so its body, the fallback, is spoken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from shared.errors import InputError
from shared.ssml import prosody
from shared.ssml.spans import Say, Span
from shared.ssml.spoken import Spoken

Attributes = Mapping[str, str]
Place = Callable[[], str]

_EXAMPLE = '<voice name="en-US-JennyNeural">…</voice>'
_MSTTS = frozenset({"{http://www.w3.org/2001/mstts", "{https://www.w3.org/2001/mstts"})
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SPACE = re.compile(r"[ \t\r\n]+")
_TIME = re.compile(r"\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(ms|s)")
_STRENGTHS: Mapping[str, int] = {
    "none": 0,
    "x-weak": 250,
    "weak": 500,
    "medium": 750,
    "strong": 1000,
    "x-strong": 1250,
}


class _Text(Enum):
    """What becomes of an element's text."""

    SPOKEN = auto()
    SPELLED = auto()
    SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class _Inside:
    """What holds inside of an element."""

    manner: Say
    """Without text; its voice is "" outside of all voices."""
    text: _Text = _Text.SPOKEN


class Document:
    """Takes a document's tags and text in their order and makes its spans."""

    def __init__(self) -> None:
        self._spoken = Spoken()
        self._open: list[tuple[str, _Inside]] = []
        self._has_voice = False

    def start(self, tag: str, attributes: Attributes, here: Place) -> None:
        """Raises InputError, its place from `here`: the root is not speak, a voice has no name."""
        name = _name(tag)
        if not self._open and name != "speak":
            raise InputError(
                f"it begins with <{name}>, not with <speak>", where=here(), remedy="Put everything into one <speak>."
            )
        inside = self._open[-1][1] if self._open else _Inside(Say(text="", voice=""))
        if name in _BORDERS and inside.text is not _Text.SKIPPED:
            _BORDERS[name](self._spoken)
        if name == "voice":
            self._has_voice = True
        if name in _MEANINGS and inside.text is not _Text.SKIPPED:
            inside = _MEANINGS[name](self._spoken, inside, attributes, here)
        self._open.append((name, inside))

    def data(self, text: str, here: Place) -> None:
        """Raises InputError, its place from `here`: text outside of a voice."""
        inside = self._open[-1][1]
        if inside.text is _Text.SKIPPED:
            return
        if not inside.manner.voice and text.strip():
            raise InputError("text stands outside of any <voice>", where=here(), remedy=f"Put it into {_EXAMPLE}.")
        text = _spelled(text) if inside.text is _Text.SPELLED else _SPACE.sub(" ", text)
        self._spoken.say(text, inside.manner)

    def end(self) -> None:
        name, _ = self._open.pop()
        inside = self._open[-1][1] if self._open else None
        if name in _BORDERS and inside and inside.text is not _Text.SKIPPED:
            _BORDERS[name](self._spoken)

    def spans(self) -> tuple[Span, ...]:
        """Raises InputError: the document has no voice."""
        if not self._has_voice:
            raise InputError("it has no <voice>", remedy=f"Put the text into {_EXAMPLE}.")
        return self._spoken.spans()


def _name(tag: str) -> str:
    """The local name, with the prefix mstts: where it belongs there, whatever the author's prefix is."""
    namespace, _, local = tag.rpartition("}")
    return f"mstts:{local}" if namespace in _MSTTS else local


def _spelled(text: str) -> str:
    """Letter by letter; a lone "A" would be read as the article."""
    return " ".join("A." if letter in "aA" else letter.upper() for letter in text if not letter.isspace())


def _speak(_spoken: Spoken, inside: _Inside, attributes: Attributes, _here: Place) -> _Inside:
    return replace(inside, manner=replace(inside.manner, locale=attributes.get(_LANG, inside.manner.locale)))


def _voice(_spoken: Spoken, inside: _Inside, attributes: Attributes, here: Place) -> _Inside:
    name = attributes.get("name", "").strip()
    if not name:
        raise InputError("a <voice> has no name", where=here(), remedy=f"Name one: {_EXAMPLE}.")
    return replace(inside, manner=replace(inside.manner, voice=name))


def _prosody(_spoken: Spoken, inside: _Inside, attributes: Attributes, _here: Place) -> _Inside:
    now = inside.manner
    changed = replace(
        now,
        rate=prosody.rate(attributes.get("rate", ""), now.rate),
        pitch=prosody.pitch(attributes.get("pitch", ""), now.pitch),
        volume=prosody.volume(attributes.get("volume", ""), now.volume),
    )
    return replace(inside, manner=changed)


def _break(spoken: Spoken, inside: _Inside, attributes: Attributes, _here: Place) -> _Inside:
    time = _TIME.fullmatch(attributes.get("time", "").strip())
    if time:
        spoken.pause(round(float(time[1]) * (1 if time[2] == "ms" else 1000)))
    else:
        spoken.pause(_STRENGTHS.get(attributes.get("strength", ""), _STRENGTHS["medium"]))
    return inside


def _sub(spoken: Spoken, inside: _Inside, attributes: Attributes, _here: Place) -> _Inside:
    if "alias" not in attributes:
        return inside
    if inside.manner.voice:
        spoken.say(_SPACE.sub(" ", attributes["alias"]), inside.manner)
    return replace(inside, text=_Text.SKIPPED)


def _say_as(_spoken: Spoken, inside: _Inside, attributes: Attributes, _here: Place) -> _Inside:
    spelled = attributes.get("interpret-as") in ("characters", "spell-out", "number_digit")
    return replace(inside, text=_Text.SPELLED) if spelled else inside


def _skip(_spoken: Spoken, inside: _Inside, _attributes: Attributes, _here: Place) -> _Inside:
    return replace(inside, text=_Text.SKIPPED)


_MEANINGS: Mapping[str, Callable[[Spoken, _Inside, Attributes, Place], _Inside]] = {
    "speak": _speak,
    "lang": _speak,
    "voice": _voice,
    "prosody": _prosody,
    "break": _break,
    "sub": _sub,
    "say-as": _say_as,
    "desc": _skip,
    "metadata": _skip,
}

_BORDERS: Mapping[str, Callable[[Spoken], None]] = {
    "p": Spoken.end_paragraph,
    "s": Spoken.end_span,
    "voice": Spoken.end_span,
}
"""What the beginning and the end of an element part."""
