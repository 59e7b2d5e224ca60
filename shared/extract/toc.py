"""A book's table of contents: EPUB 3's navigation document or EPUB 2's NCX, as one list of places with their depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from shared.errors import InputError
from shared.extract.archive import Archive
from shared.extract.decode import decode
from shared.extract.markup import feed
from shared.extract.package import LARGEST, Item, Package, within, xml
from shared.extract.prose import title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    title: str
    name: str
    """The text that it leads to, in the archive."""
    fragment: str
    """The place in it; "": its beginning."""
    depth: int
    """1: of the top."""


def read_toc(archive: Archive, package: Package) -> tuple[Entry, ...]:
    """In its own order; empty where there is none that can be read: a book is one all the same."""
    for item, read in ((package.navigation, _navigation), (package.ncx, _ncx)):
        if item and item.name in archive.names:
            with suppress(InputError):
                entries = tuple(read(archive, item))
                if entries:
                    return entries
    return ()


def _navigation(archive: Archive, item: Item) -> Iterator[Entry]:
    links = _Links()
    feed(links, decode(archive.read(item.name, most=LARGEST), declares=True))
    for target, title, depth in links.found:
        yield _entry(item, target, title, depth)


class _Links:
    """The target of a parser: hears the links of the table of contents, and how deep in its lists they stand."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, int]] = []
        self._navs: list[bool] = []
        self._lists: list[bool] = []
        """Of each open list: whether the item at hand has a link, which the lists in it are then below."""
        self._depth = 1
        self._target = ""
        self._words: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "nav":
            self._navs.append("toc" in attributes.get("epub:type", attributes.get("role", "")).split())
        elif tag in ("ol", "ul"):
            self._depth += bool(self._lists and self._lists[-1])
            self._lists.append(False)
        elif tag == "a":
            self._target = attributes.get("href", "")
            self._words.clear()

    def data(self, text: str) -> None:
        if self._target:
            self._words.append(text)

    def end(self, tag: str) -> None:
        if tag == "nav" and self._navs:
            self._navs.pop()
        elif tag in ("ol", "ul") and self._lists:
            self._lists.pop()
            self._depth -= bool(self._lists and self._lists[-1])
        elif tag == "li" and self._lists:
            self._lists[-1] = False
        elif tag == "a" and self._target:
            self._end_link()

    def close(self) -> None:
        """Asked for by the parser."""

    def _end_link(self) -> None:
        if any(self._navs[-1:]):
            self.found.append((self._target, "".join(self._words), self._depth))
            if self._lists:
                self._lists[-1] = True
        self._target = ""


def _ncx(archive: Archive, item: Item) -> Iterator[Entry]:
    root = xml(archive, item.name)
    waiting = [(point, 1) for point in reversed(root.findall("{*}navMap/{*}navPoint"))]
    while waiting:
        point, depth = waiting.pop()
        content, label = point.find("{*}content"), point.find("{*}navLabel")
        if content is not None and label is not None:
            yield _entry(item, content.get("src", ""), " ".join(label.itertext()), depth)
        waiting += [(below, depth + 1) for below in reversed(point.findall("{*}navPoint"))]


def _entry(item: Item, target: str, title: str, depth: int) -> Entry:
    name, fragment = within(item.name, target), unquote(target.partition("#")[2])
    return Entry(title=title_of(title), name=name, fragment=fragment, depth=depth)
