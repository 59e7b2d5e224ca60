"""A sound file that lies elsewhere, read in windows: in order by whoever joins, at will by FFmpeg."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WINDOW = 4 * 1024 * 1024
"""Bytes read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    """For messages."""
    size: int
    """Bytes of the whole file."""
    read: Callable[[int, int], bytes]
    """The bytes from an offset on, so many of them or, at the end, fewer."""

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end`, in windows."""
        end = self.size if end is None else end
        for offset in range(start, end, WINDOW):
            yield self.read(offset, min(WINDOW, end - offset))

    def opened(self) -> io.BufferedReader:
        """As a file that can seek, read a window at a time."""
        return io.BufferedReader(_Raw(self), WINDOW)


class _Raw(io.RawIOBase):
    def __init__(self, source: Source) -> None:
        self._source, self._at = source, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        length = min(len(view), self._source.size - self._at)
        if length <= 0:
            return 0
        got = self._source.read(self._at, length)
        view[: len(got)] = got
        self._at += len(got)
        return len(got)
