"""Tells of versions that have ended: once they are published, at least once, and again until the receiver takes it.

For each receiver an entry in `open` is written before a version ends, so that no kill leaves one untold; the timer
delivers.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.domain import naming
from shared.domain.backoff import delay
from shared.domain.documents import Version, VersionStatus
from shared.domain.notices import TOLD, event_of, partition_of
from shared.errors import Undelivered
from shared.pipeline.context import Pipeline
from shared.pipeline.returning import is_old
from shared.pipeline.store import commit_all, remove_entries, version_rows
from shared.ports import Insert, Notifier, Row, Value
from shared.telemetry import NOTICES

log = logging.getLogger(__name__)


def announce(p: Pipeline, *versions: Version) -> None:
    """To be called before the versions' ends are written; a repetition may tell one twice, under one id."""
    now = p.clock()
    partitions = [partition_of(notifier.name) for notifier in p.notifiers]
    entries = [
        _entry(p, partition, v.document, v.sequence, due=now, since=now, tries=0)
        for partition in partitions
        for v in versions
    ]
    commit_all(p.open, [[Insert(entry)] for entry in entries])


def _entry(
    p: Pipeline, partition: str, document: str, sequence: int, *, due: datetime, since: datetime, tries: int
) -> Row:
    values: dict[str, Value] = {
        "document": document,
        "sequence": sequence,
        "since": since.isoformat(),
        "tries": tries,
    }
    return Row(partition=partition, key=naming.entry_key(due, document, sequence, p.new_id()), values=values)


def deliver(p: Pipeline) -> None:
    """One round: to each receiver what is due, until it takes nothing or the time for it is over."""
    for notifier in p.notifiers:
        _deliver_to(p, notifier)


def _deliver_to(p: Pipeline, notifier: Notifier) -> None:
    until = p.clock() + timedelta(seconds=p.settings.notice_round_seconds)
    partition, told = partition_of(notifier.name), list[str]()
    for row in p.open.query(partition, end=naming.stamp(p.clock()) + naming.END):
        try:
            if _is_told(p, notifier, row):
                told.append(row.key)
        except Undelivered as error:
            _put_off(p, row, error)
            if error.of_all:
                break
        if p.clock() > until:
            break
    remove_entries(p, partition, told)


def _is_told(p: Pipeline, notifier: Notifier, row: Row) -> bool:
    """Whether the entry can go: an end that is not written yet may be about to be. Raises Undelivered."""
    document, sequence = str(row.values["document"]), int(row.values["sequence"])
    rows = version_rows(p, document, sequence)
    version = rows.version.item if rows else None
    if version is None or version.status not in TOLD:
        return _is_stale(p, row, version)
    notifier.notify(event_of(version, deployment=p.settings.deployment_id))
    p.telemetry.record(NOTICES, outcome="delivered")
    return True


def _put_off(p: Pipeline, row: Row, error: Undelivered) -> None:
    """Its new entry comes before the old one goes."""
    document, sequence = str(row.values["document"]), int(row.values["sequence"])
    since, tries = datetime.fromisoformat(str(row.values["since"])), int(row.values["tries"]) + 1
    settings, now = p.settings, p.clock()
    if now - since > timedelta(seconds=settings.notice_seconds):
        p.telemetry.record(NOTICES, outcome="given_up")
        log.error("%s of %s/%s is given up after %s tries: %s", row.partition, document, sequence, tries, error)
    else:
        p.telemetry.record(NOTICES, outcome="put_off")
        log.warning("%s of %s/%s is not delivered, try %s: %s", row.partition, document, sequence, tries, error)
        first, most = settings.back_off_first_seconds, settings.notice_back_off_most_seconds
        wait = delay(tries, first=first, most=most, jitter=p.jitter())
        p.open.insert(_entry(p, row.partition, document, sequence, due=now + wait, since=since, tries=tries))
    remove_entries(p, row.partition, [row.key])


def _is_stale(p: Pipeline, row: Row, version: Version | None) -> bool:
    """Its version ended otherwise, or is gone; or whoever wrote the entry did not live to end it, and another will."""
    return is_old(p, row.key) or (version is not None and version.status is not VersionStatus.PENDING)
