"""A sealed job to the endpoint, at most one accepted: lease, create, and what its answer, or none, means.

See docs/protocol.md, Send. Taking the lease records, in the same write, that the outcome is unknown from now on; a
create that was definitely not accepted takes that back. Callers have the endpoint's leave for one create.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from shared.batchapi.model import Synthesis, SynthesisRequest
from shared.batchapi.problems import says_too_many_active
from shared.domain import naming
from shared.domain.backoff import delay
from shared.domain.jobs import Job, JobEvent, JobStatus, Verdict
from shared.domain.pacing import Kind
from shared.domain.quoting import unquoted
from shared.domain.requests import Request
from shared.errors import Conflict, EndpointError, NotAccepted, OutcomeUnknown, Refused
from shared.pipeline import destination, endpoint, measuring
from shared.pipeline.context import Pipeline
from shared.pipeline.destination import Destination
from shared.pipeline.finishing import conclude
from shared.pipeline.reconciling import in_listings, synthesis_of
from shared.pipeline.store import Stored, enter, read_job, write_job

log = logging.getLogger(__name__)

REFUSALS = (400, 413)
"""These say that this request will never do. Any other 4xx speaks of account, key or path, and is waited out."""


def send(p: Pipeline, stored: Stored[Job]) -> bool:
    """One try; False where the endpoint took or gave nothing, so that another try now would fare no better.

    Whoever finds the lease taken leaves the job to its holder.
    """
    if stored.item.adopts:
        return _adopt(p, stored)
    leased = _lease(p, stored)
    if leased is None:
        return True
    before = stored.item
    if before.first_unknown and not p.api.caller_names:
        try:
            synthesis = in_listings(p, before)
        except EndpointError as error:
            _later(p, leased, before, error, known=True)
            return False
        if synthesis:
            accept(p, leased, synthesis)
            return True
        before = replace(before, first_unknown=None, unknown_until=None)  # it was not accepted, and cannot be any more
    return _create(p, leased, before, _filled(p, leased.item))


def _create(p: Pipeline, leased: Stored[Job], before: Job, request: SynthesisRequest) -> bool:
    """`before` is the job as it is again if this create was not accepted.

    The look at the lease comes last of all: whatever takes time after it could outlive the lease, and so a successor.
    """
    try:
        p.speech.ready()
        while not _is_time_left(p, leased.item):
            renewed = _renewed(p, leased)
            if renewed is None:
                return True
            leased = renewed
        synthesis = p.speech.create(before.id, request)
    except (NotAccepted, OutcomeUnknown) as error:
        endpoint.failed(p, Kind.CREATE, error)
        _later(p, leased, before, error, known=isinstance(error, NotAccepted))
        return False
    except Refused as error:
        error.said = unquoted(error.said, request.inputs)  # what it quotes of them tells nothing of itself
        endpoint.failed(p, Kind.CREATE, error, is_full=_is_full(p, error))
        return _refused(p, leased, before, error)
    accept(p, leased, synthesis)
    endpoint.answered(p, Kind.CREATE)
    if not leased.item.destination:
        destination.note(p, Destination.REFUSED)
    return True


def lease_is_over(p: Pipeline, job: Job) -> bool:
    """Whether nobody else can be at it: the lease is free, or past its end by the margin."""
    return job.lease_until is None or p.clock() >= job.lease_until + p.margin


def may_send(p: Pipeline, job: Job) -> bool:
    """Preview: not while a create may have been accepted unseen, as a second one would be another synthesis."""
    is_known = p.api.caller_names or not job.first_unknown or _is_settled(p, job.unknown_until)
    return job.status is JobStatus.SEALED and lease_is_over(p, job) and is_known and not is_too_late(p, job)


def is_too_late(p: Pipeline, job: Job) -> bool:
    """Whether a job that may have been accepted is never to be sent again, for it may have come and gone."""
    deadline = timedelta(seconds=p.settings.deadline_seconds)
    return job.first_unknown is not None and p.clock() > job.first_unknown + deadline


def conclude_unsent(p: Pipeline, stored: Stored[Job]) -> None:
    """Too late to be sent again: adopted where the endpoint has it after all, else uncertain."""
    try:
        synthesis, why = synthesis_of(p, stored.item), ""
    except endpoint.Quiet:
        return
    except EndpointError as error:
        synthesis, why = None, str(error)
    if synthesis:
        accept(p, stored, synthesis)
    else:
        conclude(p, stored, Verdict.UNCERTAIN, why=why)


def accept(p: Pipeline, stored: Stored[Job], synthesis: Synthesis) -> None:
    """The endpoint has it, as its answer to a create, a get or a list says."""
    now = p.clock()
    job = stored.item.on(JobEvent.ACCEPT, synthesis=synthesis.id, accepted=now, lease_until=None)
    if enter(p, stored, job, due=now):
        measuring.accepted(job)


def _adopt(p: Pipeline, stored: Stored[Job]) -> bool:
    """A job that carries on with another's synthesis sends nothing, whatever has become of that."""
    other = read_job(p, stored.item.adopts)
    try:
        synthesis = synthesis_of(p, other.item) if other else None
    except EndpointError as error:
        log.warning("job %s cannot be looked for now: %s", stored.item.adopts, error)
        enter(p, stored, stored.item, due=p.clock() + timedelta(seconds=p.settings.back_off_first_seconds))
        return False
    if synthesis:
        accept(p, stored, synthesis)
    else:
        conclude(p, stored, Verdict.GONE, why="it is not there any more")
    return True


def _filled(p: Pipeline, job: Job) -> SynthesisRequest:
    """The job's request blob as a create, with a link of this send's own where results shall come to us."""
    request = Request.of(p.work.read(naming.request_blob(job.id, job.digest)))
    settings, now = p.settings, p.clock()
    link = p.results.writable_link(
        starts=now - timedelta(seconds=settings.destination_backdate_seconds),
        expires=now + timedelta(seconds=settings.destination_seconds - settings.destination_backdate_seconds),
    )
    return request.synthesis(destination=link if job.destination else None, folder=naming.JOBS_FOLDER)


def _lease(p: Pipeline, stored: Stored[Job]) -> Stored[Job] | None:
    """The job under our lease, its outcome unknown until we write otherwise; None where another was first."""
    job, now = stored.item, p.clock()
    if not may_send(p, job):
        return None
    leased = replace(
        job,
        lease_until=p.lease_end(now),
        creates=job.creates + 1,
        first_unknown=job.first_unknown or now,
        unknown_until=p.lease_end(now) + p.margin,
        destination=job.destination and destination.verdict(p) is not Destination.REFUSED,
    )
    return _written(p, leased, stored.etag)


def _renewed(p: Pipeline, leased: Stored[Job]) -> Stored[Job] | None:
    """Our lease from now on anew: what comes before the create took long. None: another has taken it."""
    until = p.lease_end(p.clock())
    return _written(p, replace(leased.item, lease_until=until, unknown_until=until + p.margin), leased.etag)


def _written(p: Pipeline, job: Job, etag: str) -> Stored[Job] | None:
    try:
        return write_job(p, job, etag)
    except Conflict:
        return None


def _is_time_left(p: Pipeline, job: Job) -> bool:
    """Enough of the lease that the connection ends before a successor may come."""
    assert job.lease_until
    return job.lease_until - p.clock() >= timedelta(seconds=p.settings.http_timeout_seconds) + p.margin


def _later(p: Pipeline, leased: Stored[Job], before: Job, error: EndpointError, *, known: bool) -> None:
    """Back-off, in the row. With `known` this create was not accepted: what was unknown before it stays so, no more."""
    settings, now = p.settings, p.clock()
    throttled = error.status == 429  # which speaks of the endpoint, whose back-off holds for all
    wait = delay(
        1 if throttled else leased.item.creates,
        first=settings.back_off_first_seconds,
        most=settings.back_off_most_seconds,
        jitter=p.jitter(),
        retry_after=error.retry_after,
    )
    since, until = (before.first_unknown, before.unknown_until) if known else (leased.item.first_unknown, now)
    if until and not p.api.caller_names:
        wait = max(wait, until + _window(p) - now)  # what may have been accepted is looked for, not sent again
    job = replace(leased.item, lease_until=None, first_unknown=since, unknown_until=until)
    kind = "not accepted" if known else "outcome unknown"
    log.warning("create of job %s: %s (%s), again in %.0f s", job.id, kind, error, wait.total_seconds())
    enter(p, leased, job, due=now + wait)


def _refused(p: Pipeline, leased: Stored[Job], before: Job, error: Refused) -> bool:
    """A refusal is believed when a GET finds nothing, and an earlier create cannot be on its way any more."""
    settled = _is_settled(p, before.unknown_until)  # before the GET: its answer may be slow, and older than it seems
    try:
        synthesis = synthesis_of(p, before) if p.api.caller_names else None
    except EndpointError as failed:
        _later(p, leased, before, failed, known=True)
        return False
    if synthesis:
        accept(p, leased, synthesis)
    elif error.status not in REFUSALS or _is_full(p, error) or not settled:
        _later(p, leased, before, error, known=True)
        return not endpoint.is_of_all(error) and not _is_full(p, error)
    elif leased.item.destination and _may_be_the_destination(p, error):
        return _without_destination(p, leased, before)
    else:
        conclude(p, leased, Verdict.REFUSED, why=error.said or str(error))
    return True


def _may_be_the_destination(p: Pipeline, error: Refused) -> bool:
    return destination.verdict(p) is not Destination.WORKS or destination.is_about(error.said)


def _without_destination(p: Pipeline, leased: Stored[Job], before: Job) -> bool:
    """Once more, at once: a 400 names no member, so it may have meant the one that is not part of the inputs."""
    job = replace(
        leased.item,
        destination=False,
        lease_until=None,
        first_unknown=before.first_unknown,
        unknown_until=before.unknown_until,
    )
    again = enter(p, leased, job, due=p.clock())
    return again is None or (endpoint.leave(p, Kind.CREATE) and send(p, again))


def _is_full(p: Pipeline, error: Refused) -> bool:
    """The preview says with a 400 that it has as many active syntheses as it takes: that passes."""
    return error.status == p.api.active_status and says_too_many_active(error.said)


def _window(p: Pipeline) -> timedelta:
    return timedelta(seconds=p.settings.accept_window_seconds)


def _is_settled(p: Pipeline, unknown_until: datetime | None) -> bool:
    return unknown_until is None or p.clock() >= unknown_until + _window(p)
