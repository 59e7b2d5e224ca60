"""Where FFmpeg's muxers write to. What comes is taken away in pieces; what is not taken yet can still be changed."""

from __future__ import annotations

import io

FRONT_BYTES = 16 * 1024
"""More than the headers that a muxer goes back to when it has learnt what they are to tell."""


class Sink:
    """Only grows; without `seek` FFmpeg takes it for a pipe."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    @property
    def waiting(self) -> int:
        """Bytes that `take` would give."""
        return len(self._held)

    def take(self) -> bytes:
        """What has come since it was last taken."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


class FrontedSink(Sink):
    """Its first FRONT_BYTES stay, to be changed until the end; `take` gives what comes after them."""

    def __init__(self) -> None:
        super().__init__()
        self._front = bytearray()
        self._at = 0
        self._taken = FRONT_BYTES
        """Where what is held begins."""

    @property
    def front(self) -> bytes:
        return bytes(self._front)

    def write(self, data: bytes) -> int:
        """Raises io.UnsupportedOperation: what is to be changed there has been taken away."""
        room = max(FRONT_BYTES - self._at, 0)
        front, rest = data[:room], data[room:]
        if front:
            _put(self._front, self._at, front)
        if rest:
            place = self._at + len(front) - self._taken
            if place < 0:
                raise io.UnsupportedOperation(f"byte {self._at} has been taken away already")
            _put(self._held, place, rest)
        self._at += len(data)
        return len(data)

    def take(self) -> bytes:
        taken = super().take()
        self._taken += len(taken)
        return taken

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        end = self._taken + len(self._held) if len(self._front) == FRONT_BYTES else len(self._front)
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: end}[whence]
        return self._at

    def tell(self) -> int:
        return self._at


def _put(held: bytearray, place: int, data: bytes) -> None:
    held.extend(bytes(max(0, place - len(held))))
    held[place : place + len(data)] = data
