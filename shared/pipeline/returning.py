"""What becomes of a `ready` entry whose part could not be claimed: it goes back to READY, or its entry goes."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum, auto

from shared.domain import naming
from shared.domain.documents import Part, PartEvent, PartStatus, VersionStatus
from shared.domain.jobs import JobStatus
from shared.domain.packing import READY, Ready
from shared.domain.requests import Request
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.pipeline.store import Stored, VersionRows, read_job, remove_entries


class Fate(Enum):
    KEEP = auto()
    REMOVE = auto()
    ASK_ITS_JOB = auto()


def is_old(p: Pipeline, key: str) -> bool:
    """Whether an entry's time lies further back than any handler lives: nobody is about to enter its state."""
    return naming.due_in(key) < naming.stamp(p.clock() - p.longest_life)


def fate_of(entry: Ready, rows: VersionRows | None, *, old: bool) -> Fate:
    """By the part's rows. An entry may be older than its rows: then it waits for them, as long as a handler lives."""
    part = rows.part(entry.part).item if rows else None
    if rows is None or part is None or part.round < entry.round:
        return Fate.REMOVE if old else Fate.KEEP
    waits = rows.version.item.status in (VersionStatus.PENDING, VersionStatus.HELD)
    if part.round > entry.round or not waits:
        return Fate.REMOVE
    by_status = {PartStatus.READY: Fate.KEEP, PartStatus.PACKED: Fate.ASK_ITS_JOB}
    return by_status.get(part.status, Fate.REMOVE)


def give_back(p: Pipeline, entry: Ready, rows: VersionRows | None) -> None:
    """The part's job was let go, or sealed without it: READY again, under the same entry. Or the entry is stale."""
    fate = fate_of(entry, rows, old=is_old(p, entry.key))
    if fate is Fate.ASK_ITS_JOB and rows:
        fate = _by_its_job(p, entry, rows.part(entry.part))
    if fate is Fate.REMOVE:
        remove_entries(p, READY, [entry.key])


def _by_its_job(p: Pipeline, entry: Ready, stored: Stored[Part]) -> Fate:
    part = stored.item
    job = read_job(p, part.job)
    if job is None or job.item.status is JobStatus.PLANNED:
        return Fate.KEEP
    if job.item.status is not JobStatus.DROPPED and _lists(p, job.item.id, job.item.digest, entry):
        return Fate.REMOVE  # the job's own entry stands for it now
    back = part.on(PartEvent.GIVE_BACK, job="", entry=entry.key)
    with suppress(Conflict):  # another gave it back; the next packer reads again
        p.documents.replace(back.row(stored.etag))
    return Fate.KEEP


def _lists(p: Pipeline, job_id: str, digest: str, entry: Ready) -> bool:
    request = Request.of(p.work.read(naming.request_blob(job_id, digest)))
    return any((line.document, line.sequence, line.part) == entry.identity for line in request.lines)
