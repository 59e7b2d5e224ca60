"""Bytes of a dropped file to inputs: what to speak, by chapter, or an InputError that says what is wrong, where, and
what to do. The name's ending tells the kind; a kind's libraries are imported when a file of it comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import PurePosixPath

from shared.batchapi.model import InputKind
from shared.domain import borders
from shared.domain.contents import Chapter, Contents
from shared.domain.splitting import heading_of, split
from shared.errors import InputError, told
from shared.extract.decode import decode
from shared.extract.limits import Limits
from shared.extract.prose import Draft, title_of
from shared.ssml import check

__all__ = ["KINDS", "Extracted", "Limits", "extract"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    kind: InputKind
    inputs: tuple[str, ...]
    contents: Contents
    cover: bytes = field(default=b"", repr=False)
    """An image of the type that the contents name."""
    whole: bool
    """The one input is all of the document, and read again in no time: where borders fall plays no part in it."""


def extract(path: str, data: bytes, limits: Limits, before: Collection[int] = ()) -> Extracted:
    """What a document says, in reading order; a pure function of its name and bytes, and where it was cut before.

    `before`: the borders in its contents before it was changed. Raises InputError.
    """
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in _READERS:
        known = ", ".join(filter(None, KINDS))
        raise InputError(f"Files of kind {suffix} cannot be spoken", remedy=f"Drop one of: {known}.")
    try:
        return _READERS[suffix](data, limits, before)
    except (InputError, MemoryError, ImportError):
        raise  # of the file, of this process, of the deployment
    except Exception as error:  # noqa: BLE001 - a library may raise anything at a file; its words may quote it
        raise InputError(
            f"Its reader failed at it: {told(error)}",
            remedy="Save it anew, or as a file of another kind, and drop that. Report it as a fault with the file.",
        ) from None


def _ssml(data: bytes, _: Limits, __: Collection[int]) -> Extracted:
    text = decode(data, declares=True)
    check(text)
    return _extracted(InputKind.SSML, [("", [text.strip()])], Contents(), whole=True)


def _text(data: bytes, limits: Limits, before: Collection[int]) -> Extracted:
    text = decode(data)
    (known,) = borders.found([text], before)
    pieces = split(text, limits.input_characters, known) if limits.input_characters else (text,)
    contents = Contents(borders=tuple(borders.marks(pieces)))
    return _extracted(InputKind.PLAIN_TEXT, _by_headings(_spoken(pieces)), contents, whole=len(pieces) == 1)


def _markdown(data: bytes, limits: Limits, before: Collection[int]) -> Extracted:
    from shared.extract.markdown import read_markdown

    return _cut(read_markdown(decode(data)), limits, before)


def _html(data: bytes, limits: Limits, before: Collection[int]) -> Extracted:
    from shared.extract.markup import read_html

    return _cut(read_html(decode(data, declares=True)), limits, before)


def _epub(data: bytes, limits: Limits, before: Collection[int]) -> Extracted:
    from shared.extract.epub import read_epub

    return _cut(read_epub(data, limits), limits, before)


_READERS: Mapping[str, Callable[[bytes, Limits, Collection[int]], Extracted]] = {
    **dict.fromkeys(["", ".txt", ".text"], _text),
    **dict.fromkeys([".md", ".markdown"], _markdown),
    **dict.fromkeys([".html", ".htm", ".xhtml"], _html),
    ".epub": _epub,
    **dict.fromkeys([".ssml", ".xml"], _ssml),
}
KINDS = tuple(_READERS)
"""Endings of names that are taken; "": none."""


def _cut(draft: Draft, limits: Limits, before: Collection[int]) -> Extracted:
    """Each section by itself, so that no border depends on what stands in another."""
    sections = [section for _, sections in draft.chapters for section in sections]
    places = borders.found(sections, before)
    cut = [split(section, limits.input_characters, known) for section, known in zip(sections, places, strict=True)]
    pieces = iter(cut)
    chapters = [
        (title, _spoken(chain.from_iterable(islice(pieces, len(sections))))) for title, sections in draft.chapters
    ]
    contents = Contents(
        title=title_of(draft.title),
        author=title_of(draft.author),
        language=draft.language if _LANGUAGE.fullmatch(draft.language) else "",
        cover=draft.cover.media_type if draft.cover else "",
        borders=tuple(chain.from_iterable(map(borders.marks, cut))),
    )
    extracted = _extracted(InputKind.PLAIN_TEXT, chapters, contents, whole=False)
    return replace(extracted, cover=draft.cover.data) if draft.cover else extracted


def _extracted(
    kind: InputKind, found: Iterable[tuple[str, Sequence[str]]], contents: Contents, *, whole: bool
) -> Extracted:
    """Of chapters: titles and inputs; those without inputs are none. Raises InputError: there is nothing to speak."""
    inputs: list[str] = []
    chapters: list[Chapter] = []
    for title, texts in found:
        if texts:
            chapters.append(Chapter(title=title, first=len(inputs) + 1, inputs=len(texts)))
            inputs += texts
    if not inputs:
        raise InputError("There is no text to speak in it", remedy="Drop a file with words in it.")
    contents = replace(contents, chapters=tuple(chapters))
    return Extracted(kind=kind, inputs=tuple(inputs), contents=contents, whole=whole)


def _spoken(pieces: Iterable[str]) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in pieces if any(map(str.isalnum, piece)))


def _by_headings(inputs: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Plain text has chapters where inputs begin with the heading of one."""
    found: list[tuple[str, list[str]]] = []
    for text in inputs:
        heading = title_of(heading_of(text))
        if heading or not found:
            found.append((heading, []))
        found[-1][1].append(text)
    return found
