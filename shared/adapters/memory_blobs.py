"""Containers of blobs in memory, with the conflict rules and refusals of the real service.

Thread-safe: one lock per container. Links are `memory://` URLs; `memory_links` follows them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from threading import Lock
from urllib.parse import quote, urlencode

from shared.adapters.limits import check_conditions
from shared.domain.naming import MOST_OF_A_BLOB_NAME
from shared.errors import Conflict, Missing, StorageError
from shared.ports import PAGE_BLOBS, BlobInfo, BlobPage, Clock


class MemoryBlobs:
    """Implements ports.Blobs for one container."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.clock = clock
        self._lock = Lock()
        self._blobs: dict[str, tuple[BlobInfo, bytes]] = {}
        self._etags = itertools.count(1)

    def head(self, name: str) -> BlobInfo | None:
        with self._lock:
            stored = self._blobs.get(name)
        return stored[0] if stored else None

    def peek(self, name: str, *, most: int) -> tuple[BlobInfo, bytes] | None:
        with self._lock:
            stored = self._blobs.get(name)
        return (stored[0], stored[1][:most]) if stored else None

    def read(self, name: str, *, etag: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        with self._lock:
            if name not in self._blobs:
                raise Missing(f"The blob {self.name}/{name} is not there.")
            info, content = self._blobs[name]
        if etag is not None and etag != info.etag:
            raise Conflict(f"The blob {self.name}/{name} was changed.")
        return content[offset : None if length is None else offset + length]

    def write(
        self,
        name: str,
        data: bytes | Iterable[bytes],
        *,
        content_type: str = "application/octet-stream",
        etag: str | None = None,
        new: bool = False,
        head: Callable[[], bytes] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """As the port says; `metadata` is for tests that play an uploader."""
        if len(name) > MOST_OF_A_BLOB_NAME:
            raise StorageError(f"{self.name}/{name[:20]}…: storage answered 400 OutOfRangeInput.", status=400)
        check_conditions(etag, new)
        content = data if isinstance(data, bytes) else b"".join(data)
        content = head() + content if head else content
        with self._lock:
            stored = self._blobs.get(name)
            if (new and stored) or (etag is not None and (not stored or stored[0].etag != etag)):
                raise Conflict(f"The blob {self.name}/{name} was changed or exists.")
            info = BlobInfo(
                name=name,
                etag=f'"{next(self._etags)}"',
                size=len(content),
                modified=self.clock(),
                content_type=content_type,
                metadata=dict(metadata or {}),
            )
            self._blobs[name] = (info, content)
            return info.etag

    def delete(self, name: str, *, etag: str | None = None) -> None:
        with self._lock:
            if etag is not None and name in self._blobs and self._blobs[name][0].etag != etag:
                raise Conflict(f"The blob {self.name}/{name} was changed.")
            self._blobs.pop(name, None)

    def delete_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.delete(name)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        with self._lock:
            return iter([info for name, (info, _) in sorted(self._blobs.items()) if name.startswith(prefix)])

    def page(self, marker: str = "", *, most: int = PAGE_BLOBS) -> BlobPage:
        after = [info for info in self.list() if info.name > marker]
        return BlobPage(items=tuple(after[:most]), marker=after[most - 1].name if len(after) > most else "")

    def copy(self, source: str, name: str, *, content_type: str, known: BlobInfo | None = None) -> None:
        found = self.peek(source, most=2**63)
        if found is None:
            raise Missing(f"The blob {self.name}/{source} is not there.")
        info, content = found
        right = (known or info).content_type == content_type  # then the copy has what the source has, as really
        self.write(name, content, content_type=info.content_type if right else content_type)

    def link(self, name: str, *, expires: datetime) -> str:
        rights = {"sr": "b", "se": expires.isoformat(), "sig": "memory"}
        return f"memory://blobs/{self.name}/{quote(name)}?{urlencode(rights)}"

    def writable_link(self, *, starts: datetime, expires: datetime) -> str:
        rights = {"sr": "c", "st": starts.isoformat(), "se": expires.isoformat(), "sig": "memory"}
        return f"memory://blobs/{self.name}?{urlencode(rights)}"
