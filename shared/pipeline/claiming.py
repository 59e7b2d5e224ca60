"""Parts into a planned job: who can be claimed, and won by ETag, in as few transactions as there are partitions.

A part goes READY → PACKED by one job only, in a transaction with its version's row, so that no version that has ended
meanwhile is claimed. While this takes, and the reading of sources after it, the job's lease is renewed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from shared.domain.documents import Part, PartEvent, PartStatus, Version, VersionStatus
from shared.domain.jobs import Job
from shared.domain.packing import Ready
from shared.domain.rows import SchemaError
from shared.errors import Conflict, Missing
from shared.pipeline.context import Pipeline
from shared.pipeline.packer import PackerLease
from shared.pipeline.returning import Sealed, give_back
from shared.pipeline.store import Stored, VersionRows, commit_all, version_rows, write_job
from shared.ports import Operation, Replace

log = logging.getLogger(__name__)

_TOGETHER = 100
"""Candidates in memory at a time."""

Keep = Callable[[], bool]
"""Keeps what the work in hand needs; False: it is lost, and the work is in vain."""


@dataclass
class Planned:
    """A job that is being packed, and the packer's lease: both are renewed as long as that takes."""

    p: Pipeline
    stored: Stored[Job]
    lease: PackerLease

    def keep(self) -> bool:
        """False: the job was let go by another, after a pause longer than its lease."""
        job, now = self.stored.item, self.p.clock()
        self.lease.keep()
        assert job.lease_until
        if job.lease_until - now > (self.p.lease_end(now) - now) / 2:
            return True
        try:
            self.stored = write_job(self.p, replace(job, lease_until=self.p.lease_end(now)), self.stored.etag)
        except Conflict:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version's rows as read, and the entries of those of its parts that can be claimed."""

    rows: VersionRows
    entries: tuple[Ready, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A part that a job has won."""

    version: Version
    part: Part
    entry: Ready


def candidates(p: Pipeline, entries: Sequence[Ready], keep: Keep) -> Iterator[Candidate]:
    """By document, read as they are asked for. What cannot be claimed is given back, or its entry goes."""
    sealed: Sealed = {}
    documents: dict[tuple[str, int], list[Ready]] = defaultdict(list)
    for entry in entries:
        documents[entry.document, entry.sequence].append(entry)
    for (document, sequence), wanted in sorted(documents.items()):
        candidate = None
        try:
            candidate = _candidate(p, document, sequence, wanted, sealed)
        except (SchemaError, Missing) as error:  # of this document alone
            log.warning("version %d of document %s cannot be packed now: %s", sequence, document, error)
        keep()
        if candidate:
            yield candidate


def _candidate(p: Pipeline, document: str, sequence: int, wanted: Sequence[Ready], sealed: Sealed) -> Candidate | None:
    """Raises SchemaError; Missing where the request that lists a part is lost."""
    rows = version_rows(p, document, sequence)
    claimable = tuple(entry for entry in wanted if rows and _is_claimable(rows, entry))
    for entry in wanted:
        if entry not in claimable:
            give_back(p, entry, rows, sealed)
    return Candidate(rows, claimable) if rows and claimable else None


def _is_claimable(rows: VersionRows, entry: Ready) -> bool:
    stored = rows.part(entry.part)
    if stored is None or rows.version.item.status is not VersionStatus.PENDING:
        return False
    return stored.item.status is PartStatus.READY and stored.item.round == entry.round


def claim(p: Pipeline, job_id: str, found: Iterable[Candidate], keep: Keep) -> list[Claim]:
    """What the job has won of the candidates, by document, so that finishers find partitions together."""
    won: list[Claim] = []
    rest = iter(found)
    while some := list(islice(rest, _TOGETHER)):
        wanted = [_wanted(job_id, candidate.rows, candidate.entries) for candidate in some]
        etags = commit_all(p.documents, [change for _, change in wanted])
        for candidate, (claims, _), written in zip(some, wanted, etags, strict=True):
            won += claims if written else _won_after_conflict(p, job_id, candidate)
        if not keep():
            return []
    return sorted(won, key=lambda claim: claim.entry.identity)


def _won_after_conflict(p: Pipeline, job_id: str, candidate: Candidate) -> list[Claim]:
    """The version was changed meanwhile; or it was the answer to our own write, and the parts are ours."""
    version = candidate.rows.version.item
    while rows := version_rows(p, version.document, version.sequence):
        claims, change = _wanted(job_id, rows, candidate.entries)
        if not change or commit_all(p.documents, [change]) != [None]:
            return claims
    return []


def _wanted(job_id: str, rows: VersionRows, entries: Iterable[Ready]) -> tuple[list[Claim], list[Operation]]:
    """What is the job's once these operations are done: none where all is its own already, or nothing can be had."""
    version, claims = rows.version.item, []
    parts: list[Operation] = []
    for entry in entries:
        stored = rows.part(entry.part)
        assert stored, "a candidate has its part's row"
        part = stored.item
        if _is_claimable(rows, entry):
            part = part.on(PartEvent.CLAIM, job=job_id)
            parts.append(Replace(part.row(stored.etag)))
        if part.status is PartStatus.PACKED and part.job == job_id:
            claims.append(Claim(version, part, entry))
    return claims, [Replace(version.row(rows.version.etag)), *parts] if parts else []
