"""One slice of a concluded job to its documents: verify, copy, mark; publish what is complete with it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from shared.batchapi.formats import FORMATS
from shared.batchapi.model import InputResult
from shared.batchapi.summary import read_summary
from shared.domain import naming
from shared.domain.documents import Part, PartStatus, Version, VersionStatus
from shared.domain.jobs import Job, JobEvent, JobStatus, Verdict
from shared.domain.outcome import NOTHING, NotDone, Outcome, after, entries_of, judge, paid_for_nothing
from shared.domain.packing import Ready, group_of
from shared.domain.requests import Line, Request
from shared.errors import Conflict, Missing, StorageError
from shared.pipeline.context import Pipeline
from shared.pipeline.finishing import nudge_finishers
from shared.pipeline.publish import publish
from shared.pipeline.store import VersionRows, read_job, remove_entries, version_rows, write_job
from shared.pipeline.submit import submit
from shared.pipeline.unpack import unpack
from shared.ports import Replace

log = logging.getLogger(__name__)


class _NotThereYet(Missing):
    """A file that the summary lists is not in the container, and may still come."""


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
    job = stored.item
    request = Request.of(p.work.read(naming.request_blob(job.id, job.digest)))
    entries = _entries(p, job, request)
    if entries is None:
        return
    first = number * job.slice_documents
    offset = sum(len(lines) for lines in islice(request.parts(), first))
    whole = True
    for index, lines in islice(enumerate(request.parts()), first, first + job.slice_documents):
        whole &= _is_finished(p, job, index, lines, entries[offset : offset + len(lines)])
        offset += len(lines)
    if whole:
        _end_slice(p, job.id, number)
    submit(p)  # what is to be sent again


def _is_finished(p: Pipeline, job: Job, index: int, lines: Sequence[Line], entries: Sequence[InputResult]) -> bool:
    try:
        _finish_part(p, job, index, lines, judge(job, lines, entries))
    except (_NotThereYet, StorageError) as error:
        log.warning("job %s: a document cannot be finished now: %s", job.id, error)
        return False
    return True


def _entries(p: Pipeline, job: Job, request: Request) -> Sequence[InputResult] | None:
    """The summary's entries; none where the verdict says all. None: it is not there, or no summary, and may yet be."""
    if job.verdict is not Verdict.SUCCEEDED:
        return ()
    name = f"{job.prefix}/summary.json"
    try:
        return entries_of(read_summary(p.results.read(name)), request)
    except (Missing, ValueError) as error:
        log.warning("job %s: no summary at %s: %s", job.id, name, type(error).__name__)
        return None if _may_still_come(p, job) else (NOTHING,) * job.inputs


def _may_still_come(p: Pipeline, job: Job) -> bool:
    assert job.concluded
    return p.clock() < job.concluded + timedelta(seconds=p.settings.missing_file_seconds)


def _finish_part(p: Pipeline, job: Job, index: int, lines: Sequence[Line], outcomes: Sequence[Outcome]) -> None:
    document, sequence, number = lines[0].document, lines[0].sequence, lines[0].part
    while True:
        rows = version_rows(p, document, sequence)
        if rows is None:
            return
        if not _is_ours(rows, number, job):
            publish(p, document, sequence)  # if an earlier try was killed before it did
            return
        copied = tuple(_copied(p, job, rows.version.item, outcome) for outcome in outcomes)
        try:
            complete = _mark(p, job, index, rows, number, copied)
        except Conflict:
            continue  # a sibling was marked, or the version has ended: read again
        if complete:
            publish(p, document, sequence)
        return


def _is_ours(rows: VersionRows, number: int, job: Job) -> bool:
    stored = rows.part(number)
    pending = rows.version.item.status is VersionStatus.PENDING
    return pending and stored is not None and stored.item.status is PartStatus.PACKED and stored.item.job == job.id


def _copied(p: Pipeline, job: Job, version: Version, outcome: Outcome) -> Outcome:
    """The outcome, its audio in the version's own folder; not done where the file never came."""
    if isinstance(outcome, NotDone):
        return outcome
    output = FORMATS[job.output_format]
    source = f"{job.prefix}/{outcome.file}"
    name = naming.result_blob(version.path, version.sequence, outcome.line.number, output.extension)
    try:
        p.results.copy(source, name, content_type=output.content_type)
    except Missing:
        if _may_still_come(p, job):
            raise _NotThereYet(source) from None
        return paid_for_nothing(outcome.line, f"{outcome.file} never came")
    return outcome


def _mark(p: Pipeline, job: Job, index: int, rows: VersionRows, number: int, outcomes: Sequence[Outcome]) -> bool:
    """Marks the part and counts it in its version, at once; whether all parts have now ended. Raises Conflict."""
    stored, version = rows.part(number), rows.version.item
    assert stored, "it is ours"
    part = after(stored.item, outcomes, job, index=index, max_attempts=p.settings.max_attempts)
    if part.status is PartStatus.READY:
        part = _with_entry(p, part, version)
    version = replace(
        version,
        parts_done=version.parts_done + (part.status is PartStatus.DONE),
        parts_failed=version.parts_failed + (part.status is PartStatus.FAILED),
    )
    p.documents.commit([Replace(version.row(rows.version.etag)), Replace(part.row(stored.etag))])
    return version.all_ended


def _with_entry(p: Pipeline, part: Part, version: Version) -> Part:
    """Its new entry in `open` comes before the state."""
    entry = Ready.of_part(part, group_of(version.kind, version.options), p.clock(), p.new_id())
    p.open.insert(entry.row())
    return replace(part, entry=entry.key)


def _end_slice(p: Pipeline, job_id: str, number: int) -> None:
    """Notes the slice; the last one ends the job."""
    while (stored := read_job(p, job_id)) and stored.item.status is JobStatus.FINISHING:
        done = tuple(sorted({*stored.item.slices_done, number}))
        job = replace(stored.item, slices_done=done)
        if len(done) == job.slices:
            job = job.on(JobEvent.END, ended=p.clock())
        try:
            write_job(p, job, stored.etag)
        except Conflict:
            continue
        if job.status is JobStatus.ENDED:
            remove_entries(p, "finishing", [stored.item.entry])
        return
