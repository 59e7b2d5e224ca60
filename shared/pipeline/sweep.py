"""Finds what no event told of: inbox blobs whose newest version is not theirs.

A sweep lists the inbox page by page and may take several firings of its timer: where it stands lies in a row.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import naming
from shared.domain.rows import from_row, to_values
from shared.errors import Conflict, told
from shared.pipeline.context import FOR_EVER, Pipeline
from shared.pipeline.days import ended_between
from shared.pipeline.intake import take_in
from shared.pipeline.poisoned import drain_poison
from shared.pipeline.store import Stored
from shared.pipeline.submit import submit
from shared.ports import PAGE_BLOBS, BlobInfo, Row
from shared.telemetry import HEARTBEAT

log = logging.getLogger(__name__)

_STATE = ("sweep", "mark")
_TOGETHER = 100
"""Blobs taken in before what waits is submitted."""
_NOTED_LATE = timedelta(minutes=10)
"""So long after its end the row of a version is still met; one that comes later leaves its blob to be looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    mark: datetime | None = None
    """What had changed before it was looked at: when the last complete sweep began, less its patience."""
    begun: datetime | None = None
    """When the sweep under way began; None: there is none."""
    marker: str = ""
    """Where it goes on."""
    whole: bool = True
    """Whether it could take in all that it met."""


def sweep(p: Pipeline) -> None:
    """Follows poisoned messages; takes in every blob changed since the last complete sweep, less an overlap, but those
    whose event may still come; and goes on where the last one stopped.

    The mark moves when all of them have rows; a blob that cannot be read holds up no other, but the mark.
    """
    p.telemetry.record(HEARTBEAT, timer="sweep")
    end = p.clock() + timedelta(seconds=p.settings.sweep_seconds)
    drain_poison(p)
    begun = _begun(p)
    if since := _since(p, begun.item):
        _learn_what_ended(p, since)
    stored: Stored[State] | None = begun
    while stored and stored.item.begun and p.clock() < end:
        stored = _next_page(p, stored, end)


def _begun(p: Pipeline) -> Stored[State]:
    row = p.app.get(*_STATE)
    stored = Stored(from_row(State, row), row.etag) if row else Stored(State(), "")
    return replace(stored, item=replace(stored.item, begun=stored.item.begun or p.clock()))


def _since(p: Pipeline, state: State) -> datetime | None:
    return state.mark - timedelta(seconds=p.settings.sweep_overlap_seconds) if state.mark else None


def _learn_what_ended(p: Pipeline, since: datetime) -> None:
    """Of many versions in a request, so that the blobs of few are looked up one by one."""
    now = p.clock()
    start = max(since, p.known.days_read - _NOTED_LATE) if p.known.days_read else since
    for path, etag in ended_between(p, start, now):
        p.known.note_settled(path, etag, FOR_EVER)
    p.known.days_read = now


def _next_page(p: Pipeline, stored: Stored[State], end: datetime) -> Stored[State] | None:
    """The state behind this page; None where its time was over first, or another sweep has gone on."""
    state = stored.item
    page = p.inbox.page(state.marker, most=PAGE_BLOBS)
    since = _since(p, state)
    patience = timedelta(seconds=p.settings.sweep_patience_seconds)
    assert state.begun, "a sweep is under way"
    until = state.begun - patience
    documents = (
        info for info in page.items if naming.is_document(info.name) and (not patience or info.modified < until)
    )
    changed = [info for info in documents if since is None or info.modified >= since]
    for start in range(0, len(changed), _TOGETHER):
        if p.clock() >= end:
            return None  # what of this page has rows costs the next try little
        together = changed[start : start + _TOGETHER]
        state = replace(state, whole=_are_taken_in(p, together) and state.whole)
        submit(p)
    if page.marker:
        return _written(p, replace(state, marker=page.marker), stored.etag)
    return _written(p, State(mark=until if state.whole else state.mark), stored.etag)


def _are_taken_in(p: Pipeline, found: Sequence[BlobInfo]) -> bool:
    return all([_is_taken_in(p, info) for info in found])


def _is_taken_in(p: Pipeline, info: BlobInfo) -> bool:
    if p.known.is_settled(info.name, info.etag, p.clock()):
        return True
    try:
        take_in(p, info.name, listed=info)
    except Exception as error:  # noqa: BLE001 - whatever one file meets, the others are taken in
        log.warning("sweep: %s cannot be taken in now: %s", info.name, told(error))
        return False
    return True


def _written(p: Pipeline, state: State, etag: str) -> Stored[State] | None:
    row = Row(partition=_STATE[0], key=_STATE[1], values=to_values(state), etag=etag)
    try:
        return Stored(state, (p.app.replace(row) if etag else p.app.insert(row)).etag)
    except Conflict:
        return None
