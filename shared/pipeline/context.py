"""What every flow of the pipeline is given: its ports, its settings, the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO

from shared.batchapi.formats import FORMATS
from shared.batchapi.versions import VERSIONS, ApiVersion
from shared.domain.packing import BODY_OVERHEAD, JobLimits
from shared.extract import Limits
from shared.ports import Blobs, Clock, Inlet, Notifier, Queue, SpeechApi, Table
from shared.settings import Settings
from shared.telemetry import UNHEARD, Telemetry

FOR_EVER = datetime.max.replace(tzinfo=UTC)
_MOST_KNOWN = 50_000


@dataclass
class Known:
    """What this process has learnt that spares it requests. A new process learns it again."""

    look_at: datetime | None = None
    """Before this it is of no use that an intake looks for what could be packed."""
    has_older_results: bool | None = None
    """Whether there may be manifests of documents that have no rows; None: not known yet."""
    days_read: datetime | None = None
    """Which ends of versions it has read of, up to this time."""
    _settled: dict[bytes, datetime] = field(default_factory=dict)
    """Until when, by digests of blobs' names and ETags, the latest last."""

    def is_settled(self, path: str, etag: str, now: datetime) -> bool:
        """Whether this process knows the version of this content, and to look again is of no use yet."""
        until = self._settled.get(self._digest(path, etag))
        return until is not None and now < until

    def note_settled(self, path: str, etag: str, until: datetime) -> None:
        self._settled[self._digest(path, etag)] = until
        if len(self._settled) > _MOST_KNOWN:
            del self._settled[next(iter(self._settled))]

    @staticmethod
    def _digest(path: str, etag: str) -> bytes:
        return hashlib.blake2b(f"{path}\n{etag}".encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    settings: Settings
    clock: Clock
    new_id: Callable[[], str]
    """A new random name: lower-case hex."""
    jitter: Callable[[], float]
    """A new random number from 0 to 1."""
    inbox: Blobs
    results: Blobs
    work: Blobs
    documents: Table
    jobs: Table
    open: Table
    days: Table
    app: Table
    finishers: Queue
    """Messages of slices to finish."""
    speech: SpeechApi
    poisoned_blobs: Inlet | None = None
    """Where the host puts events that the blob trigger failed at; None: nowhere that we can read."""
    poisoned_finishers: Inlet | None = None
    telemetry: Telemetry = UNHEARD
    notifiers: tuple[Notifier, ...] = ()
    """Who is told of versions that have ended."""
    open_container: Callable[[str], Blobs]
    """Opens a container by a URL with a SAS."""
    open_file: Callable[[Callable[[], str]], IO[bytes]]
    """Opens what a URL names, to be read anywhere; asks for another URL where one has run out. Raises Missing,
    StorageError; reading it too, and Conflict where it is not what was opened any more."""
    known: Known = field(default_factory=Known)

    @property
    def api(self) -> ApiVersion:
        return VERSIONS[self.settings.speech_api_version]

    @property
    def limits(self) -> JobLimits:
        return JobLimits(inputs=self.api.max_inputs, body_bytes=self.api.max_body_bytes - BODY_OVERHEAD)

    @property
    def extraction(self) -> Limits:
        return Limits(
            input_characters=self.settings.input_characters,
            book_entries=self.settings.max_book_entries,
            book_bytes=self.settings.max_book_bytes,
            book_ratio=self.settings.max_book_ratio,
            cover_bytes=self.settings.max_cover_bytes,
        )

    @property
    def longest_life(self) -> timedelta:
        """No handler lives longer: a function's time-out and what its end may take."""
        return timedelta(seconds=self.settings.function_timeout_seconds + self.settings.function_grace_seconds)

    @property
    def margin(self) -> timedelta:
        return timedelta(seconds=self.settings.lease_margin_seconds)

    def lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.settings.lease_seconds)

    def extension(self, output_format: str) -> str:
        return FORMATS[output_format].extension
