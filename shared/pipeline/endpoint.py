"""What is known of the endpoint as a whole, in `app`, for all instances: its pace, and the promises that it broke.

Every request but a create goes through here; a create's sender asks for `leave` and tells what came of it. The rows are
for economy: one that is lost, or written by two at once, costs requests that are refused, never an acceptance too many.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from shared.batchapi.model import Page, Synthesis
from shared.domain.backoff import delay
from shared.domain.pacing import (
    Kind,
    Pace,
    PaceLimits,
    after_answer,
    after_failure,
    after_request,
    at_first,
    brought_up,
    throttled,
    wait,
    with_room,
)
from shared.domain.rows import from_row, to_values
from shared.errors import Conflict, EndpointError, NotAccepted, Refused
from shared.pipeline.context import Pipeline
from shared.ports import Row
from shared.telemetry import BREACHES

log = logging.getLogger(__name__)

T = TypeVar("T")

_PACE = ("endpoint", "pace")
_BREACHES = "breaches"
_TRIES = 5
"""At a row that others write too; then this request goes uncounted."""


class Quiet(NotAccepted):
    """Not asked: we keep our limits, or wait as long as the endpoint wants to be left alone."""


def window(p: Pipeline) -> int:
    """How many jobs it may have at once, as far as is known; none while no create may be made."""
    pace, _ = _read(p)
    return 0 if wait(pace, Kind.CREATE, p.clock()) > timedelta(0) else int(pace.window)


def look_for_room(p: Pipeline) -> None:
    """After a 429 to a create: whether it has fewer jobs of ours by now, so that another may be tried."""
    pace, row = _read(p)
    if pace.full_until and sum(1 for _ in p.open.query("running")) < int(pace.window):
        _is_written(p, with_room(pace), row)


def leave(p: Pipeline, kind: Kind, *, overdraw: bool = False) -> bool:
    """Whether one request may be made now; it is counted. `overdraw`: though the limit is reached, at others' cost."""
    for _ in range(_TRIES):
        pace, row = _read(p)
        quiet = pace.quiet_until(kind)
        closed = quiet is not None and quiet > p.clock()
        if closed or (not overdraw and wait(pace, kind, p.clock()) > timedelta(0)):
            return False
        if _is_written(p, after_request(pace), row):
            break
    return True


def answered(p: Pipeline, kind: Kind) -> None:
    """A request that came out as it should ends a back-off."""
    pace, row = _read(p)
    is_news = pace.failures(kind) or pace.quiet_until(kind) or (kind is Kind.CREATE and pace.window < _limits(p).jobs)
    if is_news:
        _is_written(p, after_answer(pace, kind), row)


def failed(p: Pipeline, kind: Kind, error: EndpointError, *, is_full: bool = False) -> None:
    """What one failure tells of the next request. `is_full`: the endpoint said so, in whatever status."""
    if not (is_of_all(error) or is_full):
        return
    limits = _limits(p)
    for _ in range(_TRIES):
        pace, row = _read(p)
        pause = delay(
            pace.failures(kind) + 1,
            first=p.settings.back_off_first_seconds,
            most=p.settings.back_off_most_seconds,
            jitter=p.jitter(),
            retry_after=error.retry_after,
        )
        now = p.clock()
        if error.status == 429 or is_full:
            told = now + delay(1, first=0, most=0, jitter=0, retry_after=error.retry_after)
            active = sum(1 for _ in p.open.query("running")) if kind is Kind.CREATE else 0
            pace = throttled(pace, kind, told, active=active, limits=limits)
        pace = after_failure(pace, kind, now + pause)
        if _is_written(p, pace, row):
            log.warning("the endpoint: %s; no %s for %.0f s", error, kind, pause.total_seconds())
            return


def is_of_all(error: EndpointError) -> bool:
    """Whether it speaks of endpoint, way or account, and so of any request like it."""
    if isinstance(error, Refused):
        return error.status in (401, 403)
    return not 200 <= error.status < 300


def get(p: Pipeline, synthesis_id: str) -> Synthesis | None:
    """None: unknown there. Raises EndpointError; Quiet where it is not asked."""
    return _read_by(p, Kind.GET, lambda: p.speech.get(synthesis_id))


def listed(p: Pipeline, *, skip: int, overdraw: bool = False) -> Page:
    """One page, as long as pages get. Raises EndpointError; Quiet where it is not asked."""
    return _read_by(p, Kind.LIST, lambda: p.speech.list(skip=skip, top=p.api.max_page), overdraw=overdraw)


def _read_by(p: Pipeline, kind: Kind, ask: Callable[[], T], *, overdraw: bool = False) -> T:
    if not leave(p, kind, overdraw=overdraw):
        raise Quiet("The endpoint is not asked now: it wants to be left alone, or our own limit is reached.")
    try:
        answer = ask()
    except EndpointError as error:
        failed(p, kind, error)
        raise
    answered(p, kind)
    return answer


def note_breach(p: Pipeline, synthesis_id: str, job_id: str) -> None:
    """A synthesis too many of one job: a promise of docs/protocol.md was broken, and somebody pays twice. Counted."""
    values = {"job": job_id, "seen": p.clock().isoformat()}
    with suppress(Conflict):  # counted already
        p.app.insert(Row(partition=_BREACHES, key=synthesis_id, values=values))
        p.telemetry.record(BREACHES)
        log.error("endpoint.breach: job %s was accepted a second time, as synthesis %s", job_id, synthesis_id)


def _limits(p: Pipeline) -> PaceLimits:
    return PaceLimits(
        rate=p.settings.max_requests_per_second,
        jobs=p.settings.max_active_jobs,
        recovery=timedelta(seconds=p.settings.back_off_most_seconds),
    )


def _read(p: Pipeline) -> tuple[Pace, Row | None]:
    """As it is now, and the row that it was."""
    row, now, limits = p.app.get(*_PACE), p.clock(), _limits(p)
    return (brought_up(from_row(Pace, row), now, limits) if row else at_first(now, limits)), row


def _is_written(p: Pipeline, pace: Pace, before: Row | None) -> bool:
    row = Row(partition=_PACE[0], key=_PACE[1], values=to_values(pace), etag=before.etag if before else "")
    try:
        if before:
            p.app.replace(row)
        else:
            p.app.insert(row)
    except Conflict:
        return False
    return True
