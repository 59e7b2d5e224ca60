"""From a blob in the inbox to a version with parts that wait in `open`, or with a report to publish.

One try gathers the rows and then the blob, drafts the version that follows, and applies the draft in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import naming
from shared.domain.documents import Part, Report, Version, VersionEvent, VersionStatus
from shared.domain.packing import Ready, group_of
from shared.domain.parting import parts_of
from shared.domain.wording import Wording, worded
from shared.errors import Conflict, InputError, Missing
from shared.extract import Extracted, extract
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.keeping import keep
from shared.pipeline.options import default_options, options_of
from shared.pipeline.publish import publish, read_manifest
from shared.pipeline.store import Stored, newest_version, remove_entries, version_rows
from shared.pipeline.submit import submit
from shared.ports import BlobInfo, Delete, Insert, Operation, Replace, Row

MAX_PART_INPUTS = 200
"""So that a part's results fit into one property of its row: 32,000 characters, at most 154 for an input."""

FINISHING = "finishing"
"""The partition of `open` that also holds versions with nothing to send."""


def intake(p: Pipeline, path: str) -> None:
    """Takes in what lies at `path` now, unless its version is there already, and submits what waits."""
    take_in(p, path)
    submit(p)


def take_in(p: Pipeline, path: str) -> None:
    """The first half of `intake`, for whoever submits after many."""
    while not _taken_in(p, path):
        pass


def _taken_in(p: Pipeline, path: str) -> bool:
    """One try; False after a conflict: read again."""
    seen = _look(p, path)
    if seen is None:
        return True
    try:
        before = seen.newest.item.sequence if seen.newest else _sequence_before(p, seen.info)
        if before is not None:
            begun = _count_start(p, seen)
            draft = _draft(p, seen, before + 1, begun)
            _commit(p, seen, _kept(p, draft), begun)
    except (Conflict, Missing):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one try stands on. The rows were read before the blob: a newer version then meets a conflict."""

    newest: Stored[Version] | None
    """The version before, if any."""
    starts: Row | None
    """The count of the starts of an intake under way."""
    info: BlobInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """The version to be. One that cannot be used, or has nothing to send, has no parts."""

    version: Version
    parts: tuple[Part, ...] = ()
    texts: tuple[str, ...] = ()
    """Of all its inputs."""
    extracted: Extracted | None = None
    """What the texts were made of; None: it cannot be used."""


def _look(p: Pipeline, path: str) -> _Seen | None:
    """None: there is nothing to take in."""
    if not naming.is_document(path):
        return None
    document = naming.document_of(path)
    newest, starts = newest_version(p, document)
    info = p.inbox.head(path)
    if info is None:
        return None
    if newest and newest.item.source_etag == info.etag:
        _note_predecessor(p, newest.item)
        return None
    return _Seen(newest=newest, starts=starts, info=info)


def _note_predecessor(p: Pipeline, version: Version) -> None:
    """A repetition also notes the end of what this version superseded, in case an earlier try was killed before."""
    rows = version_rows(p, version.document, version.sequence - 1) if version.sequence > 1 else None
    if rows and rows.version.item.ended:
        note_day(p, rows.version.item)


def _sequence_before(p: Pipeline, info: BlobInfo) -> int | None:
    """Of a document without rows: where its manifest says that the count stands; None: that this content is done.

    Rows may be younger than results: a deployment with new tables goes on where the old one's manifests end.
    """
    existing = read_manifest(p, info.name)
    if existing is None:
        return 0
    value = existing.value
    done = value["status"] == VersionStatus.FINISHED and value["source"]["etag"] == info.etag
    return None if done else int(value["sequence"])


def _count_start(p: Pipeline, seen: _Seen) -> Row:
    """Counts this start before the content is touched: a file that kills its reader is given up after a few."""
    info, starts, document = seen.info, seen.starts, naming.document_of(seen.info.name)
    so_far = int(starts.values["starts"]) if starts and starts.values["source_etag"] == info.etag else 0
    row = Row(
        partition=naming.partition_of(document),
        key=naming.intake_key(document),
        values={"source_etag": info.etag, "starts": so_far + 1},
        etag=starts.etag if starts else "",
    )
    return p.documents.replace(row) if starts else p.documents.insert(row)


def _draft(p: Pipeline, seen: _Seen, sequence: int, begun: Row) -> _Draft:
    info = seen.info
    version = Version(
        document=naming.document_of(info.name),
        sequence=sequence,
        path=info.name,
        source_etag=info.etag,
        source_bytes=info.size,
        options=default_options(p).as_json(),
        created=p.clock(),
    )
    try:
        _check(p, info, int(begun.values["starts"]))
        options = options_of(p, info)
        extracted = _extracted(p, info)
        wording = worded(extracted.kind, extracted.inputs, options, p.api)
        parts = parts_of(version, wording.texts, limits=p.limits, most_inputs=MAX_PART_INPUTS)
    except InputError as error:
        report = Report(where=error.where, why=error.why, remedy=error.remedy)
        return _Draft(version=replace(version, error=report.as_json()))
    version = _with_texts(version, wording, parts)
    return _Draft(version=version, parts=parts, texts=wording.texts, extracted=extracted)


def _check(p: Pipeline, info: BlobInfo, starts: int) -> None:
    """Whether the content is to be read at all. Raises InputError."""
    limit = p.settings.max_document_bytes
    if starts > p.settings.max_starts:
        why = f"Reading it was begun {p.settings.max_starts} times and never ended"
        raise InputError(why, remedy="Split it into smaller files, or report it as a fault with the file.")
    if info.size > limit:
        why = f"It is too long: {info.size:,} bytes, and the limit is {limit:,}"
        raise InputError(why, remedy="Split it into smaller files and drop those, or raise MAX_DOCUMENT_BYTES.")


def _extracted(p: Pipeline, info: BlobInfo) -> Extracted:
    """The inputs of the content. Raises InputError; Conflict and Missing where the blob is another by now."""
    data = p.inbox.read(info.name, etag=info.etag)
    return extract(info.name, data, p.extraction)


def _with_texts(version: Version, wording: Wording, parts: Sequence[Part]) -> Version:
    return replace(
        version,
        kind=wording.kind.value,
        options=wording.options.as_json(),
        parts=len(parts),
        inputs=len(wording.texts),
        characters=sum(map(len, wording.texts)),
    )


def _kept(p: Pipeline, draft: _Draft) -> _Draft:
    """So that no later release moves a border."""
    if draft.extracted is None:
        return draft
    return replace(draft, version=keep(p, draft.version, draft.texts, draft.extracted))


def _commit(p: Pipeline, seen: _Seen, draft: _Draft, begun: Row) -> None:
    """The `open` entries first, then the version with its parts and the end of the one before, at once."""
    now, version = p.clock(), draft.version
    group = group_of(version.kind, version.options)
    entries = [Ready.of_part(part, group, now, p.new_id()) for part in draft.parts]
    for entry in entries:
        p.open.insert(entry.row())
    operations: list[Operation] = [Insert(version.row()), Delete(replace(begun, etag=""))]
    operations += [
        Insert(replace(part, entry=entry.key).row()) for part, entry in zip(draft.parts, entries, strict=True)
    ]
    superseded = None
    if seen.newest and seen.newest.item.status in (VersionStatus.PENDING, VersionStatus.HELD):
        superseded = seen.newest.item.on(VersionEvent.SUPERSEDE, ended=now)
        operations.append(Replace(superseded.row(seen.newest.etag)))
    to_publish = None if draft.parts else p.open.insert(_publishing_entry(version, now, p.new_id()))
    p.documents.commit(operations)
    if superseded:
        note_day(p, superseded)
    if to_publish:
        publish(p, version.document, version.sequence)
        remove_entries(p, to_publish.partition, [to_publish.key])


def _publishing_entry(version: Version, due: datetime, nonce: str) -> Row:
    """The entry of a version that has only to be published."""
    key = naming.entry_key(due, version.document, version.sequence, nonce)
    return Row(partition=FINISHING, key=key, values={"document": version.document, "sequence": version.sequence})
