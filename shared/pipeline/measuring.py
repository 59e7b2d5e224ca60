"""What the pipeline tells of its work: measures of shared/telemetry.py, and a log line for each step of a job.

Flows call these where they have written what they tell of, so that a repetition that finds its work done tells nothing.
A log line carries its numbers as fields of the record besides; docs/telemetry.md lists those that queries read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from shared.domain.budgets import Decision
from shared.domain.documents import Version
from shared.domain.jobs import Job
from shared.domain.survey import Survey
from shared.pipeline.context import Pipeline
from shared.poison import Drained
from shared.ports import BlobInfo
from shared.telemetry import BILLED, BUDGET, DOCUMENTS, HEARTBEAT, JOBS, LATENCY, OPEN_AGE, OPEN_ITEMS, POISON

log = logging.getLogger(__name__)


def noticed(p: Pipeline, info: BlobInfo, version: Version) -> None:
    """A version was taken in. Clocks differ: it may seem to be older than its blob."""
    p.telemetry.record(LATENCY, max(0.0, _seconds(info.modified, version.created)), step="noticed")


def surveyed(p: Pipeline, survey: Survey) -> None:
    """A poll's heartbeat, and how the work stood."""
    p.telemetry.record(HEARTBEAT, timer="poll")
    for state in OPEN_ITEMS.dimensions["state"]:
        p.telemetry.record(OPEN_ITEMS, survey.waiting[state].count, state=state)
        p.telemetry.record(OPEN_AGE, survey.waiting[state].oldest_seconds, state=state)
    log.info("poll.heartbeat %s", survey.to_json())


def budget_used(p: Pipeline, decision: Decision) -> None:
    for period, share in decision.used.items():
        p.telemetry.record(BUDGET, share, period=period)


def drained(p: Pipeline, queue: str, found: Drained) -> None:
    p.telemetry.record(POISON, found.nudged + found.left, queue=queue)


def sealed(job: Job) -> None:
    log.info(
        "job %s sealed: %d parts of documents, %d characters", job.id, job.documents, job.characters, extra=_of(job)
    )


def accepted(job: Job) -> None:
    log.info("job %s accepted as synthesis %s, create %d", job.id, job.synthesis, job.creates, extra=_of(job))


def concluded(p: Pipeline, job: Job) -> None:
    """Its outcome is known, and with it what was billed."""
    assert job.verdict
    p.telemetry.record(JOBS, verdict=job.verdict.value)
    for voice, characters in job.billed.items():
        p.telemetry.record(BILLED, characters, voice=voice)
    billed = sum(job.billed.values())
    log.info("job %s concluded: %s, %d characters billed", job.id, job.verdict.value, billed, extra=_of(job))


def finished(p: Pipeline, job: Job, versions: Iterable[Version]) -> None:
    """What the job had of these versions is in place, or is known to have failed."""
    for version in versions:
        for step, seconds in _steps(job, since=version.created, now=p.clock()).items():
            p.telemetry.record(LATENCY, seconds, step=step)


def job_ended(job: Job) -> None:
    assert job.verdict
    assert job.ended
    steps = _steps(job, since=job.created, now=job.ended)
    told = {f"{step}_seconds": round(seconds, 3) for step, seconds in steps.items()}
    fields = {**_of(job), **told, "verdict": job.verdict.value, "documents": job.documents}
    log.info("job %s ended: %s, %d parts of documents", job.id, job.verdict.value, job.documents, extra=fields)


def documents_ended(p: Pipeline, versions: Iterable[Version]) -> None:
    for version in versions:
        assert version.ended
        status, sent = version.status.value, "yes" if version.parts else "no"
        p.telemetry.record(DOCUMENTS, status=status, sent=sent)
        fields = {
            "document": version.path,
            "sequence": version.sequence,
            "status": status,
            "sent": sent,
            "characters": version.characters,
            "seconds": round(_seconds(version.created, version.ended), 3),
        }
        log.info("document %s, version %d, ended: %s", version.path, version.sequence, status, extra=fields)


def _of(job: Job) -> dict[str, object]:
    return {"job": job.id}


def _steps(job: Job, *, since: datetime, now: datetime) -> dict[str, float]:
    """Seconds that each step of LATENCY took, as far as the job came."""
    marks = {"submitted": job.accepted, "synthesized": job.concluded, "finished": now}
    steps: dict[str, float] = {}
    for step, reached in marks.items():
        if reached:
            steps[step], since = _seconds(since, reached), reached
    return steps


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
