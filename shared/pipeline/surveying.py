"""Reads what waits in `open`, for the poll and for whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

from shared.domain.notices import NOTICE, partition_of
from shared.domain.survey import PARTITIONS, Survey, survey_of
from shared.pipeline.context import Pipeline
from shared.ports import Row

MOST_COUNTED = 20_000
"""Entries of a partition: where more wait, it is told that so many do."""

_OF_JOBS = ("sending", "running", "finishing")


def entries(p: Pipeline) -> Mapping[str, Sequence[Row]]:
    """Those of jobs, of which there are few."""
    return {name: list(p.open.query(name, limit=MOST_COUNTED)) for name in _OF_JOBS}


def surveyed(p: Pipeline, found: Mapping[str, Sequence[Row]]) -> Survey:
    """`found`: the entries of jobs. The others are counted as they are read."""
    others = {name: p.open.query(name, limit=MOST_COUNTED) for name in PARTITIONS if name not in {*found, NOTICE}}
    told = (p.open.query(partition_of(notifier.name), limit=MOST_COUNTED) for notifier in p.notifiers)
    others[NOTICE] = chain.from_iterable(told)
    return survey_of({**others, **found}, p.clock(), stuck_after=timedelta(seconds=p.settings.stuck_seconds))


def survey(p: Pipeline) -> Survey:
    """How the work stands now. Reads `open` alone."""
    return surveyed(p, entries(p))
