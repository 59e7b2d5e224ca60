"""Tells of versions that have ended: once they are published, at least once, and again until the receiver takes it.

An entry in `open` is written before a version ends, so that no kill leaves one untold; the timer delivers.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.domain import naming
from shared.domain.backoff import delay
from shared.domain.documents import Version, VersionStatus
from shared.domain.notices import NOTICE, TOLD, event_of
from shared.errors import Undelivered
from shared.pipeline.context import Pipeline
from shared.pipeline.returning import is_old
from shared.pipeline.store import commit_all, remove_entries, version_rows
from shared.ports import Insert, Row, Value
from shared.telemetry import NOTICES

log = logging.getLogger(__name__)


def announce(p: Pipeline, *versions: Version) -> None:
    """To be called before the versions' ends are written; a repetition may tell one twice, under one id."""
    if p.notifiers:
        now = p.clock()
        entries = [_entry(p, v.document, v.sequence, due=now, since=now, tries=0) for v in versions]
        commit_all(p.open, [[Insert(entry)] for entry in entries])


def _entry(p: Pipeline, document: str, sequence: int, *, due: datetime, since: datetime, tries: int) -> Row:
    values: dict[str, Value] = {
        "document": document,
        "sequence": sequence,
        "since": since.isoformat(),
        "tries": tries,
    }
    return Row(partition=NOTICE, key=naming.entry_key(due, document, sequence, p.new_id()), values=values)


def deliver(p: Pipeline) -> None:
    """One round: what is due, until a receiver takes nothing or the time for it is over."""
    until = p.clock() + timedelta(seconds=p.settings.notice_round_seconds)
    due = p.open.query(NOTICE, end=naming.stamp(p.clock()) + naming.END) if p.notifiers else iter(())
    told: list[str] = []
    for row in due:
        try:
            if _is_told(p, row):
                told.append(row.key)
        except Undelivered as error:
            _put_off(p, row, error)
            break  # the next one would not be taken either
        if p.clock() > until:
            break
    remove_entries(p, NOTICE, told)


def _is_told(p: Pipeline, row: Row) -> bool:
    """Whether the entry can go: an end that is not written yet may be about to be. Raises Undelivered."""
    document, sequence = str(row.values["document"]), int(row.values["sequence"])
    rows = version_rows(p, document, sequence)
    version = rows.version.item if rows else None
    if version is None or version.status not in TOLD:
        return _is_stale(p, row, version)
    event = event_of(version, deployment=p.settings.deployment_id)
    for notifier in p.notifiers:
        notifier.notify(event)
    p.telemetry.record(NOTICES, outcome="delivered")
    return True


def _put_off(p: Pipeline, row: Row, error: Undelivered) -> None:
    """Its new entry comes before the old one goes."""
    document, sequence = str(row.values["document"]), int(row.values["sequence"])
    since, tries = datetime.fromisoformat(str(row.values["since"])), int(row.values["tries"]) + 1
    settings, now = p.settings, p.clock()
    if now - since > timedelta(seconds=settings.notice_seconds):
        p.telemetry.record(NOTICES, outcome="given_up")
        log.error("notice of %s/%s is given up after %s tries: %s", document, sequence, tries, error)
    else:
        p.telemetry.record(NOTICES, outcome="put_off")
        log.warning("notice of %s/%s is not delivered, try %s: %s", document, sequence, tries, error)
        first, most = settings.back_off_first_seconds, settings.notice_back_off_most_seconds
        wait = delay(tries, first=first, most=most, jitter=p.jitter())
        p.open.insert(_entry(p, document, sequence, due=now + wait, since=since, tries=tries))
    remove_entries(p, NOTICE, [row.key])


def _is_stale(p: Pipeline, row: Row, version: Version | None) -> bool:
    """Its version ended otherwise, or is gone; or whoever wrote the entry did not live to end it, and another will."""
    return is_old(p, row.key) or (version is not None and version.status is not VersionStatus.PENDING)
