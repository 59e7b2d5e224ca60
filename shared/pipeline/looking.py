"""What one try of an intake stands on: the document's rows, then its blob, and how often that was begun already."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.domain import naming
from shared.domain.documents import Version, VersionStatus
from shared.errors import Conflict, InputError
from shared.extract import Extracted, extract
from shared.pipeline.context import FOR_EVER, Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.publish import read_manifest
from shared.pipeline.returning import put_back
from shared.pipeline.store import Stored, newest_version, version_rows
from shared.ports import BlobInfo, Row

BEGINNING = 64 * 1024
"""Bytes of a blob that come with the first look at it."""

PLAIN = ("", ".txt", ".text")
"""Suffixes of what is text and nothing else."""

_RESULTS = ("results", "older")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one try stands on. The rows were read before the blob: a newer version then meets a conflict."""

    newest: Stored[Version] | None
    """The version before, if any."""
    starts: Row | None
    """The count of the starts of an intake under way."""
    info: BlobInfo
    beginning: bytes
    """Of the content: all of it, where that is no longer than BEGINNING."""
    anew: bool = False
    """A person wants all of it spoken again."""

    @property
    def starts_before(self) -> int:
        """How often the intake of this content was begun."""
        known = self.starts and self.starts.values["source_etag"] == self.info.etag
        return int(self.starts.values["starts"]) if self.starts and known else 0

    @property
    def is_light(self) -> bool:
        """Reading it can take neither time nor memory: a short plain text."""
        return self.info.size <= BEGINNING and PurePosixPath(self.info.name).suffix.lower() in PLAIN


def look(p: Pipeline, path: str, listed: BlobInfo | None, anew: int = 0) -> Seen | None:
    """None: there is nothing to take in; with `anew`, nothing any more after the version of that sequence."""
    if not naming.is_document(path):
        return None
    newest, starts = newest_version(p, naming.document_of(path))
    if newest and listed and newest.item.source_etag == listed.etag:
        found = None
    else:
        found = p.inbox.peek(path, most=BEGINNING)
        if found is None:
            return None
    again = newest is not None and newest.item.sequence == anew
    if newest and not again and (found is None or newest.item.source_etag == found[0].etag):
        _note_predecessor(p, newest.item)
        if _is_old(p, newest.item):
            put_back(p, newest.item)
        elif listed:
            until = FOR_EVER if newest.item.ended else newest.item.created + p.longest_life
            p.known.note_settled(path, listed.etag, until)
        return None
    assert found
    return Seen(newest=newest, starts=starts, info=found[0], beginning=found[1], anew=again)


def _is_old(p: Pipeline, version: Version) -> bool:
    """Whether nobody can be about to write its entries."""
    return version.status is VersionStatus.PENDING and version.created < p.clock() - p.longest_life


def _note_predecessor(p: Pipeline, version: Version) -> None:
    """A repetition also notes the end of what this version superseded, in case an earlier try was killed before."""
    rows = version_rows(p, version.document, version.sequence - 1) if version.sequence > 1 else None
    if rows and rows.version.item.ended:
        note_day(p, rows.version.item)


def sequence_before(p: Pipeline, info: BlobInfo) -> int | None:
    """Of a document without rows: where its manifest says that the count stands; None: that this content is done.

    Rows may be younger than results: a deployment with new tables goes on where the old one's manifests end.
    """
    existing = read_manifest(p, info.name) if _has_older_results(p) else None
    if existing is None:
        return 0
    value = existing.value
    done = value["status"] == VersionStatus.FINISHED and value["source"]["etag"] == info.etag
    return None if done else int(value["sequence"])


def _has_older_results(p: Pipeline) -> bool:
    """Whether anything lay among the results when this deployment's tables were new. Asked once, kept in a row."""
    if p.known.has_older_results is None:
        row = p.app.get(*_RESULTS)
        if row is None:
            found = bool(p.results.page(most=1).items)
            row = Row(partition=_RESULTS[0], key=_RESULTS[1], values={"older": found})
            try:
                p.app.insert(row)
            except Conflict:  # another was first; since then there may have been results of ours
                return _has_older_results(p)
        p.known.has_older_results = bool(row.values["older"])
    return p.known.has_older_results


def count_start(p: Pipeline, seen: Seen) -> Row:
    """Counts this start before the content is read: a file that kills its reader is given up after a few.

    Of what is light only those are counted that ended in an error.
    """
    document = naming.document_of(seen.info.name)
    row = Row(
        partition=naming.partition_of(document),
        key=naming.intake_key(document),
        values={"source_etag": seen.info.etag, "starts": seen.starts_before + 1},
        etag=seen.starts.etag if seen.starts else "",
    )
    return p.documents.replace(row) if seen.starts else p.documents.insert(row)


def check(p: Pipeline, seen: Seen) -> None:
    """Whether the content is to be read at all. Raises InputError."""
    size, limit = seen.info.size, p.settings.max_document_bytes
    if len(seen.info.name) > naming.MOST_OF_A_PATH:
        why = f"Its name is too long: {len(seen.info.name):,} characters, and the limit is {naming.MOST_OF_A_PATH:,}"
        raise InputError(why, remedy="Give it, or the folders that it lies in, a shorter name.")
    if seen.starts_before >= p.settings.max_starts:
        why = f"Reading it was begun {p.settings.max_starts} times and never ended"
        raise InputError(why, remedy="Split it into smaller files, or report it as a fault with the file.")
    if size > limit:
        why = f"It is too long: {size:,} bytes, and the limit is {limit:,}"
        raise InputError(why, remedy="Split it into smaller files and drop those, or raise MAX_DOCUMENT_BYTES.")


def extracted(p: Pipeline, seen: Seen, before: Collection[int]) -> Extracted:
    """The inputs of the content, cut where it was cut `before`.

    Raises InputError; Conflict and Missing where the blob is another by now.
    """
    info = seen.info
    whole = info.size <= len(seen.beginning)
    data = seen.beginning if whole else p.inbox.read(info.name, etag=info.etag)
    with _failures_counted(p, seen):
        return extract(info.name, data, p.extraction, before)


@contextmanager
def _failures_counted(p: Pipeline, seen: Seen) -> Iterator[None]:
    """What is light was not counted when it was begun: only an error that is nobody's but ours makes up for that."""
    counts = seen.is_light
    try:
        yield
        counts = False
    except InputError:
        counts = False
        raise
    finally:
        if counts:
            count_start(p, seen)
