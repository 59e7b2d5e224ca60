"""An EPUB to chapters: its texts in reading order, cut where its table of contents says."""

from __future__ import annotations

from collections.abc import Iterable

from shared.errors import InputError
from shared.extract.archive import Archive
from shared.extract.decode import decode
from shared.extract.limits import Limits
from shared.extract.markup import listen
from shared.extract.package import Item, read_cover, read_package
from shared.extract.prose import Block, Draft, chapters, title_of
from shared.extract.toc import Entry, read_toc

_HEADINGS = 8
"""So many in a row are one place, with the text after them."""


_LONGEST_PLACE = 500
"""Characters of a file's name in an error, which lies in a row and a manifest."""


def read_epub(data: bytes, limits: Limits) -> Draft:
    """Raises InputError, naming the file of the book that is at fault."""
    try:
        return _read(data, limits)
    except InputError as error:
        if len(error.where) <= _LONGEST_PLACE:
            raise
        raise InputError(error.why, where=f"{error.where[:_LONGEST_PLACE]}…", remedy=error.remedy) from error


def _read(data: bytes, limits: Limits) -> Draft:
    archive = Archive(data, limits)
    package = read_package(archive)
    archive.expect(item.name for item in package.spine)
    book = _Book()
    for item in package.spine:
        book.add(item, _decoded(archive, item))
    starts = book.starts(read_toc(archive, package))
    return Draft(
        # One that names a single place is no help.
        chapters=chapters(book.blocks, starts if len(starts) > 1 else book.first_headings(), book.places.values()),
        title=package.title,
        author=package.author,
        language=package.language,
        cover=read_cover(archive, package.cover, most=limits.cover_bytes),
    )


def _decoded(archive: Archive, item: Item) -> str:
    if item.media_type.startswith("image/"):
        return ""
    data = archive.read(item.name)
    try:
        return decode(data, declares=True)
    except InputError as error:
        raise InputError(error.why, where=f"{item.name}, {error.where}", remedy=error.remedy) from error


class _Book:
    """The blocks of a book's texts, and where in them things are."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.places: dict[str, int] = {}
        """Of each text: its first block."""
        self._fragments: dict[tuple[str, str], int] = {}

    def add(self, item: Item, text: str) -> None:
        begin = len(self.blocks)
        self.places.setdefault(item.name, begin)
        self.blocks += listen(text).blocks
        for index in range(begin, len(self.blocks)):
            for name in self.blocks[index].names:
                self._fragments.setdefault((item.name, name), index)

    def first_headings(self) -> dict[int, str]:
        """Without a table of contents each text is a chapter, and its first block its title if that is a heading."""
        places = {index: self.blocks[index] for index in self.places.values() if index < len(self.blocks)}
        return {index: title_of(block.text) if block.level else "" for index, block in places.items()}

    def starts(self, toc: Iterable[Entry]) -> dict[int, str]:
        """Where chapters begin, with their titles: at the entries of the top, and at the first entry of each text.

        An entry that leads to the same headings as the first below it gives way to those below: a part to its chapters.
        """
        starts: dict[int, str] = {}
        seen: set[str] = set()
        last: dict[int, tuple[int, bool]] = {}
        gives_way: dict[int, bool] = {}
        for entry in toc:
            above, index = entry.depth - 1, self._place(entry, is_first=entry.name not in seen)
            if index is None:
                continue
            if above in last and above not in gives_way:
                begin, counts = last[above]
                gives_way[above] = counts and begin == index
            counts = above == 0 or entry.name not in seen or gives_way.get(above, False)
            if counts:
                starts[index] = entry.title
            seen.add(entry.name)
            last[entry.depth] = index, counts
            gives_way.pop(entry.depth, None)
        return starts

    def _place(self, entry: Entry, *, is_first: bool) -> int | None:
        """Where the headings there begin. None: nothing is heard there, or it is not in the book."""
        place = self._fragments.get((entry.name, entry.fragment))
        if place is None and (is_first or not entry.fragment):
            place = self.places.get(entry.name)
        if place is None or place >= len(self.blocks):
            return None
        begin = max(self.places[entry.name], place - _HEADINGS)
        while place > begin and self.blocks[place - 1].level:
            place -= 1
        return place
