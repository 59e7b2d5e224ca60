"""Rows of long ago: each day's ended versions are looked at again after a while, and what nobody needs goes.

An older version's rows go, and such of its files as no manifest lists; a newest one's stay as long as its source or its
manifest does, so that no number is used twice, and are looked at again as long after.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from shared.domain import naming
from shared.pipeline.context import Pipeline
from shared.pipeline.publish import read_manifest
from shared.pipeline.removing import remove_files, remove_kept, remove_rows
from shared.pipeline.store import newest_version
from shared.ports import Row

_DAY = ("collector", "day")
_AGAIN = "again"
"""Begins the name of a day's partition of versions that are looked at not for the first time."""


def age(p: Pipeline, until: datetime) -> None:
    """The days whose time has come, one after the other, until the time for it is over; the next call carries on."""
    last = p.clock().date() - timedelta(days=p.settings.keep_rows_days)
    row = p.app.get(*_DAY)
    day = date.fromisoformat(str(row.values["day"])) if row else last
    while day <= last:
        if not all(_is_aged(p, f"{prefix}{day:%Y%m%d}", until) for prefix in ("", _AGAIN)):
            return
        day += timedelta(days=1)
        values = {"day": day.isoformat()}
        known = Row(partition=_DAY[0], key=_DAY[1], values=values, etag=row.etag if row else "")
        row = p.app.replace(known) if row else p.app.insert(known)


def _is_aged(p: Pipeline, day: str, until: datetime) -> bool:
    for row in p.days.query(day):
        if p.clock() > until:
            return False
        if "document" in row.values:
            _look_again(p, str(row.values["document"]), int(row.values["sequence"]), str(row.values["path"]), row)
        p.days.delete(Row(partition=row.partition, key=row.key, values={}))
    return True


def _look_again(p: Pipeline, document: str, sequence: int, path: str, row: Row) -> None:
    newest, _ = newest_version(p, document)
    if newest is None:
        return
    if newest.item.sequence == sequence and _is_wanted(p, path):
        again = f"{_AGAIN}{p.clock().astimezone(UTC):%Y%m%d}"
        p.days.insert(Row(partition=again, key=naming.entry_key(p.clock(), document, p.new_id()), values=row.values))
    elif newest.item.sequence != sequence or newest.item.ended:
        remove_files(p, path, sequence)
        remove_kept(p, document, sequence)
        remove_rows(p, document, sequence)


def _is_wanted(p: Pipeline, path: str) -> bool:
    return p.inbox.head(path) is not None or read_manifest(p, path) is not None
