"""The `days` table: one small row per ended version. Lists, charts and budgets read this, never the documents."""

from __future__ import annotations

from shared.domain import naming
from shared.domain.documents import Version
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.ports import Row, Value


def note_day(p: Pipeline, version: Version) -> None:
    """Notes the end of a version. Its name comes from the time of the end, so a repetition changes nothing."""
    assert version.ended, "only an ended version is noted"
    values: dict[str, Value] = {
        "document": version.document,
        "sequence": version.sequence,
        "path": version.path,
        "status": version.status.value,
        "characters": version.characters,
    }
    key = naming.entry_key(version.ended, version.document, version.sequence)
    try:
        p.days.insert(Row(partition=version.ended.strftime("%Y%m%d"), key=key, values=values))
    except Conflict:
        return  # noted by an earlier try
