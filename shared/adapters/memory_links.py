"""Follows the `memory://` URLs of the twins as a stranger would: while they last, no further than their rights go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

from shared.adapters.memory_blobs import MemoryBlobs
from shared.errors import SpeechdropError
from shared.ports import PAGE_BLOBS, BlobInfo, BlobPage, Blobs


def open_memory(url: str, containers: Mapping[str, MemoryBlobs]) -> Blobs:
    """Opens a `writable_link`. Raises SpeechdropError: not such a link, no such container, or out of its time."""
    blobs, name, rights = _follow(url, containers)
    if name or rights.get("sr") != "c":
        raise SpeechdropError("That link does not open a container.")
    return _Linked(blobs, rights)


def read_memory(url: str, containers: Mapping[str, MemoryBlobs]) -> bytes:
    """Reads a blob through its `link`. Raises Missing; SpeechdropError as `open_memory`."""
    blobs, name, _ = _follow(url, containers)
    return blobs.read(name)


def _follow(url: str, containers: Mapping[str, MemoryBlobs]) -> tuple[MemoryBlobs, str, Mapping[str, str]]:
    parts = urlsplit(url)
    container, _, name = unquote(parts.path).lstrip("/").partition("/")
    if parts.scheme != "memory" or container not in containers:
        raise SpeechdropError(f"No container '{container}' of that link is known.")
    rights = {key: values[0] for key, values in parse_qs(parts.query).items()}
    _check_time(containers[container], rights)
    return containers[container], name, rights


def _check_time(blobs: MemoryBlobs, rights: Mapping[str, str]) -> None:
    now = blobs.clock()
    starts = datetime.fromisoformat(rights["st"]) if "st" in rights else now
    if not rights.get("se") or not starts <= now < datetime.fromisoformat(rights["se"]):
        raise SpeechdropError(f"The link to {blobs.name} is not valid at this time.")


class _Linked:
    """A container entered by a `writable_link`: no deleting, no copying, no further links."""

    def __init__(self, blobs: MemoryBlobs, rights: Mapping[str, str]) -> None:
        self._blobs, self._rights = blobs, rights

    def head(self, name: str) -> BlobInfo | None:
        return self._entered().head(name)

    def peek(self, name: str, *, most: int) -> tuple[BlobInfo, bytes] | None:
        return self._entered().peek(name, most=most)

    def read(self, name: str, *, etag: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        return self._entered().read(name, etag=etag, offset=offset, length=length)

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
        return self._entered().write(name, data, content_type=content_type, etag=etag, new=new, head=head)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        return self._entered().list(prefix)

    def page(self, marker: str = "", *, most: int = PAGE_BLOBS) -> BlobPage:
        return self._entered().page(marker, most=most)

    def delete(self, name: str, *, etag: str | None = None) -> None:
        raise SpeechdropError(f"The link to {self._blobs.name} gives no right to delete.")

    def delete_all(self, names: Iterable[str]) -> None:
        self.delete("")

    def copy(self, source: str, name: str, *, content_type: str, known: BlobInfo | None = None) -> None:
        raise SpeechdropError(f"{self._blobs.name} was opened by a link: nothing can be copied within it.")

    def link(self, name: str, *, expires: datetime) -> str:
        raise SpeechdropError(f"{self._blobs.name} was opened by a link: no further links can be made.")

    def writable_link(self, *, starts: datetime, expires: datetime) -> str:
        return self.link("", expires=expires)

    def _entered(self) -> MemoryBlobs:
        _check_time(self._blobs, self._rights)
        return self._blobs
