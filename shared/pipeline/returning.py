"""What becomes of a `ready` entry whose part could not be claimed: it goes back to READY, or its entry goes."""

from __future__ import annotations

import logging
from contextlib import suppress
from enum import Enum, auto

from shared.domain import naming
from shared.domain.documents import Part, PartEvent, PartStatus, Version, VersionStatus
from shared.domain.jobs import Job, JobStatus
from shared.domain.packing import READY, Ready, group_of
from shared.domain.requests import Request
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.store import (
    Stored,
    VersionRows,
    commit_all,
    read_job,
    remove_entries,
    version_rows,
)
from shared.ports import Insert

log = logging.getLogger(__name__)


class Fate(Enum):
    KEEP = auto()
    REMOVE = auto()
    ASK_ITS_JOB = auto()


def is_old(p: Pipeline, key: str) -> bool:
    """Whether an entry's time lies further back than any handler lives: nobody is about to enter its state."""
    return naming.due_in(key) < naming.stamp(p.clock() - p.longest_life)


def fate_of(entry: Ready, rows: VersionRows | None, *, old: bool) -> Fate:
    """By the part's rows. An entry may be older than its rows: then it waits for them, as long as a handler lives."""
    stored = rows.part(entry.part) if rows else None
    if rows is None or stored is None or stored.item.round < entry.round:
        return Fate.REMOVE if old else Fate.KEEP
    part = stored.item
    if part.round > entry.round or rows.version.item.status is not VersionStatus.PENDING:
        return Fate.REMOVE  # a held version has an entry of its own, and its parts get others when it is released
    by_status = {PartStatus.READY: Fate.KEEP, PartStatus.PACKED: Fate.ASK_ITS_JOB}
    return by_status.get(part.status, Fate.REMOVE)


def put_back(p: Pipeline, version: Version) -> None:
    """Each part that waits, and whose entry is not there, gets one. One too many is met as a stale one."""
    rows = version_rows(p, version.document, version.sequence)
    waiting = [stored.item for stored in rows.parts if stored.item.status is PartStatus.READY] if rows else []
    lost = [part for part in waiting if p.open.get(READY, part.entry) is None]
    group = group_of(version.kind, version.options)
    entries = [Ready.of_part(part, group, p.clock(), p.new_id()) for part in lost]
    commit_all(p.open, [[Insert(entry.row())] for entry in entries])
    for part in lost:
        log.warning("the entry of part %s of %s/%s was lost", part.part, part.document, part.sequence)


Sealed = dict[str, frozenset[tuple[str, int, int]]]
"""The parts of each sealed job that was asked for, so that its request blob is read once a round."""


def give_back(p: Pipeline, entry: Ready, rows: VersionRows | None, sealed: Sealed) -> None:
    """The part's job was let go, or sealed without it: READY again, under the same entry. Or the entry is stale."""
    fate = fate_of(entry, rows, old=is_old(p, entry.key))
    if fate is Fate.ASK_ITS_JOB and rows and (stored := rows.part(entry.part)):
        fate = _by_its_job(p, entry, stored, sealed)
    if fate is Fate.REMOVE:
        if rows and rows.version.item.ended:
            note_day(p, rows.version.item)  # if whoever ended it was killed before it did
        remove_entries(p, READY, [entry.key])


def _by_its_job(p: Pipeline, entry: Ready, stored: Stored[Part], sealed: Sealed) -> Fate:
    part = stored.item
    job = read_job(p, part.job)
    if job is None or job.item.status is JobStatus.PLANNED:
        return Fate.KEEP
    if job.item.status is not JobStatus.DROPPED and entry.identity in _parts_of(p, job.item, sealed):
        return Fate.REMOVE  # the job's own entry stands for it now
    back = part.on(PartEvent.GIVE_BACK, job="", entry=entry.key)
    with suppress(Conflict):  # another gave it back; the next packer reads again
        p.documents.replace(back.row(stored.etag))
    return Fate.KEEP


def _parts_of(p: Pipeline, job: Job, sealed: Sealed) -> frozenset[tuple[str, int, int]]:
    if job.id not in sealed:
        request = Request.of(p.work.read(naming.request_blob(job.id, job.digest)))
        sealed[job.id] = frozenset(line.identity for line in request.lines)
    return sealed[job.id]
