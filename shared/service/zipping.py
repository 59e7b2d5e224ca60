"""Files to a zip archive as a stream of bytes, in bounded memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator

from shared.service.results import File


def zipped(files: Iterable[File]) -> Iterator[bytes]:
    """The archive's bytes; the same for the same files.

    Sizes are known only afterwards, and readers of streams (Java's) take that from deflated entries alone: so entries
    are "deflated" without being compressed, which sound does not get smaller by anyway.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=0) as archive:
        for file in files:
            with archive.open(file.name, "w", force_zip64=file.large) as entry:
                for chunk in file.chunks:
                    entry.write(chunk)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


class _Sink:
    """What a ZipFile writes into and cannot seek in."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Asked for by ZipFile."""

    def close(self) -> None:
        """Asked for by ZipFile's type."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken
