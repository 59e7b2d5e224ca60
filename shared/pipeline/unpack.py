"""The road for an endpoint that writes nothing into our container: its `results.zip` is unpacked there by us.

The archive is read by ranges and written file by file through the link that a destination would have had, so memory is
bounded whatever its size. Files that are there already are left, `summary.json` comes last: killed in between, or met
by two, the next one carries on. Then the job has a prefix, as if the endpoint had written there itself.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, ZipFile, ZipInfo

from shared.batchapi.formats import FORMATS
from shared.domain import naming
from shared.domain.archives import BadArchive, directory_limit, to_unpack
from shared.domain.jobs import Job, Verdict
from shared.domain.leases import Lease, Overtaken
from shared.errors import Conflict, EndpointError, Missing, StorageError
from shared.pipeline.context import Pipeline
from shared.pipeline.store import Stored, write_job
from shared.ports import Blobs

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CHUNK = 1024 * 1024
"""Bytes unpacked at a time."""

Keep = Callable[[Iterable[bytes]], Iterator[bytes]]
"""Keeps the lease while what it is given is consumed."""

log = logging.getLogger(__name__)


def unpack(p: Pipeline, stored: Stored[Job]) -> Job | None:
    """The job with its prefix, its files being there; or with the verdict GONE, where they can never be had.

    None: another is at it, or it cannot be done now; who looks at jobs that finish for long comes back to it.
    """
    now = p.clock()
    if stored.item.lease_until and stored.item.lease_until > now:
        return None
    try:
        held = _Held(p, stored)
        job = _unpacked(p, stored.item, held.lease.kept)
        return write_job(p, replace(job, lease_until=None), held.stored.etag).item
    except (Conflict, Overtaken):
        return None
    except (EndpointError, StorageError, Missing) as error:
        log.warning("job %s: its results cannot be unpacked now: %s", stored.item.id, error)
        return None


class _Held:
    """A job whose archive is in our hands, as long as unpacking takes. Raises Conflict: another was first."""

    def __init__(self, p: Pipeline, stored: Stored[Job]) -> None:
        self._p, self.stored = p, stored
        self._renew(p.lease_end(p.clock()))
        self.lease = Lease(p.clock, p.settings.lease_seconds, self._renew)

    def _renew(self, until: datetime) -> None:
        self.stored = write_job(self._p, replace(self.stored.item, lease_until=until), self.stored.etag)


def _unpacked(p: Pipeline, job: Job, keep: Keep) -> Job:
    """Raises EndpointError, StorageError, Conflict, Overtaken: not now; Missing: it may still come."""
    prefix = f"{naming.JOBS_FOLDER}/{job.id}"
    now = p.clock()
    starts = now - timedelta(seconds=p.settings.destination_backdate_seconds)
    link = p.results.writable_link(starts=starts, expires=p.lease_end(now) + p.longest_life)
    try:
        with closing(p.open_file(lambda: _link(p, job))) as file:
            _write_all(p, job, file, p.open_container(link), prefix, keep)
    except Missing:
        assert job.concluded
        if now < job.concluded + timedelta(seconds=p.settings.missing_file_seconds):
            raise
        return replace(job, verdict=Verdict.GONE, why="results.zip is not there")
    except BadArchive as error:
        return replace(job, verdict=Verdict.GONE, why=str(error))
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        return replace(job, verdict=Verdict.GONE, why=f"results.zip is broken: {type(error).__name__}")
    return replace(job, prefix=prefix)


def _link(p: Pipeline, job: Job) -> str:
    """Where the archive can be read from now on, for a while."""
    synthesis = p.speech.get(job.synthesis)
    if synthesis is None or synthesis.result is None:
        raise Missing(f"The endpoint names no result of job {job.id}.")
    if "://" in synthesis.result:
        return synthesis.result
    return p.results.link(synthesis.result.strip("/"), expires=p.lease_end(p.clock()))


def _write_all(p: Pipeline, job: Job, file: IO[bytes], container: Blobs, prefix: str, keep: Keep) -> None:
    there = {info.name: info.size for info in container.list(f"{prefix}/")}
    audio = FORMATS[job.output_format]
    with ZipFile(_Bounded(file, directory_limit(job.inputs))) as archive:
        for info in to_unpack(archive.infolist(), inputs=job.inputs, most_bytes=p.settings.max_result_bytes):
            name = f"{prefix}/{info.filename}"
            if there.get(name) != info.file_size:
                kind = "application/json" if name.endswith(".json") else audio.content_type
                container.write(name, keep(_chunks(archive, info)), content_type=kind)


def _chunks(archive: ZipFile, info: ZipInfo) -> Iterator[bytes]:
    """Raises BadZipFile: the content is not what the directory says of it."""
    with archive.open(info) as entry:
        while chunk := entry.read(CHUNK):
            yield chunk


class _Bounded(io.BufferedIOBase):
    """A file of which ZipFile reads its directory, as a whole, and then chunks; no directory longer than `limit`."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file, self._limit = file, max(limit, 2 * CHUNK)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """Raises BadArchive. All the rest is asked for behind the directory, where it is short."""
        asked = self._limit + 1 if size is None or size < 0 else size
        data = self._file.read(asked) if asked <= self._limit + 1 else b""
        if (size is not None and size > self._limit) or len(data) > self._limit:
            raise BadArchive("results.zip has a directory longer than its files can need")
        return data

    def write(self, data: ReadableBuffer) -> int:
        raise io.UnsupportedOperation("write")
