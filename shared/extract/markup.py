"""HTML and XHTML to blocks. lxml's parser reads, whatever state the markup is in; this module listens.

No tree is made: what it takes is the text itself, however many elements there are and however deep they lie. Nothing
outside the text is ever read: no entity, document type, style or image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from lxml import etree

from shared.extract.prose import UNHEARD, Block, Draft, by_headings
from shared.extract.tags import BLOCK, HEADINGS, INHERITED, KEPT, LINE, SENTENCE, SILENT, TAGS, TITLE, is_silent

_CHUNK = 65_536
_SPACE = re.compile(r"\s+")
_SPACES = re.compile(r"\s{2,}|[^\S ]")
"""Of a text that is mostly free of them: a long line is not taken apart for each word."""
_NOTE_MARK = re.compile(r"[\[({]?\s*(?:note\s*)?(?:\d{1,4}|[a-z]|[ivxlc]{1,6}|[*†‡§¶#^↑↩⏎︎]+)\s*[\])}]?", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_CUT = "\x00"
"""Stands where the mark of a note was, until the brackets around it are gone too."""
_AROUND_CUT = re.compile(r"[\[(]?\x00[\])]?")
_LONGEST_MARK = 8
"""Pieces of text in a link that may be the mark of a note."""


def read_html(text: str) -> Draft:
    """An HTML document."""
    heard = listen(text)
    return Draft(
        chapters=by_headings(heard.blocks),
        title=heard.title or heard.first_heading,
        author=heard.author,
        language=heard.language,
    )


def listen(text: str) -> Heard:
    """What is heard of a document or a fragment of one."""
    heard = Heard()
    feed(heard, text)
    return heard


class Listener(Protocol):
    """What lxml's parser calls. Every start has its end."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...
    def close(self) -> None: ...


class Feeding:
    """lxml's parser as a file to write UTF-8 to."""

    def __init__(self, target: Listener) -> None:
        # Its own limits are those of trees, and none is made.
        self._parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
        self._fed = False

    def write(self, data: bytes) -> int:
        self._parser.feed(data)
        self._fed = True
        return len(data)

    def close(self) -> None:
        if self._fed:
            self._parser.close()


def feed(target: Listener, text: str) -> None:
    parser = Feeding(target)
    for start in range(0, len(text), _CHUNK):
        parser.write(text[start : start + _CHUNK].encode())
    parser.close()


class Heard:
    """The target of a parser: hears one document, and has its blocks at the end."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.author = self.language = ""
        self._titles: list[str] = []
        self._open = [0]
        self._words: list[str] = []
        self._marks: list[tuple[str, str, int, int]] = []
        self._names: list[str] = []
        self._level = 0
        self._row = 0
        self._is_first = self._is_cell = self._after_picture = False

    @property
    def title(self) -> str:
        return _tidy("".join(self._titles)).replace("\n", " ")

    @property
    def first_heading(self) -> str:
        return next((block.text for block in self.blocks if block.level), "")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = _local(tag)
        meaning = TAGS.get(name, 0)
        inside = self._open[-1] & INHERITED
        if meaning & BLOCK and not inside & SILENT:
            self._flush()
        if meaning & LINE and not inside & LINE:
            self._is_first = True
        if is_silent(attributes):
            meaning |= SILENT
        self._open.append(inside | meaning)
        if attributes:
            self._note(name, attributes)
        if (inside | meaning) & SILENT:
            return
        if name in HEADINGS:
            self._level = HEADINGS[name]
        if name in _STARTS:
            _STARTS[name](self, attributes)

    def data(self, text: str) -> None:
        inside = self._open[-1]
        if inside & SILENT:
            return
        if inside & TITLE:
            self._titles.append(text)
            return
        if not inside & KEPT:
            text = _SPACE.sub(" ", text)
        self._after_picture &= text.isspace()
        self._words.append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        inside = self._open[-1]
        if not inside & SILENT:
            if name in ("a", "sup") and self._marks:
                self._end_mark()
            if inside & BLOCK:
                self._flush()
            if name in HEADINGS:
                self._level = 0
        if len(self._open) > 1:
            self._open.pop()

    def close(self) -> None:
        self._flush()

    def _note(self, name: str, attributes: Mapping[str, str]) -> None:
        """What is not heard but told: where links lead, the language, the author."""
        fragment = attributes.get("id") or (name == "a" and attributes.get("name"))
        if fragment:
            self._names.append(fragment)
        if name in ("html", "body"):
            self.language = self.language or attributes.get("lang") or attributes.get("xml:lang") or ""
        if name == "meta" and attributes.get("name", "").lower() == "author":
            self.author = self.author or _tidy(attributes.get("content", ""))

    def _break(self, _: Mapping[str, str]) -> None:
        self._words.append("\n")

    def _picture(self, attributes: Mapping[str, str]) -> None:
        if words := attributes.get("alt") or attributes.get("alttext"):
            self._words.append(_SPACE.sub(" ", words))
            self._after_picture = True

    def _formula(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("alttext"):
            self._picture(attributes)
            self._open[-1] |= SILENT

    def _begin_row(self, _: Mapping[str, str]) -> None:
        self._row = len(self.blocks)

    def _begin_cell(self, _: Mapping[str, str]) -> None:
        self._is_cell = len(self.blocks) > self._row

    def _begin_link(self, attributes: Mapping[str, str]) -> None:
        self._marks.append(("a", attributes.get("href", ""), len(self.blocks), len(self._words)))

    def _begin_raised(self, _: Mapping[str, str]) -> None:
        self._marks.append(("sup", "", len(self.blocks), len(self._words)))

    def _end_mark(self) -> None:
        """The mark of a note is not heard, of an address only whose it is."""
        name, target, block, begin = self._marks.pop()
        if block != len(self.blocks) or len(self._words) - begin > _LONGEST_MARK:
            return
        words = "".join(self._words[begin:]).strip()
        if (name == "sup" and not words.strip(f"[]() ,{_CUT}")) or ("#" in target and _NOTE_MARK.fullmatch(words)):
            self._words[begin:] = [_CUT]
        elif name == "a" and _ADDRESS.fullmatch(words):
            self._words[begin:] = [_whose(words)]

    def _flush(self) -> None:
        if not self._words:
            return
        text = _tidy(_AROUND_CUT.sub("", "".join(self._words)))
        self._words.clear()
        if any(map(str.isalnum, text)):
            inside = self._open[-1]
            block = Block(
                text=text,
                level=self._level,
                is_line=bool(inside & LINE) and not self._is_first,
                is_cell=self._is_cell,
                is_sentence=bool(self._level or inside & (SENTENCE | LINE) or self._after_picture),
                names=tuple(self._names),
            )
            self.blocks.append(block)
            self._names.clear()
            self._is_first = self._is_cell = False
        self._after_picture = False


_STARTS: Mapping[str, Callable[[Heard, Mapping[str, str]], None]] = {
    "a": Heard._begin_link,
    "br": Heard._break,
    "img": Heard._picture,
    "math": Heard._formula,
    "sup": Heard._begin_raised,
    "td": Heard._begin_cell,
    "th": Heard._begin_cell,
    "tr": Heard._begin_row,
}


def _local(tag: str) -> str:
    return tag.rpartition(":")[2].lower()


def _tidy(text: str) -> str:
    """Without spaces in a row or at the ends of lines, empty lines, and characters that are not heard."""
    lines = text.translate(UNHEARD).split("\n")
    return "\n".join(filter(None, (_SPACES.sub(" ", line).strip() for line in lines)))


def _whose(address: str) -> str:
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.")
