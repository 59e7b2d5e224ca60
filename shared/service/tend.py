"""Keeps syntheses moving whatever was lost or killed: sends messages again, and ends what was left half done.

It reads the `open~` rows alone, and of a synthesis only its items; history costs it nothing.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from shared.batchapi.versions import VERSIONS
from shared.poison import drain
from shared.service import items, tidy
from shared.service.context import Service
from shared.service.nudges import NO_ITEM, read_nudge, send
from shared.service.records import OPEN, OPEN_END, OpenWork, Record, find_record, open_work_of
from shared.service.turns import Turns
from shared.telemetry import HEARTBEAT, OLDEST_SYNTHESIS, OPEN_SYNTHESES, POISON

ABANDONED_SECONDS = 3600.0
"""A synthesis that was not accepted this long after it was begun never will be: no HTTP request lives so long."""

log = logging.getLogger(__name__)


def tend(service: Service) -> None:
    """One round: poisoned messages are sent again, then all open syntheses looked at whose time has come."""
    service.telemetry.record(HEARTBEAT, timer="tend")
    try:
        _follow_poisoned(service)
    finally:
        _look_at_open(service)


def _follow_poisoned(service: Service) -> None:
    if service.poisoned:
        hidden = service.settings.poison_hidden_seconds
        found = drain(service.poisoned, lambda text: _is_sent_again(service, text), hidden_seconds=hidden)
        service.telemetry.record(POISON, found.nudged + found.left, queue="speak")


def _look_at_open(service: Service) -> None:
    found = [service.syntheses.query(version.name, start=OPEN, end=OPEN_END) for version in VERSIONS.values()]
    rows = list(chain.from_iterable(found))
    since: list[datetime] = []
    turns = Turns()
    for row in rows:
        with turns.of(row):
            work = open_work_of(row)
            since.append(work.since)
            if work.look_at <= service.clock():
                _tend(service, work)
    service.telemetry.record(OPEN_SYNTHESES, len(rows))
    now = service.clock()
    service.telemetry.record(OLDEST_SYNTHESIS, (now - min(since, default=now)).total_seconds())
    turns.end()


def _is_sent_again(service: Service, text: str) -> bool:
    if read_nudge(text) is None:
        return False
    service.queue.send(text)
    return True


def _tend(service: Service, work: OpenWork) -> None:
    record = find_record(service.syntheses, work.version, work.key)
    if record is None:
        _clear_abandoned(service, work)
    elif record.ended:
        tidy.clear(service, work)
    else:
        _nudge(service, work, record)


def _clear_abandoned(service: Service, work: OpenWork) -> None:
    """A creator was killed, or somebody who deleted. Raises Conflict: it was a slow creator, who is done now."""
    if work.deleted or work.since + timedelta(seconds=ABANDONED_SECONDS) <= service.clock():
        # By ETag: a creator whose row this was can no longer be accepted.
        gone = replace(work, deleted=True)
        stored = service.syntheses.replace(gone.row())
        tidy.clear(service, replace(gone, etag=stored.etag))


def _nudge(service: Service, work: OpenWork, record: Record) -> None:
    """Sends again for items that nobody works at: at once for a dead worker's, ever more rarely for unbegun ones.

    An unbegun item mostly just waits behind others, and each message sent again makes the queue longer.
    """
    now = service.clock()
    lease = timedelta(seconds=service.settings.speak_lease_seconds)
    todos = list(items.todos(service.work_items, work.guid))
    quiet_looks = work.quiet_looks + 1 if len(todos) == work.left else 0
    waiting = quiet_looks > 0 and quiet_looks & (quiet_looks - 1) == 0
    due = [todo.number for todo in todos if (waiting if todo.leased_until is None else todo.leased_until <= now)]
    looked = replace(work, left=len(todos), quiet_looks=quiet_looks, look_at=now + lease)
    service.syntheses.replace(looked.row())
    if not todos and not record.is_being_archived(now):
        due = [NO_ITEM]
    if due:
        log.info("Synthesis %s stands still; %s messages are sent again.", work.guid, len(due))
        send(service.queue, work.version, work.key, due)
