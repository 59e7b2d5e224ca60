"""One slice of a concluded job to its documents: verify, copy, mark; publish what is complete with it.

The slice is taken version by version: what belongs to one is marked in one transaction, and transactions of one
partition go together.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from shared.batchapi.model import InputResult
from shared.batchapi.summary import read_summary
from shared.domain import naming
from shared.domain.billing import shared_out, with_bill
from shared.domain.documents import Part, PartStatus, Version, VersionStatus
from shared.domain.jobs import Job, JobEvent, JobStatus, Verdict
from shared.domain.outcome import Outcome, after, entries_of, judge
from shared.domain.packing import Ready, group_of
from shared.domain.quoting import unquoted
from shared.domain.requests import Line, Request
from shared.domain.reuse import to_be_copied
from shared.domain.rows import SchemaError
from shared.errors import Conflict, Missing, StorageError
from shared.pipeline import measuring
from shared.pipeline.bringing import bring_over
from shared.pipeline.cleanup import enter_cleanup
from shared.pipeline.context import Pipeline
from shared.pipeline.copying import Copier, NotThereYet, may_still_come
from shared.pipeline.finishing import nudge_finishers
from shared.pipeline.publish import publish, publish_complete
from shared.pipeline.store import (
    Stored,
    VersionRows,
    commit_all,
    read_job,
    remove_entries,
    version_rows,
    write_job,
)
from shared.pipeline.submit import submit
from shared.pipeline.unpack import unpack
from shared.ports import Insert, Replace

log = logging.getLogger(__name__)


def finish(p: Pipeline, job_id: str, number: int) -> None:
    """Carries slice `number` (from 0) of a job to its documents. A repetition finds its work done.

    What storage refuses for one document holds up no other; the slice then stays open, and is tried again.
    """
    stored = read_job(p, job_id)
    if stored is None or stored.item.status is not JobStatus.FINISHING or number in stored.item.slices_done:
        return
    if stored.item.is_packed:
        if unpacked := unpack(p, stored):
            nudge_finishers(p, unpacked)
        return
    found = _slice(p, stored.item, number)
    if found is None:
        return
    job, shares = found
    if _is_finished(p, job, shares):
        _end_slice(p, job.id, number)
    submit(p)  # what is to be sent again


def _slice(p: Pipeline, job: Job, number: int) -> tuple[Job, Sequence[_Share]] | None:
    """What the slice holds: of a job's summary and request, megabytes each, no more is kept. None: no summary yet.

    And the job, whose words quote no document any more: they are told to all of them. The summary comes first, as
    reading it takes the most memory.
    """
    results = _results(p, job)
    if results is None:
        return None
    request = Request.of(p.work.read(naming.request_blob(job.id, job.digest)))
    succeeded = job.verdict is Verdict.SUCCEEDED
    entries = shared_out(entries_of(results, request), request, job) if succeeded else ()
    job = replace(job, why=unquoted(job.why, (line.text for line in request.lines)))
    return job, tuple(_shares(job, request, entries, number))


def _results(p: Pipeline, job: Job) -> Sequence[InputResult] | None:
    """The summary's; none where the verdict says all. None: it is not there, or no summary, and may yet be."""
    if job.verdict is not Verdict.SUCCEEDED:
        return ()
    name = f"{job.prefix}/summary.json"
    try:
        return read_summary(p.results.read(name)).results
    except (Missing, ValueError) as error:
        log.warning("job %s: no summary at %s: %s", job.id, name, type(error).__name__)
        return None if may_still_come(p, job) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A part as the job sent it, and what the summary has of it."""

    index: int
    """Its place among the job's parts, from 0."""
    number: int
    lines: tuple[Line, ...]
    entries: Sequence[InputResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """What a slice holds of one version."""

    document: str
    sequence: int
    parts: tuple[_Sent, ...]


def _shares(job: Job, request: Request, entries: Sequence[InputResult], number: int) -> Iterator[_Share]:
    first = number * job.slice_documents
    parts = islice(_sent(request, entries), first, first + job.slice_documents)
    for (document, sequence), sent in groupby(parts, key=lambda part: (part.lines[0].document, part.lines[0].sequence)):
        yield _Share(document=document, sequence=sequence, parts=tuple(sent))


def _sent(request: Request, entries: Sequence[InputResult]) -> Iterator[_Sent]:
    offset = 0
    for index, lines in enumerate(request.parts()):
        end = offset + len(lines)
        yield _Sent(index=index, number=lines[0].part, lines=lines, entries=entries[offset:end])
        offset = end


def _is_finished(p: Pipeline, job: Job, shares: Sequence[_Share]) -> bool:
    """Whether all of them could be; those that meet a conflict are read again."""
    copier, whole = Copier(p, job), True
    while shares:
        found: list[tuple[_Share, _Marked]] = []
        for share in shares:
            try:
                marked = _gathered(p, job, share, copier)
            except (NotThereYet, SchemaError, StorageError) as error:
                log.warning("job %s: a document cannot be finished now: %s", job.id, error)
                whole = False
                continue
            found += [(share, marked)] if marked else []
        written = _apply(p, [marked for _, marked in found])
        measuring.finished(p, job, [rows.version.item for rows in written if rows])
        whole &= publish_complete(p, [rows for rows in written if rows])
        shares = [share for (share, _), rows in zip(found, written, strict=True) if rows is None]
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A version's rows as they are to be, under the ETags by which they were read."""

    rows: VersionRows
    changed: tuple[int, ...]
    """Numbers of the parts that this job has ended for."""


def _gathered(p: Pipeline, job: Job, share: _Share, copier: Copier) -> _Marked | None:
    """Copies what belongs to the version, and says what its rows become by it. None: nothing is to be marked.

    Raises NotThereYet, StorageError.
    """
    rows = version_rows(p, share.document, share.sequence)
    if rows is None:
        return None
    ours = [sent for sent in share.parts if _is_ours(rows, sent.number, job)]
    if not ours:
        publish(p, share.document, share.sequence)  # if an earlier try was killed before it did
        return None
    if any(to_be_copied(stored.item) for stored in rows.parts):
        bring_over(p, share.document, share.sequence)
        return _gathered(p, job, share, copier)
    for sent in ours:
        outcomes = judge(job, sent.lines, sent.entries)
        copied = tuple(copier.copied(rows.version.item, outcome) for outcome in outcomes)
        rows = _with_outcomes(p, job, rows, sent, copied)
    return _Marked(rows=rows, changed=tuple(sent.number for sent in ours))


def _is_ours(rows: VersionRows, number: int, job: Job) -> bool:
    stored = rows.part(number)
    pending = rows.version.item.status is VersionStatus.PENDING
    return pending and stored is not None and stored.item.status is PartStatus.PACKED and stored.item.job == job.id


def _with_outcomes(p: Pipeline, job: Job, rows: VersionRows, sent: _Sent, outcomes: Sequence[Outcome]) -> VersionRows:
    """Its part marked, and counted in its version."""
    stored, version = rows.part(sent.number), rows.version.item
    assert stored, "it is ours"
    part = after(stored.item, outcomes, job, index=sent.index, max_attempts=p.settings.max_attempts * version.tries)
    version = replace(
        with_bill(version, job, sent.lines, sent.entries),
        parts_done=version.parts_done + (part.status is PartStatus.DONE),
        parts_failed=version.parts_failed + (part.status is PartStatus.FAILED),
    )
    return rows.with_items(version, part)


def _apply(p: Pipeline, changes: Sequence[_Marked]) -> list[VersionRows | None]:
    """Marks the parts and counts them in their versions, at once; the rows as written, None after a conflict."""
    changes = _with_entries(p, changes)
    etags = commit_all(p.documents, [_operations(marked) for marked in changes])
    return [
        replace(marked.rows, version=Stored(marked.rows.version.item, written[0])) if written else None
        for marked, written in zip(changes, etags, strict=True)
    ]


def _operations(marked: _Marked) -> list[Replace]:
    version, parts = marked.rows.version, [marked.rows.part(number) for number in marked.changed]
    return [
        Replace(version.item.row(version.etag)),
        *[Replace(part.item.row(part.etag)) for part in parts if part],
    ]


def _with_entries(p: Pipeline, changes: Sequence[_Marked]) -> list[_Marked]:
    """What is to be sent again has its new entry in `open` before the state."""
    entries: list[Ready] = []
    marked: list[_Marked] = []
    for change in changes:
        rows = change.rows
        for number in change.changed:
            stored = rows.part(number)
            if stored and stored.item.status is PartStatus.READY:
                entry = _entry(p, rows.version.item, stored.item)
                entries.append(entry)
                rows = rows.with_items(rows.version.item, replace(stored.item, entry=entry.key))
        marked.append(replace(change, rows=rows))
    commit_all(p.open, [[Insert(entry.row())] for entry in entries])
    return marked


def _entry(p: Pipeline, version: Version, part: Part) -> Ready:
    return Ready.of_part(part, group_of(version.kind, version.options), p.clock(), p.new_id())


def _end_slice(p: Pipeline, job_id: str, number: int) -> None:
    """Notes the slice; the last one ends the job."""
    while (stored := read_job(p, job_id)) and stored.item.status is JobStatus.FINISHING:
        done = tuple(sorted({*stored.item.slices_done, number}))
        job = replace(stored.item, slices_done=done)
        if len(done) == job.slices:
            job = job.on(JobEvent.END, ended=p.clock())
            enter_cleanup(p, p.longest_life, job=job.id)
        try:
            write_job(p, job, stored.etag)
        except Conflict:
            continue
        if job.status is JobStatus.ENDED:
            measuring.job_ended(job)
            remove_entries(p, "finishing", [stored.item.entry])
        return
