"""What the flows need of the outside, as Protocols; `adapters/` has the real ones and their in-memory twins.

Every adapter keeps the same conflict rules: a write with a stale ETag, and an insert of what exists, raise `Conflict`.
A write may be repeated under way, so a `Conflict` may also mean that one's own first try was done: read again and look.
Times are aware UTC, durations are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.batchapi.model import Page, Synthesis, SynthesisRequest

Value = str | int | float | bool
"""What a row holds. A str at most 32,000 characters (64 KiB of UTF-16); times as ISO strings, lists as JSON."""

Clock = Callable[[], datetime]

Identify = Callable[[str], str | None]
"""The object id of whom a bearer token was given to; None: not a token that is valid here."""

SAMPLE_RATE = 24_000
"""Samples per second of what engines say; one whose own rate is another converts."""

TRANSACTION_LIMIT = 100
"""Operations per transaction, all of one partition: the Table service's own limit."""

TRANSACTION_BYTES = 4 * 1024 * 1024
"""Of the rows in a transaction, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    partition: str
    key: str
    values: Mapping[str, Value]
    etag: str = ""
    """As read; "" for a row that was not stored yet."""


@dataclass(frozen=True, slots=True)
class Insert:
    row: Row


@dataclass(frozen=True, slots=True)
class Replace:
    """Replaces the whole row, if its ETag is still `row.etag`."""

    row: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes the row; where it has an ETag, only if that still holds."""

    row: Row


Operation = Insert | Replace | Delete


class Table(Protocol):
    def get(self, partition: str, key: str) -> Row | None: ...

    def query(self, partition: str, *, start: str = "", end: str = "", limit: int | None = None) -> Iterator[Row]:
        """Rows with start <= key < end (either may be "": open), by key, at most `limit`; read page by page."""
        ...

    def insert(self, row: Row) -> Row:
        """Returns the row with its ETag. Raises Conflict: it exists."""
        ...

    def replace(self, row: Row) -> Row:
        """Replaces the row if its ETag is still `row.etag`. Raises Conflict: changed or gone."""
        ...

    def delete(self, row: Row) -> None:
        """Deletes by key; only if unchanged where the row has an ETag (Conflict). A missing row is fine."""
        ...

    def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        """All or nothing, one partition, at most TRANSACTION_LIMIT. Returns ETags ("" for deletes).

        Raises Conflict where any operation alone would; a Delete of a missing row is one as well.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    name: str
    etag: str
    size: int
    modified: datetime
    content_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobPage:
    """Some blobs of a container, by name."""

    items: tuple[BlobInfo, ...]
    marker: str
    """From where the next page goes on; "": this is the last one. It may be kept."""


PAGE_BLOBS = 1000
"""Blobs in a page. The Blob service would give 5,000, which take 50 MB while they are read; these take some 15."""


class Blobs(Protocol):
    """One container."""

    def head(self, name: str) -> BlobInfo | None: ...

    def peek(self, name: str, *, most: int) -> tuple[BlobInfo, bytes] | None:
        """What `head` tells, and the first `most` bytes of that content, in one request."""
        ...

    def read(self, name: str, *, etag: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        """Raises Missing; Conflict where the blob's ETag is not `etag`."""
        ...

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
        """Writes the whole blob, streaming an iterable in bounded memory, and returns its ETag.

        What `head` gives once the data has ended goes before it: a length, say, that is known only then.
        With `etag` only over that content, with `new` only where no blob is: Conflict otherwise.
        """
        ...

    def delete(self, name: str, *, etag: str | None = None) -> None:
        """A missing blob is fine; with `etag` one of another content is a Conflict."""
        ...

    def delete_all(self, names: Iterable[str]) -> None:
        """As `delete`, many in a request."""
        ...

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """By name, page by page."""
        ...

    def page(self, marker: str = "", *, most: int = PAGE_BLOBS) -> BlobPage:
        """One page of all blobs, in one request."""
        ...

    def copy(self, source: str, name: str, *, content_type: str, known: BlobInfo | None = None) -> None:
        """Server-side copy of `source`, a blob of this container, whole when this returns. Raises Missing.

        `known`: its size and content type, where the caller knows them; else it is looked at first.
        """
        ...

    def link(self, name: str, *, expires: datetime) -> str:
        """A URL that reads this blob until `expires`, for whoever holds it."""
        ...

    def writable_link(self, *, starts: datetime, expires: datetime) -> str:
        """A container URL with read, add, create, write and list rights (what `destinationContainerUrl` needs)."""
        ...


class Queue(Protocol):
    def send(self, message: str, *, delay: float = 0) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message in the hands of a receiver, until it becomes visible again."""

    id: str
    text: str
    """As it was sent; what is not the base64 that it should be, as it lies there."""
    dequeue_count: int
    receipt: str = ""
    """Which of its receivers has it."""


MOST_RECEIVED = 32
"""Messages in one receive: the Queue service's own limit."""


class Inlet(Queue, Protocol):
    """A queue that is read by us, not by a trigger of the host."""

    @property
    def name(self) -> str: ...

    def receive(self, limit: int = MOST_RECEIVED, *, visibility: float = 30) -> tuple[Received, ...]:
        """At most `limit` visible messages, hidden from others for `visibility` seconds; none where no queue is."""
        ...

    def delete(self, received: Received) -> bool:
        """False: gone already, or received again since."""
        ...


class Notifier(Protocol):
    """One receiver of notices."""

    @property
    def name(self) -> str:
        """Of the receiver, among the others."""
        ...

    def notify(self, event: Mapping[str, Any]) -> None:
        """Delivers one CloudEvents event. Raises Undelivered."""
        ...


class SpeechApi(Protocol):
    """A Batch Synthesis endpoint, of either API version. Never retries a create by itself.

    All raise EndpointError's leaves: NotAccepted, Refused, OutcomeUnknown.
    """

    def ready(self) -> None:
        """Gets what a create needs besides, a token say, so that one that follows at once asks nobody but the endpoint.
        Raises NotAccepted."""
        ...

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis: ...

    def get(self, job_id: str) -> Synthesis | None:
        """None: the endpoint does not know it (204 or 404)."""
        ...

    def list(self, *, skip: int, top: int) -> Page: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What an engine speaks in one breath of calls: one text under one voice and prosody."""

    text: str
    """Holds marks (`marked`) where the engine's voice was told to take them, else none."""
    voice: str
    """The engine's own name of the voice."""
    engine: str = ""
    """Name of the engine that has the voice; an engine itself does not look at it."""
    rate: float = 1.0
    """Speed as a multiplier, 0.5 to 2."""
    pitch: float = 1.0
    """Pitch as a multiplier, 0.5 to 1.5; an engine without pitch control leaves it."""
    volume: float = 1.0
    """Amplitude as a multiplier, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTime:
    text: str
    """As the author wrote it."""
    offset: int
    """Milliseconds from the start of the chunk."""
    duration: int
    """Milliseconds."""
    punctuation: bool = False
    """It is one or more marks that are not spoken; its time is some of the pause there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some speech: mono, signed 16 bit little endian, at SAMPLE_RATE."""

    pcm: bytes
    words: tuple[WordTime, ...] = ()
    """In order of time, none beginning before the one before it has ended, all within the chunk."""
    text: str = ""
    """What the chunk begins to say, white space as single spaces; "" where it goes on with the former chunk's text."""
    ends_sentence: bool = True
    """False: the next chunk goes on with the same sentence, which was too long for one. A chunk that says nothing and
    ends a sentence is a pause, or the end of a paragraph."""


class Engine(Protocol):
    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """A chunk per sentence or less, so that memory stays bounded. Raises InputError: this text cannot be spoken."""
        ...
