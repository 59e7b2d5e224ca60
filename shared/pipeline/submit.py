"""Waiting parts into sealed jobs: plan, claim, seal; then each is sent. See docs/protocol.md, Submit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.batchapi.billing import billable_characters
from shared.batchapi.model import InputKind
from shared.domain import naming
from shared.domain.documents import Part, PartEvent, PartStatus, Version, VersionStatus
from shared.domain.jobs import Job, JobEvent, JobStatus
from shared.domain.options import job_options
from shared.domain.packing import READY, Patience, Ready, plan
from shared.domain.requests import Line, Request, digest_of
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.pipeline.packer import PackerLease
from shared.pipeline.returning import Sealed, give_back
from shared.pipeline.send import send
from shared.pipeline.sources import SourceChanged, SourceGone, end_version, texts_of
from shared.pipeline.store import Stored, VersionRows, enter, remove_entries, version_rows, write_job
from shared.ports import Operation, Replace, Row


def submit(p: Pipeline) -> None:
    """Packs and sends what is due. Whoever cannot have the lease leaves it to its holder, who looks once more."""
    while any(_due(p, limit=1)):
        lease = PackerLease(p)
        if lease.is_held:
            return
        jobs = plan(_due(p), now=p.clock(), last_sent=lease.last_sent, limits=p.limits, patience=_patience(p))
        if not jobs or not lease.take():
            return
        sealed_any = _pack(p, jobs, lease)
        lease.let_go()
        if not sealed_any:
            return


def _due(p: Pipeline, limit: int | None = None) -> Iterator[Ready]:
    return map(Ready.of, p.open.query(READY, end=naming.stamp(p.clock()) + naming.END, limit=limit))


def _patience(p: Pipeline) -> Patience:
    return Patience(
        recent=timedelta(seconds=p.settings.pack_recent_seconds),
        quiet=timedelta(seconds=p.settings.pack_quiet_seconds),
        oldest=timedelta(seconds=p.settings.pack_oldest_seconds),
    )


def _pack(p: Pipeline, jobs: Sequence[Sequence[Ready]], lease: PackerLease) -> bool:
    """Sends these jobs while the lease holds; whether any could be sealed."""
    sealed_any = False
    for entries in jobs:
        sealed = _plan_claim_seal(p, entries)
        if sealed:
            sealed_any, lease.last_sent = True, p.clock()
            if not send(p, sealed):
                return False  # the endpoint takes nothing now: what is not sealed yet loses nothing by waiting
        if not lease.renew():
            return False
    return sealed_any


def _plan_claim_seal(p: Pipeline, entries: Sequence[Ready]) -> Stored[Job] | None:
    """One job from these entries, sealed with those parts that could be claimed; None where none could."""
    candidates = list(_candidates(p, entries))
    if not candidates:
        return None
    now = p.clock()
    until = p.lease_end(now)
    job_id = f"{p.settings.deployment_id}-{p.new_id()}"
    key = naming.entry_key(until + p.margin, job_id, p.new_id())
    p.open.insert(Row(partition="sending", key=key, values={"job": job_id}))
    row = p.jobs.insert(Job(id=job_id, created=now, entry=key, lease_until=until).row())
    planned = Stored(Job.of(row), row.etag)
    claimed = [claim for candidate in candidates for claim in _claimed(p, job_id, candidate)]
    request = _request(p, claimed)
    if request is None:
        enter(p, planned, planned.item.on(JobEvent.DROP), due=now)
        return None
    return _seal(p, planned, request, claimed)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A version's rows as read, and the entries of those of its parts that can be claimed."""

    rows: VersionRows
    entries: tuple[Ready, ...]


def _candidates(p: Pipeline, entries: Sequence[Ready]) -> Iterator[_Candidate]:
    """Looked for before there is a job row. What cannot be claimed is given back, or its entry goes."""
    sealed: Sealed = {}
    documents: dict[tuple[str, int], list[Ready]] = defaultdict(list)
    for entry in entries:
        documents[entry.document, entry.sequence].append(entry)
    for (document, sequence), wanted in documents.items():
        rows = version_rows(p, document, sequence)
        claimable = tuple(entry for entry in wanted if rows and _is_claimable(rows, entry))
        for entry in wanted:
            if entry not in claimable:
                give_back(p, entry, rows, sealed)
        if rows and claimable:
            yield _Candidate(rows, claimable)


def _is_claimable(rows: VersionRows, entry: Ready) -> bool:
    stored = rows.part(entry.part)
    if stored is None or rows.version.item.status is not VersionStatus.PENDING:
        return False
    return stored.item.status is PartStatus.READY and stored.item.round == entry.round


@dataclass(frozen=True, slots=True)
class _Claim:
    """A part that this job has won."""

    version: Version
    part: Part
    entry: Ready


def _claimed(p: Pipeline, job_id: str, candidate: _Candidate) -> tuple[_Claim, ...]:
    """Wins its parts in one transaction; after a conflict, which may be the answer to our own write, reads again."""
    rows: VersionRows | None = candidate.rows
    while rows:
        try:
            return _won(p, job_id, rows, candidate.entries)
        except Conflict:
            version = rows.version.item
            rows = version_rows(p, version.document, version.sequence)
    return ()


def _won(p: Pipeline, job_id: str, rows: VersionRows, wanted: Iterable[Ready]) -> tuple[_Claim, ...]:
    """Claims what is READY, in one transaction with the row of a PENDING version. Raises Conflict."""
    version = rows.version.item
    won: list[_Claim] = []
    operations: list[Operation] = []
    for entry in wanted:
        stored = rows.part(entry.part)
        assert stored, "a candidate has its part's row"
        part = stored.item
        if _is_claimable(rows, entry):
            part = part.on(PartEvent.CLAIM, job=job_id)
            operations.append(Replace(part.row(stored.etag)))
        if part.status is PartStatus.PACKED and part.job == job_id:
            won.append(_Claim(version, part, entry))
    if operations:
        p.documents.commit([Replace(version.row(rows.version.etag)), *operations])
    return tuple(won)


def _request(p: Pipeline, claims: Sequence[_Claim]) -> Request | None:
    """The request of the claimed parts, their sources read as they were taken in. None: nothing is left."""
    lines: list[Line] = []
    texts: tuple[str, ...] = ()
    for claim in claims:
        version, part = claim.version, claim.part
        try:
            texts = texts_of(p, version)
        except SourceChanged:
            end_version(p, version, gone=False)
            continue
        except SourceGone:
            end_version(p, version, gone=True)
            continue
        lines += [
            Line(
                path=version.path,
                document=version.document,
                sequence=version.sequence,
                part=part.part,
                number=number,
                attempt=part.attempt,
                text=texts[number - 1],
            )
            for number in part.numbers
        ]
    if not lines:
        return None
    version = claims[0].version
    return Request(kind=version.kind, options=job_options(version.kind, version.options), lines=tuple(lines))


def _seal(p: Pipeline, planned: Stored[Job], request: Request, claims: Sequence[_Claim]) -> Stored[Job] | None:
    """From here on the inputs never change. The parts' own entries go: the job's stands for them now."""
    data = request.to_bytes()
    digest = digest_of(data)
    job = planned.item
    p.work.write(naming.request_blob(job.id, digest), data, content_type="application/json")
    kind = InputKind(request.kind)
    sealed = job.on(
        JobEvent.SEAL,
        digest=digest,
        documents=len(list(request.parts())),
        inputs=len(request.lines),
        characters=sum(billable_characters(line.text, kind) for line in request.lines),
        output_format=str(request.options["output_format"]),
        lease_until=None,
    )
    try:
        stored = write_job(p, sealed, planned.etag)
    except Conflict:
        return None  # let go by another, or sealed by a repetition of this write: its entry finds it
    remove_entries(p, READY, [claim.entry.key for claim in claims])
    return stored


def let_go(p: Pipeline, stored: Stored[Job]) -> None:
    """A planned job whose lease is over, and the margin: its parts go back when their entries are met."""
    if stored.item.status is JobStatus.PLANNED:
        enter(p, stored, stored.item.on(JobEvent.DROP), due=p.clock())
