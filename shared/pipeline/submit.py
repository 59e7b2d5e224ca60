"""Waiting parts into sealed jobs: plan, claim, seal; then each is sent. See docs/protocol.md, Submit."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, groupby

from shared.batchapi.billing import billable_characters
from shared.batchapi.model import InputKind
from shared.domain import naming
from shared.domain.jobs import Job, JobEvent, JobStatus
from shared.domain.options import job_options
from shared.domain.pacing import Kind
from shared.domain.packing import READY, Patience, Ready, adopted_in, holder_of, plan, shared_out
from shared.domain.requests import Line, Request, digest_of
from shared.domain.rows import SchemaError
from shared.errors import Conflict, EndpointError, Missing, SpeechdropError, StorageError
from shared.pipeline import endpoint, measuring
from shared.pipeline.admitting import admitted
from shared.pipeline.claiming import Candidate, Claim, Keep, Planned, candidates, claim
from shared.pipeline.context import Pipeline
from shared.pipeline.packer import PackerLease
from shared.pipeline.reconciling import synthesis_of
from shared.pipeline.send import send
from shared.pipeline.sources import SourceChanged, SourceGone, end_version, texts_of
from shared.pipeline.store import Stored, enter, read_job, remove_entries, write_job
from shared.ports import Row

log = logging.getLogger(__name__)

MOST_LOOKED_AT = 20_000
"""Entries: more than fit into the jobs that an endpoint takes at once, and not all of a library that waits."""


_ACTIVE = ("running", "sending")


def submit_soon(p: Pipeline) -> None:
    """`submit`, for whoever is one of many that come at once: not where it was of no use just now."""
    if p.known.look_at is None or p.clock() >= p.known.look_at:
        submit(p)


def submit(p: Pipeline) -> None:
    """Packs and sends what is due. Whoever cannot have the lease leaves it to its holder, who looks once more."""
    while True:
        lease = PackerLease(p)
        soon = p.clock() + timedelta(seconds=p.settings.pack_quiet_seconds)
        if not lease.is_open:
            p.known.look_at = soon
            return
        jobs, waiting_until = _leaving(p, lease, soon)
        if waiting_until and not jobs:
            p.known.look_at = waiting_until
            lease.let_go(look_at=waiting_until)
        if not jobs or not lease.take():
            return
        sealed_any = _pack(p, jobs, lease)
        lease.let_go()
        if not sealed_any:
            return


def _leaving(p: Pipeline, lease: PackerLease, soon: datetime) -> tuple[deque[tuple[Ready, ...]], datetime | None]:
    """The jobs to send now; and when to look again, by `soon`, None where nothing waits."""
    due = list(_due(p))
    if not due:
        return deque(), None
    planned = plan(due, now=p.clock(), last_sent=lease.last_sent, limits=p.limits, patience=_patience(p))
    jobs = _with_room(p, planned.jobs) if planned.jobs else ()
    return deque(jobs), min(soon, planned.look_at or soon)


def _due(p: Pipeline) -> Iterator[Ready]:
    return map(Ready.of, p.open.query(READY, end=naming.stamp(p.clock()) + naming.END, limit=MOST_LOOKED_AT))


def _patience(p: Pipeline) -> Patience:
    return Patience(
        recent=timedelta(seconds=p.settings.pack_recent_seconds),
        quiet=timedelta(seconds=p.settings.pack_quiet_seconds),
        oldest=timedelta(seconds=p.settings.pack_oldest_seconds),
    )


def _with_room(p: Pipeline, jobs: Sequence[tuple[Ready, ...]]) -> tuple[tuple[Ready, ...], ...]:
    """Those that may leave now: what is not sealed yet loses nothing by waiting, and finds company."""
    running, sending = ([str(row.values.get("holder", "")) for row in p.open.query(name)] for name in _ACTIVE)
    return shared_out(jobs, running=running, sending=sending, window=endpoint.window(p))


def _pack(p: Pipeline, jobs: deque[tuple[Ready, ...]], lease: PackerLease) -> bool:
    """Sends these jobs while lease and endpoint let it, and forgets them; whether any could be sealed."""
    sealed_any = False
    while jobs:
        entries = jobs.popleft()
        if not endpoint.leave(p, Kind.CREATE):
            return False
        sealed = _plan_claim_seal(p, entries, lease)
        if sealed:
            sealed_any, lease.last_sent = True, p.clock()
            if not send(p, sealed):
                return False
        if not lease.keep():
            return False
    return sealed_any


def _plan_claim_seal(p: Pipeline, entries: Sequence[Ready], lease: PackerLease) -> Stored[Job] | None:
    """One job from these entries, sealed with those parts that could be claimed; None where none could."""
    found = admitted(p, candidates(p, entries, lease.keep), lease.keep)
    first = next(found, None)  # the others' rows come as they are claimed, so that not all are in memory
    if first is None:
        return None
    try:
        adopted = _still_there(p, adopted_in(entries[0].lot))
    except (EndpointError, SchemaError) as error:
        log.warning("whether %s is still there cannot be learnt now: %s", adopted_in(entries[0].lot), error)
        return None
    now = p.clock()
    until = p.lease_end(now)
    job_id = f"{p.settings.deployment_id}-{p.new_id()}"
    key = naming.entry_key(until + p.margin, job_id, p.new_id())
    job = Job(id=job_id, created=now, entry=key, lease_until=until, holder=holder_of(entries))
    p.open.insert(Row(partition="sending", key=key, values=job.entry_values))
    planned = Planned(p, Stored(job, p.jobs.insert(job.row()).etag), lease)
    request, parts = _claimed(p, job_id, chain([first], found), planned.keep)
    if request is None:
        enter(p, planned.stored, planned.stored.item.on(JobEvent.DROP), due=p.clock())
        return None
    carried_on = _request_of(p, adopted) if adopted else None  # none where it was removed long ago
    if adopted and carried_on and _holds(carried_on, request):
        return _seal(p, planned.stored, carried_on, parts, adopts=adopted.id)
    return _seal(p, planned.stored, request, parts)


def _claimed(
    p: Pipeline, job_id: str, found: Iterator[Candidate], keep: Keep
) -> tuple[Request | None, tuple[Ready, ...]]:
    """What the job is to ask, and the entries of what it has won. No more is kept of thousands of versions' rows."""
    claims = claim(p, job_id, found, keep)
    return _request(p, claims, keep), tuple(claimed.entry for claimed in claims)


def _request_of(p: Pipeline, job: Job) -> Request | None:
    with suppress(Missing):
        return Request.of(p.work.read(naming.request_blob(job.id, job.digest)))
    return None


def _holds(request: Request, other: Request) -> bool:
    """Whether all that `other` asks was asked by `request`, of each part no more and no less."""
    asked = {lines[0].identity: {line.number for line in lines} for lines in request.parts()}
    return all(asked.get(lines[0].identity) == {line.number for line in lines} for lines in other.parts())


def _still_there(p: Pipeline, job_id: str) -> Job | None:
    """The job that was given up, where the endpoint has its synthesis: paid, and so carried on with rather than sent
    again. Raises EndpointError."""
    stored = read_job(p, job_id) if job_id else None
    return stored.item if stored and synthesis_of(p, stored.item) else None


def _request(p: Pipeline, claims: Sequence[Claim], keep: Keep) -> Request | None:
    """The request of the claimed parts, their sources read as they were taken in. None: nothing is left.

    A source that cannot be had as it is (archived, say, or of a kind that this release reads otherwise) holds up no
    other: its parts are left out, and come again.
    """
    lines: list[Line] = []
    for _, group in groupby(claims, key=lambda claimed: claimed.entry.identity[:2]):
        together = tuple(group)
        version = together[0].version
        try:
            texts = texts_of(p, version)
        except SourceChanged:
            end_version(p, version, gone=False)
            continue
        except SourceGone:
            end_version(p, version, gone=True)
            continue
        except SpeechdropError as error:
            if isinstance(error, StorageError) and not 400 <= error.status < 500:
                raise  # it speaks of storage as a whole
            log.warning("%s cannot be sent now: %s", version.path, error)
            continue
        if not keep():
            return None
        lines += [
            Line(
                path=version.path,
                document=version.document,
                sequence=version.sequence,
                part=claimed.part.part,
                number=number,
                attempt=claimed.part.attempt,
                text=texts[number - 1],
            )
            for claimed in together
            for number in claimed.part.numbers
        ]
    if not lines:
        return None
    version = claims[0].version
    return Request(kind=version.kind, options=job_options(version.kind, version.options), lines=tuple(lines))


def _seal(
    p: Pipeline, planned: Stored[Job], request: Request, parts: Sequence[Ready], *, adopts: str = ""
) -> Stored[Job] | None:
    """From here on the inputs never change. The parts' own entries go: the job's stands for them now."""
    digest = digest_of(request.pieces())
    job = planned.item
    p.work.write(naming.request_blob(job.id, digest), request.pieces(), content_type="application/jsonl")
    kind = InputKind(request.kind)
    sealed = job.on(
        JobEvent.SEAL,
        digest=digest,
        documents=len(list(request.parts())),
        inputs=len(request.lines),
        characters=sum(billable_characters(line.text, kind) for line in request.lines),
        output_format=str(request.options["output_format"]),
        adopts=adopts,
        lease_until=None,
    )
    try:
        stored = write_job(p, sealed, planned.etag)
    except Conflict:
        return None  # let go by another, or sealed by a repetition of this write: its entry finds it
    measuring.sealed(sealed)
    asked = {line.identity for line in request.lines}
    remove_entries(p, READY, [entry.key for entry in parts if entry.identity in asked])
    return stored


def let_go(p: Pipeline, stored: Stored[Job]) -> None:
    """A planned job whose lease is over, and the margin: its parts go back when their entries are met."""
    if stored.item.status is JobStatus.PLANNED:
        enter(p, stored, stored.item.on(JobEvent.DROP), due=p.clock())
