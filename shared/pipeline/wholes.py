"""Files that hold a version whole: its audio as one file, and as an audio book.

The inputs' files never change, and what is made lies under names of the version's own: a repetition, or two at once,
write the same again. Files are read by ranges and written in blocks, so memory is bounded whatever their length.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Protocol

from shared.audio.join import Combined
from shared.audio.m4b import CONTENT_TYPE, Book, Mark
from shared.audio.source import Source
from shared.audio.tags import Tags
from shared.batchapi.formats import FORMATS, OutputFormat
from shared.domain import naming
from shared.domain.contents import Chapter, Contents
from shared.domain.documents import SpokenInput, Version
from shared.domain.extras import left_out, timed_chapters
from shared.domain.options import Options
from shared.errors import InputError, Missing
from shared.pipeline.context import Pipeline

log = logging.getLogger(__name__)

_AGAIN = "Retry the document, or drop it again."

Keep = Callable[[Iterable[bytes]], Iterator[bytes]]
"""Wraps what is written, so that whoever makes it notices on the way that he is to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What all extras are made from."""

    p: Pipeline
    version: Version
    options: Options
    contents: Contents
    inputs: Sequence[SpokenInput]
    there: Mapping[str, int]
    """Size of each blob in the version's folder, by name."""
    keep: Keep
    left_out: list[dict[str, str]] = field(default_factory=list)
    """What could not be made, as the manifest tells it."""

    @property
    def audio(self) -> OutputFormat:
        return FORMATS[self.options.output_format]

    @property
    def title(self) -> str:
        return self.contents.title or PurePosixPath(self.version.path).stem

    @property
    def chapters(self) -> Sequence[Chapter]:
        """At least one, each with a title: where it has none, the first has the whole's, others their number."""
        found = self.contents.chapters or (Chapter(title="", first=1, inputs=len(self.inputs)),)
        titles = [self.title, *map(str, range(2, len(found) + 1))]
        return [replace(chapter, title=chapter.title or title) for chapter, title in zip(found, titles, strict=True)]

    def name(self, file: str) -> str:
        return naming.extra_blob(self.version.path, self.version.sequence, file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that has been written."""

    stem: str
    """Its name without folder and extension: what goes with it has the same."""
    member: Mapping[str, Any]
    """As the manifest lists it."""
    starts: Sequence[Fraction]
    """Seconds at which the sound of each input begins in it."""


class _Whole(Protocol):
    """A file while it is made; `Combined` and `Book` are."""

    def chunks(self) -> Iterator[bytes]: ...
    def head(self) -> bytes: ...
    @property
    def starts(self) -> Sequence[Fraction]: ...
    @property
    def seconds(self) -> Fraction: ...


def _combined(given: Given) -> _Whole:
    return Combined(given.audio, _sources(given), _tags(given))


def _book(given: Given) -> _Whole:
    chapters = [Mark(title=chapter.title, first=chapter.first - 1) for chapter in given.chapters]
    return Book(given.audio, _sources(given), tags=_tags(given), chapters=chapters, cover=_cover(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    begin: Callable[[Given], _Whole]
    """Raises InputError, and so does what it returns: it cannot be made."""
    stem: str
    extension: str = ""
    """"", as of the content type: the inputs' own."""
    content_type: str = ""


_KINDS: Mapping[str, _Kind] = {
    "combined": _Kind(begin=_combined, stem="combined"),
    "m4b": _Kind(begin=_book, stem="book", extension="m4b", content_type=CONTENT_TYPE),
}
"""By the option that asks for it, which is its member in the manifest as well."""


def make_wholes(given: Given, why_none: str) -> Mapping[str, Made]:
    """Those that are asked for and can be made; none where `why_none` gives a reason.

    Raises StorageError, and what `keep` raises.
    """
    made = {}
    for name, kind in _KINDS.items():
        if getattr(given.options, name):
            try:
                made[name] = _make(given, kind, why_none)
            except InputError as error:
                log.warning("%s of %s is left out: %s", name, given.version.path, error.why)
                given.left_out.append(left_out(name, error))
    return made


def _make(given: Given, kind: _Kind, why_none: str) -> Made:
    """Raises InputError: it cannot be made."""
    if why_none:
        raise InputError(why_none, remedy="Do without it, or report it as a fault with the document.")
    file = given.name(f"{kind.stem}.{kind.extension or given.audio.extension}")
    whole, written = kind.begin(given), 0

    def counted() -> Iterator[bytes]:
        nonlocal written
        for chunk in given.keep(whole.chunks()):
            written += len(chunk)
            yield chunk

    try:
        content_type = kind.content_type or given.audio.content_type
        given.p.results.write(file, counted(), content_type=content_type, head=whole.head)
    except Missing as error:
        raise InputError(str(error), remedy=_AGAIN) from error
    member = {
        "file": file,
        "bytes": written + len(whole.head()),
        "duration_ms": round(whole.seconds * 1000),
        "chapters": timed_chapters(given.chapters, whole.starts),
    }
    return Made(stem=kind.stem, member=member, starts=whole.starts)


def _sources(given: Given) -> list[Source]:
    """Raises InputError: somebody has taken one away."""
    sources = []
    for item in given.inputs:
        name = naming.result_blob(given.version.path, given.version.sequence, item.number, given.audio.extension)
        if name not in given.there:
            raise InputError("It is not there any more", where=name, remedy=_AGAIN)
        sources.append(
            Source(name=PurePosixPath(name).name, size=given.there[name], read=partial(_read, given.p, name))
        )
    return sources


def _read(p: Pipeline, name: str, offset: int, length: int) -> bytes:
    return p.results.read(name, offset=offset, length=length)


def _tags(given: Given) -> Tags:
    return Tags(title=given.title, author=given.contents.author)


def _cover(given: Given) -> bytes:
    """A book whose cover is gone is a book all the same."""
    if not given.contents.cover:
        return b""
    try:
        return given.p.work.read(naming.cover_blob(given.version.kept))
    except Missing:
        return b""
