"""Whether the endpoint writes results into our container, as jobs have shown: a row in `app`, learnt anew when old.

Azure's pages do not say that it takes a user-delegation SAS, and an account may be closed to it.
See docs/protocol.md, Send.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from shared.batchapi.model import Synthesis, SynthesisStatus
from shared.domain.jobs import Job
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.ports import Row

_KEY = ("endpoint", "destination")
_ABOUT = re.compile(r"destination|container|\bSAS\b|shared access|signature|blob storage", re.IGNORECASE)


class Destination(StrEnum):
    UNKNOWN = "unknown"
    WORKS = "works"
    REFUSED = "refused"
    """It would not take the URL, or could not write there: results are fetched as `results.zip`."""


def verdict(p: Pipeline) -> Destination:
    return _read(p)[0]


def note(p: Pipeline, now_known: Destination) -> None:
    """What a job has shown; written where it is news, or the row half as old as it gets."""
    known, since, row = _read(p)
    half = timedelta(seconds=p.settings.destination_verdict_seconds / 2)
    if known is now_known and since and p.clock() < since + half:
        return
    values = {"verdict": now_known.value, "since": p.clock().isoformat()}
    new = Row(partition=_KEY[0], key=_KEY[1], values=values, etag=row.etag if row else "")
    with suppress(Conflict):  # another job has just shown something
        if row:
            p.app.replace(new)
        else:
            p.app.insert(new)


def learn(p: Pipeline, job: Job, synthesis: Synthesis) -> None:
    """From a synthesis that has ended, of a job that was sent with a destination."""
    if not job.destination:
        return
    error = synthesis.outcome.error if synthesis.outcome else None
    if synthesis.status is SynthesisStatus.FAILED and error and is_about(f"{error.code} {error.message}"):
        note(p, Destination.REFUSED)
    elif synthesis.status is SynthesisStatus.SUCCEEDED and synthesis.result and "://" not in synthesis.result:
        note(p, Destination.WORKS)


def is_about(words: str) -> bool:
    """Whether the endpoint's words speak of the destination, whatever was known of it before."""
    return _ABOUT.search(words) is not None


def _read(p: Pipeline) -> tuple[Destination, datetime | None, Row | None]:
    row = p.app.get(*_KEY)
    if row is None:
        return Destination.UNKNOWN, None, None
    since = datetime.fromisoformat(str(row.values["since"]))
    is_old = p.clock() >= since + timedelta(seconds=p.settings.destination_verdict_seconds)
    return (Destination.UNKNOWN if is_old else Destination(str(row.values["verdict"]))), since, row
