"""The timer's round: what waits is sent, what runs is looked for in lists, what has stopped is nudged."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

from shared.batchapi.model import TERMINAL, Synthesis, SynthesisStatus
from shared.domain import naming
from shared.domain.budgets import HELD
from shared.domain.jobs import Job, JobStatus, Verdict
from shared.domain.pacing import Kind
from shared.domain.survey import Survey
from shared.errors import Conflict, EndpointError, SpeechdropError
from shared.pipeline import destination, endpoint, measuring
from shared.pipeline.admitting import release_held
from shared.pipeline.bringing import bring_over
from shared.pipeline.context import Pipeline
from shared.pipeline.finishing import conclude, conclude_ended, nudge_finishers
from shared.pipeline.notices import deliver
from shared.pipeline.publish import publish
from shared.pipeline.reconciling import job_of, the_one_of
from shared.pipeline.returning import is_old
from shared.pipeline.send import accept, conclude_unsent, is_too_late, lease_is_over, may_send, send
from shared.pipeline.store import Stored, enter, has_passed, read_job, remove_entries, shows, version_rows, write_job
from shared.pipeline.submit import let_go, submit
from shared.pipeline.surveying import entries, surveyed
from shared.ports import Row

log = logging.getLogger(__name__)


def poll(p: Pipeline) -> Survey:
    """One round. Every step carries on from the rows; an endpoint that does not answer ends only what needs it.

    Returns how the work stood at its beginning, which is logged as its heartbeat.
    """
    found = entries(p)
    survey = surveyed(p, found)
    measuring.surveyed(p, survey)
    running, sending = found["running"], found["sending"]
    stuck = naming.stamp(p.clock() - timedelta(seconds=p.settings.stuck_seconds))
    finishing = [row for row in found["finishing"] if row.key < stuck]
    listed = _listed(p, running, sending)
    answers = True
    for row in running:
        with _holding_up_no_other(row):
            answers = _look_at_running(p, row, listed, may_ask=answers)
    if running or sending:
        endpoint.look_for_room(p)
    for row in sending:
        taken = True
        with _holding_up_no_other(row):
            taken = _look_at_sending(p, row, listed)
        if not taken:
            break  # it would not take the next one either
    for row in finishing:
        with _holding_up_no_other(row):
            _nudge(p, row)
    if survey.waiting[HELD].count:
        release_held(p)
    submit(p)
    deliver(p)
    return survey


@contextmanager
def _holding_up_no_other(row: Row) -> Iterator[None]:
    """What goes wrong with one item is told, and the next one comes: storage refuses it, or has lost or changed
    something of it, another release wrote it, the endpoint will not speak of it."""
    try:
        yield
    except SpeechdropError as error:
        log.warning("%s entry of %s: %s", row.partition, row.values.get("job", row.key), error)


Listed = Mapping[str, Sequence[Synthesis]]
"""By our id of the job: more than one synthesis, where the preview was made to accept it twice."""


def _listed(p: Pipeline, running: Sequence[Row], sending: Sequence[Row]) -> Listed:
    """Our jobs that the endpoint's list shows: at most one page more than the running ones fill; none after a page that
    fails, as the endpoint may be down."""
    looked_for = {str(row.values["job"]) for row in (running if p.api.caller_names else [*running, *sending])}
    found: dict[str, list[Synthesis]] = defaultdict(list)
    for page in range(math.ceil(len(running) / p.api.max_page) + 1 if looked_for else 0):
        try:
            answer = endpoint.listed(p, skip=page * p.api.max_page)
        except EndpointError as error:
            log.warning("the endpoint's list cannot be had now: %s", error)
            break
        for item in answer.items:
            found[job_of(item)].append(item)
        if not answer.more or looked_for <= found.keys():
            break
    return found


def _job_of(p: Pipeline, row: Row) -> Stored[Job] | None:
    """The job that an entry stands for; None, and the entry removed where that is safe, where it stands for none."""
    stored = read_job(p, str(row.values["job"]))
    stale = stored is not None and has_passed(stored.item, row.partition)
    if stored and shows(stored.item, row.partition) and stored.item.entry == row.key:
        return stored
    if stale or is_old(p, row.key):
        remove_entries(p, row.partition, [row.key])
    return None


def _look_at_running(p: Pipeline, row: Row, listed: Listed, *, may_ask: bool) -> bool:
    """Whether the next one may be asked for by GET, as this one might: not where the endpoint does not answer."""
    seen = listed.get(str(row.values["job"]), ())
    has_ended = any(item.status in TERMINAL for item in seen)
    overdue = _is_overdue(p, row)
    if not has_ended and ((seen and not overdue) or not may_ask):
        return may_ask  # no row is read for a job that simply runs
    stored = _job_of(p, row)
    if stored is None:
        return may_ask
    synthesis = the_one_of(p, stored.item, seen) if seen else None
    ended = synthesis is not None and synthesis.status in TERMINAL
    if synthesis and ended and (synthesis.result or synthesis.status is SynthesisStatus.FAILED):
        _conclude_ended(p, stored, synthesis)
        return may_ask
    return may_ask and _ask(p, stored, overdue=overdue, ended=ended)


def _conclude_ended(p: Pipeline, stored: Stored[Job], synthesis: Synthesis) -> None:
    destination.learn(p, stored.item, synthesis)
    conclude_ended(p, stored, synthesis)


def _is_overdue(p: Pipeline, row: Row) -> bool:
    """By the entry: the deadline counts from the first create that may have been accepted."""
    since = str(row.values.get("since", "")) or naming.due_in(row.key)
    return since < naming.stamp(p.clock() - timedelta(seconds=p.settings.deadline_seconds))


def _ask(p: Pipeline, stored: Stored[Job], *, overdue: bool, ended: bool) -> bool:
    """A GET of a job that no list shows, or whose result none does, within its back-off; or of one that runs too long.

    False: the endpoint does not answer, and would not if another job were asked for.
    """
    job, now = stored.item, p.clock()
    assert job.accepted
    since = job.asked or (None if ended else job.accepted)
    if not overdue and since and now < since + timedelta(seconds=p.settings.unseen_get_seconds):
        return True
    try:
        synthesis = endpoint.get(p, job.synthesis)
    except endpoint.Quiet:
        return False
    except EndpointError as error:
        log.warning("job %s cannot be asked for now: %s", job.id, error)
        if overdue:
            conclude(p, stored, Verdict.OVERDUE, why=str(error))  # a retry asks again
        else:
            enter(p, stored, replace(job, asked=now), due=now)  # behind the others, which are asked for first
        return not endpoint.is_of_all(error)
    if synthesis and synthesis.status in TERMINAL:
        _conclude_ended(p, stored, synthesis)
    elif synthesis is None and now >= job.accepted + timedelta(seconds=p.settings.accept_window_seconds):
        conclude(p, stored, Verdict.GONE, why="it is not there any more")
    elif overdue:
        conclude(p, stored, Verdict.OVERDUE, why="")
    else:
        with suppress(Conflict):  # another has asked as well
            write_job(p, replace(job, asked=now), stored.etag)
    return True


def _look_at_sending(p: Pipeline, row: Row, listed: Listed) -> bool:
    """False: it was sent, and the endpoint took nothing."""
    seen = listed.get(str(row.values["job"]))
    if naming.due_in(row.key) > naming.stamp(p.clock()) and not seen:
        return True
    stored = _job_of(p, row)
    if stored is None:
        return True
    job = stored.item
    if job.status is JobStatus.SEALED and seen:
        accept(p, stored, the_one_of(p, job, seen))
    elif lease_is_over(p, job):
        return _carry_on(p, stored)
    return True


def _carry_on(p: Pipeline, stored: Stored[Job]) -> bool:
    if stored.item.status is JobStatus.PLANNED:
        let_go(p, stored)
    elif is_too_late(p, stored.item):
        conclude_unsent(p, stored)
    elif may_send(p, stored.item):
        return endpoint.leave(p, Kind.CREATE) and send(p, stored)
    return True


def _nudge(p: Pipeline, row: Row) -> None:
    """A version or a job that has been finishing for long: its message was lost, or its handler killed."""
    if "document" in row.values:
        _nudge_version(p, row)
        return
    stored = _job_of(p, row)
    if stored and (again := enter(p, stored, stored.item, due=p.clock())):
        nudge_finishers(p, again.item)


def _nudge_version(p: Pipeline, row: Row) -> None:
    document, sequence = str(row.values["document"]), int(row.values["sequence"])
    bring_over(p, document, sequence)
    publish(p, document, sequence)
    rows = version_rows(p, document, sequence)
    if rows or is_old(p, row.key):  # without rows its intake may be about to write them
        remove_entries(p, row.partition, [row.key])
