"""What a person may order of a document: retry, redo, cancel, delete. Status API and command call these.

An order is carried out by the rows, as everything is: killed in the middle and given again, it comes out the same; but
a redo given twice is two of them, each paid. One that cannot be carried out raises InputError, which says what the
document's state is and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.domain import naming
from shared.domain.billing import recounted
from shared.domain.contents import Contents
from shared.domain.documents import UNDER_WAY, Part, PartEvent, PartStatus, Version, VersionEvent, VersionStatus
from shared.domain.outcome import retry_lot
from shared.domain.packing import Ready, group_of
from shared.domain.requests import Request
from shared.errors import Conflict, InputError, Missing
from shared.pipeline.collector import collect_document
from shared.pipeline.context import Pipeline
from shared.pipeline.intake import take_in
from shared.pipeline.keeping import keep_texts, texts_to_count
from shared.pipeline.sources import end_version
from shared.pipeline.store import VersionRows, commit_all, newest_version, read_job, version_rows
from shared.pipeline.submit import submit
from shared.ports import Insert, Replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What came of an order."""

    path: str
    sequence: int
    status: VersionStatus
    inputs: int
    """Those that the order is about: sent again by a retry or redo; by a cancellation sent already, and so paid."""


def retry(p: Pipeline, path: str) -> Ordered:
    """Sends again what failed of a FAILED document, and no more; what may have been paid is looked for first.

    Raises InputError.
    """
    while True:
        rows = _rows(p, path)
        version = rows.version.item
        failed = [stored for stored in rows.parts if stored.item.status is PartStatus.FAILED]
        if version.status is not VersionStatus.FAILED or version.deleted or not failed:
            raise _refused(version, "retry", failed=bool(failed))
        try:
            ordered = _begun_again(p, rows)
        except Conflict:
            continue
        submit(p)
        return ordered


def _begun_again(p: Pipeline, rows: VersionRows) -> Ordered:
    """Raises Conflict."""
    version = _with_texts_kept(p, rows)
    version = version.on(VersionEvent.RETRY, tries=version.tries + 1, ended=None, error=None, parts_failed=0)
    first_attempt = p.settings.max_attempts * (version.tries - 1) + 1
    group, texts = group_of(version.kind, version.options), texts_to_count(p, version)
    parts, entries = [], []
    for stored in rows.parts:
        if stored.item.status is PartStatus.FAILED:
            job = read_job(p, stored.item.job) if stored.item.job else None
            part = stored.item.on(
                PartEvent.RETRY,
                todo=_left(stored.item),
                reuse=(),
                attempt=max(first_attempt, stored.item.attempt + 1),
                round=stored.item.round + 1,
                lot=retry_lot(job.item) if job else "",
                job="",
                error=None,
            )
            part = recounted(part, texts, version.kind)
            entry = Ready.of_part(part, group, p.clock(), p.new_id())
            entries.append(entry)
            parts.append(Replace(replace(part, entry=entry.key).row(stored.etag)))
    commit_all(p.open, [[Insert(entry.row())] for entry in entries])
    p.documents.commit([Replace(version.row(rows.version.etag)), *parts])
    return _ordered(version, sum(entry.inputs for entry in entries))


def _left(part: Part) -> tuple[int, ...]:
    done = {result[0] for result in part.results}
    return tuple(number for number in range(part.first, part.first + part.count) if number not in done)


def _with_texts_kept(p: Pipeline, rows: VersionRows) -> Version:
    """Of a document of one input the text as it was sent, so that a later release makes no other of it."""
    version, (part, *_) = rows.version.item, rows.parts
    job = read_job(p, part.item.job) if part.item.job and not version.kept else None
    if job is None or not job.item.digest:
        return version
    try:
        request = Request.of(p.work.read(naming.request_blob(job.item.id, job.item.digest)))
    except Missing:
        return version
    mine = (version.document, version.sequence)
    texts = tuple(line.text for line in request.lines if (line.document, line.sequence) == mine)
    return keep_texts(p, version, texts, Contents())


def redo(p: Pipeline, path: str) -> Ordered:
    """Speaks all of a document again, as a new version, by the options as they are now. It is paid again.

    Raises InputError.
    """
    version = _rows(p, path).version.item
    if p.inbox.head(path) is None:
        raise InputError("It is not in the inbox any more", where=path, remedy="Drop it there again.")
    take_in(p, path, anew=version.sequence)
    submit(p)
    newest = _rows(p, path).version.item
    return _ordered(newest, newest.inputs)


def cancel(p: Pipeline, path: str) -> Ordered:
    """Ends a document that is under way. What was sent already is paid, and its results are left.

    Raises InputError.
    """
    rows = _rows(p, path)
    if rows.version.item.status not in UNDER_WAY:
        raise _refused(rows.version.item, "cancel")
    end_version(p, rows.version.item, gone=True)
    sent = [stored.item for stored in rows.parts if stored.item.status is not PartStatus.READY]
    return _ordered(_rows(p, path).version.item, sum(len(part.numbers) for part in sent if part.job))


def delete(p: Pipeline, path: str) -> Ordered:
    """Removes all that is known of a document, and made of it; its source is its owner's, and stays.

    Its newest version's row is left, so that neither the source brings it back, nor a number is used twice.
    Raises InputError.
    """
    while True:
        rows = _rows(p, path)
        version = rows.version.item
        if version.status in UNDER_WAY:
            end_version(p, version, gone=True)
            continue
        if not version.deleted:
            version = replace(version, deleted=True)
            try:
                p.documents.replace(version.row(rows.version.etag))
            except Conflict:
                continue
        collect_document(p, version)
        return _ordered(version, version.inputs)


def _rows(p: Pipeline, path: str) -> VersionRows:
    """Of the newest version. Raises InputError: there is none."""
    document = naming.document_of(path)
    newest, _ = newest_version(p, document)
    rows = version_rows(p, document, newest.item.sequence) if newest else None
    if rows is None:
        raise InputError("No such document is known", where=path, remedy="Give its path in the inbox, as it is there.")
    return rows


_INSTEAD: Mapping[VersionStatus, str] = {
    VersionStatus.PENDING: "Wait until it has ended, or cancel it.",
    VersionStatus.HELD: "Raise the budget that holds it, or cancel it.",
    VersionStatus.FINISHED: "Redo it, if it is to be spoken again: that is paid again.",
    VersionStatus.FAILED: "Retry it, redo it, or drop it again.",
    VersionStatus.CANCELLED: "Redo it, or drop it again.",
    VersionStatus.SUPERSEDED: "Look at it again: a newer version is coming.",
}


def _refused(version: Version, order: str, *, failed: bool = True) -> InputError:
    if version.deleted:
        why, remedy = "It was deleted", "Redo it, or drop it again."
    elif version.status is VersionStatus.FAILED and not failed:
        why, remedy = "It failed before anything was sent", "Correct what its manifest names, and drop it again."
    else:
        why, remedy = f"It is {version.status}, so there is nothing to {order}", _INSTEAD[version.status]
    return InputError(why, where=version.path, remedy=remedy)


def _ordered(version: Version, inputs: int) -> Ordered:
    return Ordered(path=version.path, sequence=version.sequence, status=version.status, inputs=inputs)
