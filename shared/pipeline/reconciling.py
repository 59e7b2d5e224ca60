"""Finds the synthesis of a job whose create brought no answer: by its id, or in complete listings by our own property.

The preview draws ids itself and refuses none, so a second create would be paid as well. It rests on a promise: what was
accepted is in the list ACCEPT_WINDOW after its connection ended. Pages overlap, as lists move while they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.batchapi.model import Synthesis
from shared.domain.jobs import Job
from shared.domain.requests import JOB_PROPERTY
from shared.errors import OutcomeUnknown
from shared.pipeline import endpoint
from shared.pipeline.context import Pipeline

OVERLAP = 10
"""Items that a page shares with the one before: so many may be gone from the list between the two."""

LISTINGS = 2


def job_of(synthesis: Synthesis) -> str:
    """Our id of the job that a synthesis is of; in the GA version the two have one id."""
    return synthesis.custom_properties.get(JOB_PROPERTY, synthesis.id)


def synthesis_of(p: Pipeline, job: Job) -> Synthesis | None:
    """None: the endpoint has none. Raises EndpointError; then nothing is known."""
    if p.api.caller_names or job.synthesis:
        return endpoint.get(p, job.synthesis or job.id)
    return in_listings(p, job)


def in_listings(p: Pipeline, job: Job) -> Synthesis | None:
    """The oldest synthesis of ours in one of two complete listings. Raises EndpointError where any page fails."""
    for _ in range(LISTINGS):
        found = [item for item in _all(p) if job_of(item) == job.id]
        if found:
            return the_one_of(p, job, found)
    return None


def the_one_of(p: Pipeline, job: Job, found: Iterable[Synthesis]) -> Synthesis:
    """The one that the job has, else the oldest. Any further one is paid for nothing, and counted."""
    oldest_first = sorted({item.id: item for item in found}.values(), key=lambda item: (item.created, item.id))
    ours = next((item for item in oldest_first if item.id == job.synthesis), oldest_first[0])
    for item in oldest_first:
        if item.id != ours.id:
            endpoint.note_breach(p, item.id, job.id)
    return ours


def _all(p: Pipeline) -> Iterator[Synthesis]:
    skip, more = 0, True
    while more:
        page = endpoint.listed(p, skip=skip, overdraw=skip > 0)
        if page.unread:
            raise OutcomeUnknown(f"{page.unread} syntheses of the endpoint's list cannot be read.")
        yield from page.items
        skip, more = skip + p.api.max_page - OVERLAP, page.more
