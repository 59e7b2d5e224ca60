"""Removes what a synthesis leaves: its work once it has ended, all of it once it is deleted or its time is over.

Every step may be repeated, and the `open~` row goes last: killed in between, a timer comes back to it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import chain

from shared.batchapi.versions import VERSIONS
from shared.errors import Conflict
from shared.ports import Blobs, Delete, Insert, Operation, Replace, Row
from shared.service import blobs, items, limits
from shared.service.context import Service
from shared.service.records import (
    OpenWork,
    Record,
    expired,
    expiry_row,
    find_record,
    id_row,
    open_key,
    open_work_of,
    operation_key,
)
from shared.service.turns import Turns
from shared.telemetry import HEARTBEAT

log = logging.getLogger(__name__)


def clear(service: Service, work: OpenWork) -> None:
    """Work blobs and items; of a deleted synthesis its result as well, where it lies in our container.

    Raises Conflict: the row has changed since it was read. It may have been deleted meanwhile, and whoever did that
    needs the row where he was killed before he had removed the result.
    """
    items.remove(service.work_items, work.guid)
    _remove_blobs(service.work, blobs.folder(work.guid))
    if work.deleted:
        _remove_blobs(service.outputs, work.result_folder + "/")
    service.syntheses.delete((replace(work, etag="") if work.deleted else work).row())


def _remove_blobs(container: Blobs, prefix: str) -> None:
    container.delete_all(blob.name for blob in list(container.list(prefix)))


def delete(service: Service, record: Record) -> bool:
    """The synthesis is gone when this returns. False: it changed meanwhile; read it again.

    Of one that is still running its workers find no row and stop. The ledger is left.
    """
    stored = service.syntheses.get(record.version, open_key(record.guid))
    work = _deleted_work(service, record, stored)
    operations: list[Operation] = [
        Delete(record.row()),
        Delete(id_row(record)),
        Replace(work.row()) if stored else Insert(work.row()),
    ]
    if record.ended:
        operations.append(Delete(expiry_row(record)))
    if record.operation:
        operations.append(Delete(Row(partition=record.version, key=operation_key(record.operation), values={})))
    try:
        service.syntheses.commit(operations)
    except Conflict:
        return False
    clear(service, work)
    return True


def _deleted_work(service: Service, record: Record, stored: Row | None) -> OpenWork:
    now = service.clock()
    if stored:
        return replace(open_work_of(stored), deleted=True, look_at=now)
    return OpenWork(
        version=record.version,
        guid=record.guid,
        key=record.key,
        result_folder=blobs.result_folder(record.guid, record.id),
        since=now,
        look_at=now,
        deleted=True,
    )


def purge(service: Service) -> int:
    """Deletes the syntheses whose time to live is over; returns how many. Budgets of callers who no longer come go
    too."""
    service.telemetry.record(HEARTBEAT, timer="purge")
    found = [expired(service.syntheses, version.name, service.clock()) for version in VERSIONS.values()]
    purged = 0
    turns = Turns()
    for row in list(chain.from_iterable(found)):
        with turns.of(row):
            record = find_record(service.syntheses, row.partition, str(row.values["key"]))
            if record is None:
                service.syntheses.delete(row)
            elif delete(service, record):
                purged += 1
    for row in limits.forgotten(service.syntheses, service.clock()):
        with turns.of(row):
            service.syntheses.delete(row)
    if purged:
        log.info("%s syntheses reached the end of their time to live.", purged)
    turns.end()
    return purged
