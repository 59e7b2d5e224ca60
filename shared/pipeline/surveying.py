"""Reads what waits in `open`, for the poll and for whoever watches it."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.survey import PARTITIONS, Entries, Survey, survey_of
from shared.pipeline.context import Pipeline

MOST_COUNTED = 20_000
"""Entries of a partition: where more wait, it is told that so many do."""


def entries(p: Pipeline) -> Entries:
    return {name: list(p.open.query(name, limit=MOST_COUNTED)) for name in PARTITIONS}


def surveyed(p: Pipeline, found: Entries) -> Survey:
    return survey_of(found, p.clock(), stuck_after=timedelta(seconds=p.settings.stuck_seconds))


def survey(p: Pipeline) -> Survey:
    """How the work stands now. Reads `open` alone."""
    return surveyed(p, entries(p))
