"""ports.Blobs over Azure Blob storage.

A container of the account is made when a write finds it missing; reading one that is missing finds nothing. A container
that was opened by a link knows no account: it makes no containers, copies and links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobBlock, BlobProperties, ContainerClient, ContentSettings

from shared.adapters.failures import error_code, told_as_ours
from shared.adapters.limits import check_conditions
from shared.adapters.links import Signer
from shared.errors import Conflict, Missing, StorageError
from shared.ports import PAGE_BLOBS, BlobInfo, BlobPage

BLOCK = 4 * 1024 * 1024
"""Bytes per block of a streamed write, and most of a write in one request."""
_COPY_LIMIT = 256 * 1024 * 1024
"""Bytes that Copy Blob From URL takes; also the step of Put Block From URL above it."""
_COPY_SECONDS = 3600.0
_BATCH = 256
"""Requests that a batch takes."""
_NO_SUCH_RANGE = 416

_T = TypeVar("_T")


class AzureBlobs:
    """Implements ports.Blobs. Thread-safe. `signer`: None where the container was opened by a link."""

    def __init__(self, client: ContainerClient, signer: Signer | None) -> None:
        self._client = client
        self._signer = signer
        self._made = False

    def head(self, name: str) -> BlobInfo | None:
        try:
            with told_as_ours(self._named(name)):
                return _info(self._client.get_blob_client(name).get_blob_properties())
        except Missing:
            return None

    def peek(self, name: str, *, most: int) -> tuple[BlobInfo, bytes] | None:
        try:
            with told_as_ours(self._named(name)):
                stream = self._client.download_blob(name, offset=0, length=most)
                told = _info(stream.properties)
                return replace(told, size=_whole_size(stream.properties)), stream.readall()
        except Missing:
            return None
        except StorageError as error:
            if error.status != _NO_SUCH_RANGE:
                raise
        info = self.head(name)  # it is empty
        return (info, b"") if info else None

    def read(self, name: str, *, etag: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        try:
            return self._read(name, etag, offset, length)
        except Conflict as error:
            # An If-Match on a blob that is gone may be answered by 412 as well.
            if self.head(name) is None:
                raise Missing(f"{self._named(name)} is not there.") from error
            raise

    def _read(self, name: str, etag: str | None, offset: int, length: int | None) -> bytes:
        asked = None if length is None else max(length, 1)
        with told_as_ours(self._named(name)):
            try:
                stream = self._client.download_blob(
                    name, offset=offset if offset or asked else None, length=asked, **_if_match(etag)
                )
                content: bytes = stream.readall()
                return content[:length]
            except HttpResponseError as error:
                if error.status_code == _NO_SUCH_RANGE:
                    return b""
                raise

    def write(
        self,
        name: str,
        data: bytes | Iterable[bytes],
        *,
        content_type: str = "application/octet-stream",
        etag: str | None = None,
        new: bool = False,
        head: Callable[[], bytes] | None = None,
    ) -> str:
        check_conditions(etag, new)
        blocks = _blocks(data)
        first = next(blocks, b"")
        if len(first) < BLOCK:
            whole = head() + first if head else first
            return self._put(name, whole, content_type=content_type, etag=etag, new=new)
        with told_as_ours(self._named(name)):
            staged = [self._creating(lambda: self._stage(name, first))]
            staged += [self._stage(name, block) for block in blocks]
            if head and (before := head()):
                staged.insert(0, self._stage(name, before))
        return self._join(name, staged, content_type=content_type, etag=etag, new=new)

    def delete(self, name: str, *, etag: str | None = None) -> None:
        try:
            with told_as_ours(self._named(name)):
                self._client.delete_blob(name, **_if_match(etag))
        except Missing:
            return
        except Conflict:
            if self.head(name):  # else it is gone, which may be answered by 412 as well
                raise

    def delete_all(self, names: Iterable[str]) -> None:
        rest = iter(names)
        while batch := list(islice(rest, _BATCH)):
            with told_as_ours(f"Blobs of the container {self._client.container_name}"):
                for answer in self._client.delete_blobs(*batch, raise_on_any_failure=False):
                    if answer.status_code not in (202, 404):
                        raise StorageError(
                            f"A blob of the container {self._client.container_name}: storage answered "
                            f"{answer.status_code} to its deletion.",
                            status=answer.status_code,
                        )

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        try:
            with told_as_ours(f"The container {self._client.container_name}"):
                found = self._client.list_blobs(name_starts_with=prefix or None, include=["metadata"])
                yield from map(_info, found)
        except Missing:
            return

    def page(self, marker: str = "", *, most: int = PAGE_BLOBS) -> BlobPage:
        try:
            with told_as_ours(f"The container {self._client.container_name}"):
                listed = self._client.list_blobs(include=["metadata"], results_per_page=most)
                pages = listed.by_page(continuation_token=marker or None)
                items = tuple(map(_info, next(pages)))
                return BlobPage(items=items, marker=getattr(pages, "continuation_token", None) or "")
        except Missing:
            return BlobPage(items=(), marker="")

    def copy(self, source: str, name: str, *, content_type: str, known: BlobInfo | None = None) -> None:
        link = self.link(source, expires=datetime.now(UTC) + timedelta(seconds=_COPY_SECONDS))
        info = known or self.head(source)
        if info is None:
            raise Missing(f"{self._named(source)} is not there.")
        target = self._client.get_blob_client(name)
        with told_as_ours(f"{self._named(source)}, to be copied,"):
            if info.size <= _COPY_LIMIT:
                target.start_copy_from_url(link, requires_sync=True)
                if info.content_type != content_type:
                    target.set_http_headers(ContentSettings(content_type=content_type))
                return
            staged = []
            for offset in range(0, info.size, _COPY_LIMIT):
                block = uuid4().hex
                target.stage_block_from_url(block, link, offset, min(_COPY_LIMIT, info.size - offset))
                staged.append(block)
        self._join(name, staged, content_type=content_type)

    def link(self, name: str, *, expires: datetime) -> str:
        """Raises StorageError: the container itself was opened by a link."""
        query = self._signed().blob(self._client.container_name, name, expires=expires)
        return f"{self._client.get_blob_client(name).url}?{query}"

    def writable_link(self, *, starts: datetime, expires: datetime) -> str:
        """Raises StorageError: the container itself was opened by a link."""
        query = self._signed().container(self._client.container_name, starts=starts, expires=expires)
        if not self._made:
            # Whoever holds the link can write blobs, but cannot make their container.
            with told_as_ours(f"The container {self._client.container_name}"), suppress(ResourceExistsError):
                if not self._client.exists():
                    self._client.create_container()
            self._made = True
        return f"{self._client.url}?{query}"

    def _signed(self) -> Signer:
        if self._signer is None:
            raise StorageError(
                f"The container {self._client.container_name} was opened by a link: it gives no copies and links."
            )
        return self._signer

    def _put(self, name: str, data: bytes, *, content_type: str, etag: str | None, new: bool) -> str:
        with told_as_ours(self._named(name)):
            client = self._client.get_blob_client(name)
            answer = self._creating(
                lambda: client.upload_blob(
                    data,
                    overwrite=not new,
                    content_settings=ContentSettings(content_type=content_type),
                    **_if_match(etag),
                )
            )
            return _etag(answer["etag"])

    def _stage(self, name: str, block: bytes) -> str:
        # Drawn, not counted: two writers of one blob must not mix their blocks.
        id_ = uuid4().hex
        self._client.get_blob_client(name).stage_block(id_, block, len(block))
        return id_

    def _join(
        self, name: str, staged: Iterable[str], *, content_type: str, etag: str | None = None, new: bool = False
    ) -> str:
        conditions = {"match_condition": MatchConditions.IfMissing} if new else _if_match(etag)
        with told_as_ours(self._named(name)):
            answer = self._client.get_blob_client(name).commit_block_list(
                [BlobBlock(id_) for id_ in staged],
                content_settings=ContentSettings(content_type=content_type),
                **conditions,
            )
            return _etag(str(answer["etag"]))

    def _creating(self, write: Callable[[], _T]) -> _T:
        try:
            return write()
        except HttpResponseError as error:
            if error_code(error) != "ContainerNotFound" or self._signer is None:
                raise
        try:
            self._client.create_container()
        except HttpResponseError as error:
            if error_code(error) != "ContainerAlreadyExists":
                raise
        return write()

    def _named(self, name: str) -> str:
        return f"The blob {self._client.container_name}/{name}"


def _blocks(data: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """The pieces cut and joined to blocks of BLOCK bytes, the last one shorter or, of a whole number, empty."""
    if isinstance(data, bytes):
        yield from (data[start : start + BLOCK] for start in range(0, len(data), BLOCK))  # of all, no copy
        return
    waiting = BytesIO()  # gives what it holds without a copy
    for piece in data:
        view = memoryview(piece)
        while view:
            view = view[waiting.write(view[: BLOCK - waiting.tell()]) :]
            if waiting.tell() == BLOCK:
                yield waiting.getvalue()
                waiting = BytesIO()
    if waiting.tell():
        yield waiting.getvalue()


def _info(properties: BlobProperties) -> BlobInfo:
    return BlobInfo(
        name=properties.name,
        etag=_etag(properties.etag),
        size=properties.size,
        modified=properties.last_modified,
        content_type=properties.content_settings.content_type or "application/octet-stream",
        metadata=dict(properties.metadata or {}),
    )


def _whole_size(properties: BlobProperties) -> int:
    """Of a download of a range: the blob's own size, which the SDK replaces by the range's."""
    return int(str(properties.content_range).rpartition("/")[2])


def _etag(text: str) -> str:
    """One spelling: a list gives it without the quotes that a header has."""
    return '"' + re.sub('"', "", text) + '"'


def _if_match(etag: str | None) -> dict[str, Any]:
    return {} if etag is None else {"etag": etag, "match_condition": MatchConditions.IfNotModified}
