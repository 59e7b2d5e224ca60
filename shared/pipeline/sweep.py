"""Finds what no event told of: inbox blobs whose newest version is not theirs."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.pipeline.intake import intake
from shared.ports import Row

_MARK = ("sweep", "mark")


def sweep(p: Pipeline) -> None:
    """Takes in every blob changed since the last complete sweep, less an overlap. The mark moves when all have rows."""
    begun = p.clock()
    mark = p.app.get(*_MARK)
    since = _since(p, mark)
    for info in p.inbox.list():
        if since is None or info.modified >= since:
            intake(p, info.name)
    values = {"begun": begun.isoformat()}
    row = Row(partition=_MARK[0], key=_MARK[1], values=values, etag=mark.etag if mark else "")
    try:
        if mark:
            p.app.replace(row)
        else:
            p.app.insert(row)
    except Conflict:
        return  # another sweep was complete first


def _since(p: Pipeline, mark: Row | None) -> datetime | None:
    if mark is None:
        return None
    begun = datetime.fromisoformat(str(mark.values["begun"]))
    return begun - timedelta(seconds=p.settings.sweep_overlap_seconds)
