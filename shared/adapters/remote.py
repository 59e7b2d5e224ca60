"""A file at a URL, read wherever one likes in it, by ranges: so a zip archive is read without being fetched whole.

It is one content from begin to end: every range is asked for by the ETag of the first.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

from shared.adapters.failures import told_as_ours
from shared.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

RANGE = 4 * 1024 * 1024
"""Bytes asked for at once."""
_NAMED = "The result that the endpoint keeps"
_NO_MORE = (401, 403)
"""What storage answers to a link that has run out."""


def remote_file(opened: Callable[[], BlobClient]) -> IO[bytes]:
    """The blob that a client made by `opened` reads; another is made where that one's link has run out under way.

    Raises Missing, StorageError; reading raises them too, and Conflict where the blob was changed since it was opened.
    """
    return io.BufferedReader(_Remote(opened), RANGE)


class _Remote(io.RawIOBase):
    def __init__(self, opened: Callable[[], BlobClient]) -> None:
        self._opened = opened
        self._client = opened()
        self._place = 0
        with told_as_ours(_NAMED):
            properties = self._client.get_blob_properties()
        self._size, self._etag = properties.size, properties.etag

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        length = max(min(len(view), self._size - self._place), 0)
        if length:
            view[:length] = self._range(length)
            self._place += length
        return length

    def _range(self, length: int) -> bytes:
        try:
            return self._read(length)
        except StorageError as error:
            if error.status not in _NO_MORE:
                raise
        self._client = self._opened()
        return self._read(length)

    def _read(self, length: int) -> bytes:
        with told_as_ours(_NAMED):
            stream = self._client.download_blob(
                offset=self._place, length=length, etag=self._etag, match_condition=MatchConditions.IfNotModified
            )
            content: bytes = stream.readall()
            return content
