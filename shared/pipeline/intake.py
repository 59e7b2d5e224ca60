"""From a blob in the inbox to a version with parts that wait in `open`, or with a report to publish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from shared.domain import naming
from shared.domain.documents import Part, Report, Version, VersionEvent, VersionStatus
from shared.domain.packing import Ready, body_bytes, group_of
from shared.errors import Conflict, InputError, Missing
from shared.extract import Extracted, extract
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.keeping import keep
from shared.pipeline.publish import publish, read_manifest
from shared.pipeline.store import Stored, newest_version, remove_entries, version_rows
from shared.pipeline.submit import submit
from shared.ports import BlobInfo, Delete, Insert, Operation, Replace, Row

MAX_PARTS = 90
"""Of one version: its row, its parts, the version it supersedes and the starts go in one transaction."""

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
    document = naming.document_of(path)
    newest, starts = newest_version(p, document)  # before the blob: a newer one then meets a conflict
    info = p.inbox.head(path)
    if info is None:
        return True
    if newest and newest.item.source_etag == info.etag:
        _note_predecessor(p, newest.item)
        return True
    try:
        before = _sequence_before(p, path, info) if newest is None else newest.item.sequence
        if before is None:
            return True
        begun = _count_start(p, document, info, starts)
        version, parts, extracted = _read(p, path, info, before + 1, begun)
        if extracted:
            keep(p, version, extracted.inputs, extracted)
        _commit(p, version, parts, newest, begun)
    except (Conflict, Missing):
        return False
    return True


def _sequence_before(p: Pipeline, path: str, info: BlobInfo) -> int | None:
    """Of a document without rows: where its manifest says that the count stands; None: that this content is done.

    Rows may be younger than results: a deployment with new tables goes on where the old one's manifests end.
    """
    existing = read_manifest(p, path)
    if existing is None:
        return 0
    value = existing.value
    done = value["status"] == VersionStatus.FINISHED and value["source"]["etag"] == info.etag
    return None if done else int(value["sequence"])


def _note_predecessor(p: Pipeline, version: Version) -> None:
    """A repetition also notes the end of what this version superseded, in case an earlier try was killed before."""
    rows = version_rows(p, version.document, version.sequence - 1) if version.sequence > 1 else None
    if rows and rows.version.item.ended:
        note_day(p, rows.version.item)


def _count_start(p: Pipeline, document: str, info: BlobInfo, starts: Row | None) -> Row:
    """Counts this start before the content is touched: a file that kills its reader is given up after a few."""
    so_far = int(starts.values["starts"]) if starts and starts.values["source_etag"] == info.etag else 0
    row = Row(
        partition=naming.partition_of(document),
        key=naming.intake_key(document),
        values={"source_etag": info.etag, "starts": so_far + 1},
        etag=starts.etag if starts else "",
    )
    return p.documents.replace(row) if starts else p.documents.insert(row)


def _read(
    p: Pipeline, path: str, info: BlobInfo, sequence: int, begun: Row
) -> tuple[Version, tuple[Part, ...], Extracted | None]:
    """The next version, its parts and what they are of. A document that cannot be used has no parts, but an error."""
    document = naming.document_of(path)
    version = Version(
        document=document,
        sequence=sequence,
        path=path,
        source_etag=info.etag,
        source_bytes=info.size,
        options=_options(p),
        created=p.clock(),
    )
    try:
        extracted = _extracted(p, path, info, int(begun.values["starts"]))
        parts = _parts(version, extracted, p)
    except InputError as error:
        report = Report(where=error.where, why=error.why, remedy=error.remedy)
        return replace(version, error=report.as_json()), (), None
    kept = "" if extracted.whole else naming.inputs_blob(document, sequence)
    version = replace(
        version,
        kind=extracted.kind.value,
        parts=len(parts),
        inputs=len(extracted.inputs),
        characters=sum(map(len, extracted.inputs)),
        kept=kept,
    )
    return version, parts, extracted


def _options(p: Pipeline) -> dict[str, Any]:
    """What every document gets; option files come on top of it here."""
    return {"voice": p.settings.voice, "output_format": p.settings.output_format}


def _extracted(p: Pipeline, path: str, info: BlobInfo, starts: int) -> Extracted:
    if starts > p.settings.max_starts:
        why = f"Reading it was begun {p.settings.max_starts} times and never ended"
        raise InputError(why, remedy="Split it into smaller files, or report it as a fault with the file.")
    limit = p.settings.max_document_bytes
    if info.size > limit:
        why = f"It is too long: {info.size:,} bytes, and the limit is {limit:,}"
        raise InputError(why, remedy="Split it into smaller files and drop those, or raise MAX_DOCUMENT_BYTES.")
    data = p.inbox.read(path, etag=info.etag)
    return extract(path, data, p.extraction)


@dataclass
class _Share:
    """The inputs of a part while it is being filled."""

    count: int = 0
    characters: int = 0
    bytes: int = 0


def _parts(version: Version, extracted: Extracted, p: Pipeline) -> tuple[Part, ...]:
    """Runs of inputs, each of which fits into one job. Raises InputError where one input alone does not."""
    limits = p.limits
    shares: list[_Share] = []
    for number, text in enumerate(extracted.inputs, 1):
        size = body_bytes(text)
        if size > limits.body_bytes:
            why = f"It takes {size:,} bytes of a request, and the endpoint takes {limits.body_bytes:,}"
            raise InputError(why, where=f"input {number}", remedy="Split it into smaller files and drop those.")
        full = not shares or shares[-1].bytes + size > limits.body_bytes
        if full or shares[-1].count == min(MAX_PART_INPUTS, limits.inputs):
            shares.append(_Share())
        share = shares[-1]
        share.count, share.characters, share.bytes = share.count + 1, share.characters + len(text), share.bytes + size
    if len(shares) > MAX_PARTS:
        raise InputError(
            f"It takes {len(shares)} jobs, and the limit is {MAX_PARTS}", remedy="Split it, and drop those."
        )
    ends = accumulate(share.count for share in shares)
    return tuple(
        Part(
            document=version.document,
            sequence=version.sequence,
            part=number,
            first=end - share.count + 1,
            count=share.count,
            characters=share.characters,
            body_bytes=share.bytes,
        )
        for number, (share, end) in enumerate(zip(shares, ends, strict=True), 1)
    )


def _commit(p: Pipeline, version: Version, parts: tuple[Part, ...], newest: Stored[Version] | None, begun: Row) -> None:
    """The `open` entries first, then the version with its parts and the end of the one before, at once."""
    now = p.clock()
    entries = [Ready.of_part(part, group_of(version.kind, version.options), now, p.new_id()) for part in parts]
    for entry in entries:
        p.open.insert(entry.row())
    operations: list[Operation] = [Insert(version.row()), Delete(replace(begun, etag=""))]
    operations += [Insert(replace(part, entry=entry.key).row()) for part, entry in zip(parts, entries, strict=True)]
    superseded = None
    if newest and newest.item.status in (VersionStatus.PENDING, VersionStatus.HELD):
        superseded = newest.item.on(VersionEvent.SUPERSEDE, ended=now)
        operations.append(Replace(superseded.row(newest.etag)))
    to_publish = None if parts else p.open.insert(_publishing_entry(version, now, p.new_id()))
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
