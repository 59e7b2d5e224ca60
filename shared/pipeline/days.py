"""The `days` table: one small row per ended version. Lists, charts and budgets read this, never the documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain import naming
from shared.domain.charges import Admission, settling_row
from shared.domain.documents import Version
from shared.pipeline import measuring
from shared.pipeline.context import Pipeline
from shared.pipeline.holding import leave
from shared.pipeline.store import commit_all
from shared.ports import Insert, Row, Value


def note_day(p: Pipeline, *versions: Version) -> None:
    """Notes the ends of versions, and what they were charged too much or too little. A row's name comes from the time
    of the end, so a repetition changes nothing."""
    charges = [settling_row(version, admission) for version in versions if (admission := Admission.of(version))]
    rows = [*map(day_row, versions), *charges]
    written = commit_all(p.days, [(Insert(row),) for row in rows])
    leave(p, versions)
    measuring.documents_ended(p, [version for version, etags in zip(versions, written, strict=False) if etags])


def ended_between(p: Pipeline, start: datetime, end: datetime) -> Iterator[tuple[str, str]]:
    """Path and ETag of the source of each version that is noted to have ended then."""
    for number in range((end.date() - start.date()).days + 1):
        day = _day_of(start + timedelta(days=number))
        for row in p.days.query(day, start=naming.stamp(start), end=naming.stamp(end)):
            if etag := row.values.get("source_etag"):  # rows of an earlier release have none
                yield str(row.values["path"]), str(etag)


def _day_of(time: datetime) -> str:
    return f"{time:%Y%m%d}"


def day_row(version: Version) -> Row:
    assert version.ended, "only an ended version is noted"
    values: dict[str, Value] = {
        "document": version.document,
        "sequence": version.sequence,
        "path": version.path,
        "source_etag": version.source_etag,
        "status": version.status.value,
        "characters": version.characters,
        "estimated": version.billable,
        "billed": version.billed + version.untold,
        "charged": version.admitted is not None,
    }
    key = naming.entry_key(version.ended, version.document, version.sequence)
    return Row(partition=_day_of(version.ended), key=key, values=values)
