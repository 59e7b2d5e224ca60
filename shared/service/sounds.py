"""Reads what workers spoke: the sounds of parts, and behind each the times of its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from shared.errors import Missing, SpeechdropError, StorageError
from shared.service.items import Done, Spoken

WINDOW = 4 * 1024 * 1024
"""Bytes read at a time."""


class SourceError(SpeechdropError):
    """Our own storage failed while a result was written: no fault of where it goes to."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part as it was spoken, and where its sound lies."""

    done: Done
    spoken: Spoken


class Kept(Protocol):
    """Where sounds lie: the container of work, or AtHand."""

    def read(self, name: str, *, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a worker has spoken and not stored: all of a synthesis that is one item."""

    done: Done
    file: IO[bytes]

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)


class Reader:
    """Reads parts, which lie one after the other, through a window: a request per megabytes, not per part."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._blob, self._start, self._held = "", 0, b""

    def read(self, piece: Piece) -> Iterator[bytes]:
        """Raises SourceError."""
        at, end = piece.spoken.offset, piece.spoken.offset + piece.spoken.length
        while at < end:
            taken = self._from(piece.done.blob, at, end)
            yield taken
            at += len(taken)

    def times(self, piece: Piece) -> bytes:
        """What was written of the times of a part, out of the window where they lie in it. Raises SourceError."""
        spoken = piece.spoken
        at, end = spoken.offset + spoken.length, spoken.offset + spoken.length + spoken.times
        if piece.done.blob == self._blob and self._start <= at and end <= self._start + len(self._held):
            return self._held[at - self._start : end - self._start]
        return self._fetched(piece.done.blob, at, spoken.times)

    def _from(self, blob: str, at: int, end: int) -> bytes:
        """What is held of `blob` from `at` on, never nothing."""
        if blob != self._blob or not self._start <= at < self._start + len(self._held):
            self._held = self._fetched(blob, at, WINDOW)
            self._blob, self._start = blob, at
        return self._held[at - self._start : end - self._start]

    def _fetched(self, blob: str, at: int, length: int) -> bytes:
        try:
            fetched = self._kept.read(blob, offset=at, length=length)
        except (Missing, StorageError) as error:
            raise SourceError(str(error)) from error
        if not fetched:
            raise SourceError(f"The blob {blob} is shorter than its row says.")
        return fetched
