"""Finds what no event told of: inbox blobs whose newest version is not theirs."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from shared.domain.naming import is_document
from shared.errors import Conflict, SpeechdropError
from shared.pipeline.context import Pipeline
from shared.pipeline.intake import take_in
from shared.pipeline.submit import submit
from shared.ports import Row

log = logging.getLogger(__name__)

_MARK = ("sweep", "mark")
_TOGETHER = 100
"""Blobs taken in before what waits is submitted."""


def sweep(p: Pipeline) -> None:
    """Takes in every blob changed since the last complete sweep, less an overlap.

    The mark moves when all of them have rows; a blob that cannot be read holds up no other, but the mark.
    """
    begun = p.clock()
    mark = p.app.get(*_MARK)
    since = _since(p, mark)
    documents = (info for info in p.inbox.list() if is_document(info.name))
    changed = [info.name for info in documents if since is None or info.modified >= since]
    whole = True
    for start in range(0, len(changed), _TOGETHER):
        for path in changed[start : start + _TOGETHER]:
            whole &= _is_taken_in(p, path)
        submit(p)
    if whole:
        _move_mark(p, mark, begun)


def _is_taken_in(p: Pipeline, path: str) -> bool:
    try:
        take_in(p, path)
    except SpeechdropError as error:
        log.warning("sweep: %s cannot be taken in now: %s", path, error)
        return False
    return True


def _move_mark(p: Pipeline, mark: Row | None, begun: datetime) -> None:
    values = {"begun": begun.isoformat()}
    row = Row(partition=_MARK[0], key=_MARK[1], values=values, etag=mark.etag if mark else "")
    with suppress(Conflict):  # another sweep was complete first
        if mark:
            p.app.replace(row)
        else:
            p.app.insert(row)


def _since(p: Pipeline, mark: Row | None) -> datetime | None:
    if mark is None:
        return None
    begun = datetime.fromisoformat(str(mark.values["begun"]))
    return begun - timedelta(seconds=p.settings.sweep_overlap_seconds)
