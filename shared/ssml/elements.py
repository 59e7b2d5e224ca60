"""Takes a document's tags and text in their order and makes its spans; what the tags mean is told in `meanings`."""

from __future__ import annotations

from shared.batchapi.model import Background
from shared.errors import InputError
from shared.marks import unmarked
from shared.ssml.inside import Attributes, End, Inside, Place, Start, Text
from shared.ssml.meanings import BORDERS, EXAMPLE, MEANINGS, squeezed
from shared.ssml.spans import Say, Span
from shared.ssml.spoken import Spoken

_MSTTS = frozenset({"{http://www.w3.org/2001/mstts", "{https://www.w3.org/2001/mstts"})


class Document:
    """`fetching`: recordings and lexicons are asked for rather than left out."""

    def __init__(self, *, fetching: bool = False) -> None:
        self._spoken = Spoken()
        self._outside = Inside(manner=Say(text="", voice=""), fetching=fetching)
        self._open: list[tuple[str, Inside, End | None]] = []
        self._has_voice = False

    def start(self, tag: str, attributes: Attributes, here: Place) -> None:
        """Raises InputError, its place from `here`: the root is not speak, a voice has no name, a phone is none."""
        name = _name(tag)
        if not self._open and name != "speak":
            raise InputError(
                f"it begins with <{name}>, not with <speak>", where=here(), remedy="Put everything into one <speak>."
            )
        inside, end = self._open[-1][1] if self._open else self._outside, None
        if name in BORDERS and inside.text is not Text.SKIPPED:
            BORDERS[name](self._spoken)
        if name == "voice":
            self._has_voice = True
        if name in MEANINGS and inside.text is not Text.SKIPPED:
            inside, end = MEANINGS[name](Start(self._spoken, inside, attributes, here))
        self._open.append((name, inside, end))

    def data(self, text: str, here: Place) -> None:
        """Raises InputError, its place from `here`: text outside of a voice."""
        inside = self._open[-1][1]
        if inside.text is Text.SKIPPED:
            return
        if not inside.manner.voice and text.strip():
            raise InputError("text stands outside of any <voice>", where=here(), remedy=f"Put it into {EXAMPLE}.")
        text = squeezed(unmarked(text))
        if inside.text is Text.COLLECTED:
            inside.collected.append(text)
        else:
            self._spoken.say(f" {text} " if inside.text is Text.SPACED else text, inside.manner)

    def end(self) -> None:
        name, _, end = self._open.pop()
        inside = self._open[-1][1] if self._open else None
        if name in BORDERS and inside and inside.text is not Text.SKIPPED:
            BORDERS[name](self._spoken)
        if end:
            end()

    def background(self) -> Background | None:
        """The first, of which Azure's page allows one."""
        return next(iter(self._outside.backgrounds), None)

    def spans(self) -> tuple[Span, ...]:
        """Raises InputError: the document has no voice."""
        if not self._has_voice:
            raise InputError("it has no <voice>", remedy=f"Put the text into {EXAMPLE}.")
        return self._spoken.spans()


def _name(tag: str) -> str:
    """The local name, with the prefix mstts: where it belongs there, whatever the author's prefix is."""
    namespace, _, local = tag.rpartition("}")
    return f"mstts:{local}" if namespace in _MSTTS else local
