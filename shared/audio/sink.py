"""Where FFmpeg's muxers write to: what comes is taken away in pieces, and only its front can still be changed."""

from __future__ import annotations

import io

FRONT_BYTES = 16 * 1024
"""More than the headers that a muxer goes back to."""


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
    """Keeps its first bytes back, where a muxer fills in what it learns at the end; `take` gives what comes after."""

    def __init__(self) -> None:
        super().__init__()
        self._front = bytearray()
        self._at = self._end = 0

    @property
    def front(self) -> bytes:
        return bytes(self._front)

    def write(self, data: bytes) -> int:
        """Raises io.UnsupportedOperation: it is neither in the front nor at the end."""
        front = data[: max(FRONT_BYTES - self._at, 0)]
        rest = data[len(front) :]
        if rest and max(self._at, FRONT_BYTES) != max(self._end, FRONT_BYTES):
            raise io.UnsupportedOperation(f"byte {self._at} has gone already")
        self._front[self._at : self._at + len(front)] = front
        super().write(rest)
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        return self._at
