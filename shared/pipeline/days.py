"""The `days` table: one small row per ended version. Lists, charts and budgets read this, never the documents."""

from __future__ import annotations

from shared.domain import naming
from shared.domain.documents import Version
from shared.pipeline import measuring
from shared.pipeline.context import Pipeline
from shared.pipeline.store import commit_all
from shared.ports import Insert, Row, Value


def note_day(p: Pipeline, *versions: Version) -> None:
    """Notes the ends of versions. A row's name comes from the time of the end, so a repetition changes nothing."""
    written = commit_all(p.days, [(Insert(day_row(version)),) for version in versions])
    measuring.documents_ended(p, [version for version, etags in zip(versions, written, strict=True) if etags])


def day_row(version: Version) -> Row:
    assert version.ended, "only an ended version is noted"
    values: dict[str, Value] = {
        "document": version.document,
        "sequence": version.sequence,
        "path": version.path,
        "status": version.status.value,
        "characters": version.characters,
    }
    key = naming.entry_key(version.ended, version.document, version.sequence)
    return Row(partition=version.ended.strftime("%Y%m%d"), key=key, values=values)
