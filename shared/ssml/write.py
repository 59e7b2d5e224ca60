"""Writes SSML around a plain text: voice and manner for all of it, pauses between its paragraphs, words of a lexicon.

What is billed besides the text itself is kept small: `<speak>` and `<voice>` are free, and no element is written that
changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from shared.ssml.meanings import VOICE_LOCALE
from shared.ssml.pronounce import is_phones, pattern_of

PARAGRAPH_END = re.compile(r"\n[ \t]*+\n\s*+")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DEFAULT_LOCALE = "en-US"


class Manner(Protocol):
    """What is written, "" for whatever is not asked for; prosody as SSML has it."""

    @property
    def voice(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def style(self) -> str: ...
    @property
    def style_degree(self) -> float: ...
    @property
    def role(self) -> str: ...
    @property
    def rate(self) -> str: ...
    @property
    def pitch(self) -> str: ...
    @property
    def volume(self) -> str: ...
    @property
    def paragraph_pause_ms(self) -> int: ...
    @property
    def lexicon(self) -> Mapping[str, str]:
        """Word to other words, or to its phones in IPA between slashes."""
        ...


class Writer:
    """Writes texts in one manner."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._words = re.compile(pattern_of(manner.lexicon))
        self._opening, self._closing = _around(manner)

    def write(self, text: str, *, goes_on: bool) -> str:
        """The SSML of a text, of which more follows in another one where it `goes_on`."""
        paragraphs = [self._pronounced(paragraph) for paragraph in PARAGRAPH_END.split(text.strip()) if paragraph]
        return self._opening + self._joined(paragraphs, goes_on) + self._closing

    def _joined(self, paragraphs: list[str], goes_on: bool) -> str:
        if pause := self._manner.paragraph_pause_ms:
            mark = f'<break time="{pause}ms"/>'
            return mark.join(paragraphs) + mark * goes_on
        if len(paragraphs) == 1:
            return paragraphs[0]
        if self._manner.style or self._manner.role:
            return "<break/>".join(paragraphs)  # by Azure's page, <mstts:express-as> takes no <p>
        return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)

    def _pronounced(self, paragraph: str) -> str:
        written, start = [], 0
        for found in self._words.finditer(paragraph):
            written += [_text(paragraph[start : found.start()]), self._tagged(found[0])]
            start = found.end()
        return "".join([*written, _text(paragraph[start:])])

    def _tagged(self, word: str) -> str:
        said = self._manner.lexicon[" ".join(word.split())]
        if is_phones(said):
            return _element("phoneme", {"alphabet": "ipa", "ph": said[1:-1]})[0] + _text(word) + "</phoneme>"
        return _element("sub", {"alias": said})[0] + _text(word) + "</sub>"


def is_marked(manner: Manner, text: str, *, goes_on: bool) -> bool:
    """Whether the text holds anything that only SSML can say."""
    pause = manner.paragraph_pause_ms and (goes_on or PARAGRAPH_END.search(text.strip()))
    return bool(pause or speaks_other(manner) or occurring(manner.lexicon, text))


def speaks_other(manner: Manner) -> bool:
    """Whether the voice is to speak another language than its own."""
    return bool(manner.language) and manner.language.lower() != _locale(manner.voice).lower()


def occurring(lexicon: Mapping[str, str], text: str) -> dict[str, str]:
    """The words of a lexicon that stand in a text."""
    found = {" ".join(match[0].split()) for match in re.finditer(pattern_of(lexicon), text)} if lexicon else set()
    return {word: said for word, said in lexicon.items() if word in found}


def _around(manner: Manner) -> tuple[str, str]:
    expressing = {"style": manner.style, "styledegree": _degree(manner), "role": manner.role}
    prosody = {"rate": manner.rate, "pitch": manner.pitch, "volume": manner.volume}
    root = {"version": "1.0", "xmlns": "http://www.w3.org/2001/10/synthesis"}
    if any(expressing.values()):
        root["xmlns:mstts"] = "http://www.w3.org/2001/mstts"
    root["xml:lang"] = manner.language or _locale(manner.voice)
    elements = [
        _element("speak", root),
        _element("voice", {"name": manner.voice}),
        _element("lang", {"xml:lang": manner.language if speaks_other(manner) else ""}),
        _element("mstts:express-as", expressing),
        _element("prosody", prosody),
    ]
    return "".join(opening for opening, _ in elements), "".join(closing for _, closing in reversed(elements))


def _degree(manner: Manner) -> str:
    return f"{manner.style_degree:g}" if manner.style and manner.style_degree != 1 else ""


def _locale(voice: str) -> str:
    found = VOICE_LOCALE.match(voice)
    return found[0] if found else _DEFAULT_LOCALE


def _element(name: str, attributes: Mapping[str, str]) -> tuple[str, str]:
    """Its opening and its closing tag; empty where no attribute has a value."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return (f"<{name}{written}>", f"</{name}>") if written else ("", "")


def _text(text: str) -> str:
    return escape(_NO_XML.sub(" ", text))
