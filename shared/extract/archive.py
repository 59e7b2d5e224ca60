"""An EPUB's zip, taken as hostile: bounded before it is opened, at each read, and never unpacked to a disk.

Its files are found by name in its own directory, so a name that leads elsewhere leads nowhere.
"""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable

from shared.errors import InputError
from shared.extract.limits import Limits

_ENTRY_BYTES = 256
"""Of the zip's directory, for each file allowed: a name and what goes with it."""
_END_BYTES = 131_072
"""The end of a zip, which tells where its directory is, may be half as long."""
_SMALL = 1024 * 1024
"""Files up to this size may be packed as well as they like: what is bounded is their sum."""
_METHODS = frozenset([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
"""The two that the standard allows."""
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(ArithmeticError, NotImplementedError, OSError, ValueError),
)
"""What `zipfile` raises for archives that are damaged or beyond it."""
_COPY = "Get the file again from where it came from, or save it anew as an EPUB, and drop that."


class Archive:
    def __init__(self, data: bytes, limits: Limits) -> None:
        """Raises InputError: it is no zip, is damaged, or has too many files."""
        self._limits = limits
        self._left = limits.book_bytes
        directory = _Directory(data, max(_END_BYTES, limits.book_entries * _ENTRY_BYTES))
        try:
            self._zip = zipfile.ZipFile(directory)
        except _TooLong as error:
            raise _too_many(limits) from error
        except _BROKEN as error:
            raise InputError("It is not an EPUB: its zip cannot be read", remedy=_COPY) from error
        directory.longest = sys.maxsize  # of its files any piece may be asked for
        self.names = frozenset(self._zip.namelist())
        if len(self._zip.filelist) > limits.book_entries:
            raise _too_many(limits)

    def expect(self, names: Iterable[str]) -> None:
        """Raises InputError if to read all of these, as large as they are said to be, would be to read too much."""
        if sum(self._zip.getinfo(name).file_size for name in names) > self._left:
            raise self._too_large("")

    def read(self, name: str, *, most: int | None = None) -> bytes:
        """A file of it. Raises InputError: it is locked, damaged, larger than `most`, or one too many.

        Raises KeyError: it is not there.
        """
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise locked(name)
        if info.compress_type not in _METHODS:
            raise InputError("It is packed in a way that EPUB does not allow", where=name, remedy=_COPY)
        most = self._left if most is None else min(most, self._left)
        if info.file_size > max(_SMALL, self._limits.book_ratio * info.compress_size) or info.file_size > most:
            raise self._too_large(name)
        try:
            with self._zip.open(info) as file:
                data = file.read(most + 1)  # what a directory says of a size need not be true
        except _BROKEN as error:
            raise InputError("It is damaged", where=name, remedy=_COPY) from error
        if len(data) > most:
            raise self._too_large(name)
        self._left -= len(data)
        return data

    def _too_large(self, name: str) -> InputError:
        why = f"It unpacks to more than is read of a book: {self._limits.book_bytes:,} bytes in all"
        remedy = "Split the book and drop its volumes, or raise MAX_BOOK_BYTES or MAX_BOOK_RATIO."
        return InputError(why, where=name, remedy=remedy)


class _TooLong(Exception):
    """A zip's directory is longer than its files may need."""


class _Directory(io.BytesIO):
    """A zip while its directory is read, which `zipfile` does in one piece, and makes an object of each entry."""

    def __init__(self, data: bytes, longest: int) -> None:
        super().__init__(data)
        self.longest = longest

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.longest:
            raise _TooLong
        return super().read(size)


def _too_many(limits: Limits) -> InputError:
    why = f"It has more than {limits.book_entries:,} files"
    return InputError(why, remedy="Save the book anew with fewer files, or raise MAX_BOOK_ENTRIES.")


def locked(name: str) -> InputError:
    return InputError(
        "It is locked (DRM), so that only certain readers can read it",
        where=name,
        remedy="Drop a copy without DRM, as its publisher can give you.",
    )
