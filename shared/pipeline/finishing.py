"""A job whose outcome is known: into FINISHING, and the messages that carry it to its documents, slice by slice."""

from __future__ import annotations

import json
from dataclasses import replace

from shared.batchapi.model import Synthesis, SynthesisStatus
from shared.domain import naming
from shared.domain.documents import Version
from shared.domain.jobs import Job, JobEvent, Verdict
from shared.pipeline import measuring
from shared.pipeline.context import Pipeline
from shared.pipeline.store import Stored, enter
from shared.ports import Row


def conclude(p: Pipeline, stored: Stored[Job], verdict: Verdict, *, why: str, prefix: str = "") -> None:
    """Enters FINISHING and sends a message per slice. Nothing where another has moved the job first."""
    now = p.clock()
    job = stored.item.on(
        JobEvent.CONCLUDE,
        verdict=verdict,
        why=why[:1000],
        prefix=prefix,
        concluded=now,
        lease_until=None,
        slice_documents=p.settings.slice_documents,
    )
    concluded = enter(p, stored, job, due=now)
    if concluded:
        measuring.concluded(p, concluded.item)
        nudge_finishers(p, concluded.item)


def conclude_ended(p: Pipeline, stored: Stored[Job], synthesis: Synthesis) -> None:
    """By what the endpoint says of a synthesis that has ended."""
    outcome = synthesis.outcome
    billed = dict(outcome.billed_characters) if outcome else {}
    stored = Stored(replace(stored.item, billed=billed), stored.etag)
    if synthesis.status is SynthesisStatus.FAILED:
        error = outcome.error if outcome else None
        conclude(p, stored, Verdict.FAILED, why=f"{error.code}: {error.message}" if error else "it gave no reason")
        return
    result = (synthesis.result or "").strip("/")
    elsewhere = "://" in result
    packed = elsewhere or result.endswith(".zip")
    stored = Stored(replace(stored.item, destination=not packed), stored.etag)
    if not elsewhere and not naming.in_container(result):
        conclude(p, stored, Verdict.GONE, why="it does not lie in the results container")
        return
    conclude(p, stored, Verdict.SUCCEEDED, why="", prefix="" if packed else result)


def nudge_finishers(p: Pipeline, job: Job) -> None:
    """A message for each slice; while the files are packed for one alone, whose finisher unpacks them."""
    todo = [number for number in range(job.slices) if number not in job.slices_done]
    for number in todo[:1] if job.is_packed else todo:
        p.finishers.send(json.dumps({"schema": 1, "job": job.id, "slice": number}))


FINISHING = "finishing"
"""The partition of `open` that also holds versions of which nothing is left but to be published."""


def version_entry(p: Pipeline, version: Version) -> Row:
    """A new entry of a version that is published without a job: nothing of it is sent, something is taken over, or its
    extras have to be made first."""
    key = naming.entry_key(p.clock(), version.document, version.sequence, p.new_id())
    return Row(partition=FINISHING, key=key, values={"document": version.document, "sequence": version.sequence})


def nudge_version(p: Pipeline, version: Version) -> None:
    """An entry and a message of its own, for what is not to hold up others."""
    entry = p.open.insert(version_entry(p, version))
    value = {"schema": 1, "document": version.document, "sequence": version.sequence, "entry": entry.key}
    p.finishers.send(json.dumps(value))


def read_nudge(message: str) -> tuple[str, int] | tuple[str, int, str]:
    """What a finishers' message asks for: a job's id and slice; or a version's document and sequence, and the entry.

    Raises ValueError, KeyError, TypeError: it is no such message.
    """
    value = json.loads(message)
    if "job" in value:
        return str(value["job"]), int(value["slice"])
    return str(value["document"]), int(value["sequence"]), str(value["entry"])
