"""An EPUB's package: what it tells of itself, its files in reading order, its cover and its table of contents.

The XML of packages is read by defusedxml, without document types' contents and entities. Names in it are looked up
among the archive's own and nowhere else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from shared.errors import InputError
from shared.extract.archive import Archive, locked
from shared.extract.prose import Cover

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
LARGEST = 4 * 1024 * 1024
"""Bytes of a file about the book."""
_LONGEST = 500
"""Characters of a title or an author's name."""
_IMAGES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
"""What every player shows as a cover, and how such files begin."""
_SAVE = "Open the book in an EPUB editor, mend it, and drop it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file that the package lists."""

    name: str
    """In the archive."""
    media_type: str
    properties: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    title: str
    author: str
    language: str
    spine: tuple[Item, ...]
    """The texts, in reading order; each is there and can be read."""
    cover: Item | None
    navigation: Item | None
    """EPUB 3's table of contents."""
    ncx: Item | None
    """EPUB 2's."""


def read_package(archive: Archive) -> Package:
    """Raises InputError, naming the file: it is no book, is locked, or lists what is not there."""
    name = _package_name(archive)
    root = xml(archive, name)
    items = {identity: item for identity, item in _items(root, name)}
    spine = root.find("{*}spine")
    refs = [] if spine is None else [ref for ref in spine.findall("{*}itemref") if ref.get("linear") != "no"]
    texts = tuple(_text(archive, items.get(ref.get("idref", "")), ref.get("idref", ""), name) for ref in refs)
    if not texts:
        raise InputError("It has no texts in reading order", where=name, remedy=_SAVE)
    hidden = _locked_names(archive)
    for item in texts:
        if item.name in hidden:
            raise locked(item.name)
    ncx = items.get("" if spine is None else spine.get("toc", ""))
    return Package(
        title=next(_metadata(root, "title"), ""),
        author=", ".join(_metadata(root, "creator"))[:_LONGEST],
        language=next(_metadata(root, "language"), ""),
        spine=texts,
        cover=_cover_item(root, items),
        navigation=next((item for item in items.values() if "nav" in item.properties), None),
        ncx=ncx or next((item for item in items.values() if item.media_type == "application/x-dtbncx+xml"), None),
    )


def read_cover(archive: Archive, item: Item | None, *, most: int) -> Cover | None:
    """None: there is none, or none that is of use: too large, damaged, or not the image that it is said to be."""
    if item is None or item.name not in archive.names:
        return None
    try:
        data = archive.read(item.name, most=most)
    except InputError:
        return None
    kinds = (kind for kind, beginning in _IMAGES.items() if data.startswith(beginning))
    return next((Cover(media_type=kind, data=data) for kind in kinds), None)


def xml(archive: Archive, name: str) -> Element:
    """The root of an XML file of the archive. Raises InputError: it is not there, or cannot be read."""
    if name not in archive.names:
        raise InputError("It is missing from the book", where=name, remedy=_SAVE)
    try:
        root: Element = fromstring(archive.read(name, most=LARGEST))
    except ParseError as error:
        line, column = error.position
        where = f"{name}, line {line}, column {column + 1}"
        raise InputError("It is not well-formed XML", where=where, remedy=_SAVE) from error
    except (DefusedXmlException, LookupError, ValueError) as error:
        why = "It is XML with entities of its own, or in an encoding that is not read"
        raise InputError(why, where=name, remedy=_SAVE) from error
    return root


def within(base: str, reference: str) -> str:
    """The archive's name for what a file `base` of it refers to, without the fragment."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base


def _package_name(archive: Archive) -> str:
    if _CONTAINER not in archive.names:
        inner = [name for name in archive.names if name.lower().endswith(".epub")]
        if inner:
            why, remedy = "It is a zip with books in it, not a book", "Unpack it, and drop the .epub files."
            raise InputError(why, remedy=remedy)
        why = f"It is not an EPUB: {_CONTAINER} is missing"
        raise InputError(why, remedy="Save the book as an EPUB, and drop that.")
    for rootfile in xml(archive, _CONTAINER).iterfind(".//{*}rootfile"):
        if name := rootfile.get("full-path"):
            return name
    raise InputError("It names no package", where=_CONTAINER, remedy=_SAVE)


def _items(root: Element, name: str) -> Iterator[tuple[str, Item]]:
    for item in root.iterfind("{*}manifest/{*}item"):
        yield (
            item.get("id", ""),
            Item(
                name=within(name, item.get("href", "")),
                media_type=item.get("media-type", ""),
                properties=frozenset(item.get("properties", "").split()),
            ),
        )


def _text(archive: Archive, item: Item | None, identity: str, package: str) -> Item:
    if item is None:
        why = f"A text of the reading order, '{identity[:80]}', is not among the book's files"
        raise InputError(why, where=package, remedy=_SAVE)
    if item.name not in archive.names:
        why = "It is missing from the book, whose reading order names it"
        raise InputError(why, where=item.name, remedy=_SAVE)
    return item


def _metadata(root: Element, name: str) -> Iterator[str]:
    for element in root.iterfind(f"{{*}}metadata//{{*}}{name}"):
        if text := " ".join("".join(element.itertext()).split())[:_LONGEST]:
            yield text


def _cover_item(root: Element, items: dict[str, Item]) -> Item | None:
    for item in items.values():
        if "cover-image" in item.properties:
            return item
    for meta in root.iterfind("{*}metadata//{*}meta"):
        if meta.get("name") == "cover":
            return items.get(meta.get("content", ""))
    return None


def _locked_names(archive: Archive) -> frozenset[str]:
    """Files that need a key. Fonts may be among them in any book."""
    if _ENCRYPTION not in archive.names:
        return frozenset()
    references = xml(archive, _ENCRYPTION).iterfind(".//{*}CipherReference")
    return frozenset(unquote(reference.get("URI", "")) for reference in references)
