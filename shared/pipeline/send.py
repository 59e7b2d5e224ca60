"""A sealed job to the endpoint, at most one accepted: lease, create, and what its answer, or none, means.

See docs/protocol.md, Send. Taking the lease records, in the same write, that the outcome is unknown from now on; a
create that was definitely not accepted takes that back.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from shared.batchapi.model import Synthesis, SynthesisRequest
from shared.domain import naming
from shared.domain.backoff import delay
from shared.domain.jobs import Job, JobEvent, JobStatus, Verdict
from shared.domain.requests import Request
from shared.errors import Conflict, EndpointError, NotAccepted, OutcomeUnknown, Refused
from shared.pipeline.context import Pipeline
from shared.pipeline.finishing import conclude
from shared.pipeline.store import Stored, enter, write_job

log = logging.getLogger(__name__)

REFUSALS = (400, 413)
"""These say that this request will never do. Any other 4xx speaks of account, key or path, and is waited out."""


def send(p: Pipeline, stored: Stored[Job]) -> bool:
    """One try; False where the endpoint took or gave nothing, so that another try now would fare no better.

    Whoever finds the lease taken leaves the job to its holder.
    """
    before = stored.item
    leased = _lease(p, stored)
    if leased is None:
        return True
    request = _filled(p, Request.of(p.work.read(naming.request_blob(before.id, before.digest))))
    if not _is_time_left(p, leased.item):
        return True
    try:
        synthesis = p.speech.create(before.id, request)
    except NotAccepted as error:
        _later(p, leased, before, error, known=True)
        return False
    except OutcomeUnknown as error:
        _later(p, leased, before, error, known=False)
        return False
    except Refused as error:
        _refused(p, leased, before, error)
    else:
        accept(p, leased, synthesis)
    return True


def lease_is_over(p: Pipeline, job: Job) -> bool:
    """Whether nobody else can be at it: the lease is free, or past its end by the margin."""
    return job.lease_until is None or p.clock() >= job.lease_until + p.margin


def may_send(p: Pipeline, job: Job) -> bool:
    """Preview: not while a create may have been accepted unseen, as a second one would be another synthesis."""
    is_known = p.api.caller_names or not job.first_unknown
    return job.status is JobStatus.SEALED and lease_is_over(p, job) and is_known


def is_too_late(p: Pipeline, job: Job) -> bool:
    """Whether a job that may have been accepted is never to be sent again, for it may have come and gone."""
    deadline = timedelta(seconds=p.settings.deadline_seconds)
    return job.first_unknown is not None and p.clock() > job.first_unknown + deadline


def conclude_unsent(p: Pipeline, stored: Stored[Job]) -> None:
    """Too late to be sent again: adopted where the endpoint has it after all, else uncertain."""
    synthesis = p.speech.get(stored.item.id) if p.api.caller_names else None
    if synthesis:
        accept(p, stored, synthesis)
    else:
        conclude(p, stored, Verdict.UNCERTAIN, why="")


def accept(p: Pipeline, stored: Stored[Job], synthesis: Synthesis) -> None:
    """The endpoint has it, as its answer to a create, a get or a list says."""
    now = p.clock()
    job = stored.item.on(JobEvent.ACCEPT, synthesis=synthesis.id, accepted=now, lease_until=None)
    enter(p, stored, job, due=now)


def _filled(p: Pipeline, request: Request) -> SynthesisRequest:
    settings, now = p.settings, p.clock()
    destination = p.results.writable_link(
        starts=now - timedelta(seconds=settings.destination_backdate_seconds),
        expires=now + timedelta(seconds=settings.destination_seconds - settings.destination_backdate_seconds),
    )
    return request.synthesis(destination=destination, folder=naming.JOBS_FOLDER)


def _lease(p: Pipeline, stored: Stored[Job]) -> Stored[Job] | None:
    """The job under our lease, its outcome unknown until we write otherwise; None where another was first."""
    job, now = stored.item, p.clock()
    if not may_send(p, job):
        return None
    until = p.lease_end(now)
    leased = replace(
        job,
        lease_until=until,
        creates=job.creates + 1,
        first_unknown=job.first_unknown or now,
        unknown_until=until + p.margin,
    )
    try:
        return write_job(p, leased, stored.etag)
    except Conflict:
        return None


def _is_time_left(p: Pipeline, job: Job) -> bool:
    """Enough of the lease that the connection ends before a successor may come."""
    assert job.lease_until
    return job.lease_until - p.clock() >= timedelta(seconds=p.settings.http_timeout_seconds) + p.margin


def _later(p: Pipeline, leased: Stored[Job], before: Job, error: EndpointError, *, known: bool) -> None:
    """Back-off, in the row. With `known` this create was not accepted: what was unknown before it stays so, no more."""
    settings, now = p.settings, p.clock()
    wait = delay(
        leased.item.creates,
        first=settings.back_off_first_seconds,
        most=settings.back_off_most_seconds,
        jitter=p.jitter(),
        retry_after=error.retry_after,
    )
    unknown = (before.first_unknown, before.unknown_until) if known else (leased.item.first_unknown, now)
    job = replace(leased.item, lease_until=None, first_unknown=unknown[0], unknown_until=unknown[1])
    kind = "not accepted" if known else "outcome unknown"
    log.warning("create of job %s: %s (%s), again in %.0f s", job.id, kind, error, wait.total_seconds())
    enter(p, leased, job, due=now + wait)


def _refused(p: Pipeline, leased: Stored[Job], before: Job, error: Refused) -> None:
    """A refusal is believed when a GET finds nothing, and an earlier create cannot be on its way any more."""
    settled = _is_settled(p, before.unknown_until)  # before the GET: its answer may be slow, and older than it seems
    try:
        synthesis = p.speech.get(before.id) if p.api.caller_names else None
    except EndpointError as failed:
        _later(p, leased, before, failed, known=True)
        return
    if synthesis:
        accept(p, leased, synthesis)
    elif error.status in REFUSALS and settled:
        conclude(p, leased, Verdict.REFUSED, why=str(error))
    else:
        _later(p, leased, before, error, known=True)


def _is_settled(p: Pipeline, unknown_until: datetime | None) -> bool:
    window = timedelta(seconds=p.settings.accept_window_seconds)
    return unknown_until is None or p.clock() >= unknown_until + window
