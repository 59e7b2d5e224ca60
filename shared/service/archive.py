"""Puts a synthesis's result together once all its items are done, and ends it.

Whoever gets the lease in the row does it. Files may be written twice and come out the same; the row's last
compare-and-set decides. Only then are the work's blobs removed, the caller's SAS among them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from shared.batchapi.model import Outcome, SynthesisError, SynthesisRequest, SynthesisStatus
from shared.batchapi.request import read_create
from shared.batchapi.versions import VERSIONS
from shared.errors import Conflict, Missing, SpeechdropError, StorageError
from shared.ports import Blobs, Insert, Operation, Replace
from shared.service import blobs, items, tidy
from shared.service.context import Service
from shared.service.records import (
    Record,
    expiry_row,
    find_record,
    open_key,
    open_work_of,
    outcome_values,
)
from shared.service.results import SUMMARY, File, Results, SourceError, files
from shared.service.zipping import zipped

RESULTS = "results.zip"
FAILED = SynthesisStatus.FAILED

log = logging.getLogger(__name__)


class _DestinationError(SpeechdropError):
    """The caller's container refused a file."""


def archive(service: Service, version: str, key: str) -> None:
    """Does nothing where the synthesis has ended, is gone, is not done, or somebody else is at it."""
    now = service.clock()
    record = find_record(service.syntheses, version, key)
    if record is None or record.ended or (record.archiving_until and record.archiving_until > now):
        return
    if items.anything_left(service.work_items, record.guid):
        return
    until = now + timedelta(seconds=service.settings.speak_lease_seconds)
    leased = replace(record, archiving_until=until, archive_starts=record.archive_starts + 1)
    try:
        leased = replace(leased, etag=service.syntheses.replace(leased.row()).etag)
        _end(service, _archived(service, leased))
    except Conflict:
        log.info("Synthesis %s was ended, taken over or deleted by another.", record.guid)
    except (StorageError, SourceError):
        _give_back(service, leased)
        raise


def _give_back(service: Service, record: Record) -> None:
    """A storage that does not answer is no fault of this synthesis: the try does not count."""
    try:
        service.syntheses.replace(replace(record, archiving_until=None, archive_starts=record.archive_starts - 1).row())
    except Conflict:
        log.info("Synthesis %s was taken over by another.", record.guid)


def _archived(service: Service, record: Record) -> Record:
    """The record as it ends, its files written. Raises Conflict: it ended meanwhile."""
    if record.archive_starts > service.settings.max_starts:
        tries = service.settings.max_starts
        return _failed(record, "ArchiveFailed", f"Putting the result together was begun {tries} times and never ended.")
    try:
        body = service.work.read(blobs.request(record.guid))
    except Missing as error:
        raise Conflict("The request is removed only after the end.") from error
    request = read_create(VERSIONS[record.version], body)
    results = Results()
    made = files(record, request, items.dones(service.work_items, record.guid), service.work, results)
    try:
        placed = _place(service, record, request, made)
    except _DestinationError as error:
        return _failed(record, "DestinationNotWritable", f"The destination container refused the result. {error}")
    status = results.status
    return replace(placed, status=status, outcome=outcome_values(results.outcome()))


def _failed(record: Record, code: str, message: str) -> Record:
    outcome = Outcome(error=SynthesisError(code=code, message=message))
    return replace(record, status=FAILED, outcome=outcome_values(outcome))


def _place(service: Service, record: Record, request: SynthesisRequest, made: Iterator[File]) -> Record:
    """Writes the files to where they belong; the record then says where that is."""
    wishes = request.properties
    if wishes.destination_container_url is None:
        name = f"{blobs.result_folder(record.guid, record.id)}/{RESULTS}"
        service.outputs.write(name, zipped(made), content_type="application/zip")
        return replace(record, result=name)
    container = service.open_container(wishes.destination_container_url)
    prefix = blobs.result_folder(record.guid, record.id)
    if wishes.destination_path is not None:
        prefix = f"{wishes.destination_path}/{record.id}"
    if not wishes.decompress_output_files:
        name = f"{prefix}/{RESULTS}"
        chunks = zipped(made)
        _deliver(container, prefix, File(name=RESULTS, content_type="application/zip", chunks=chunks))
        return replace(record, result=name)
    for file in made:
        _deliver(container, prefix, file)
    return replace(record, result=prefix, summary=f"{prefix}/{SUMMARY}")


def _deliver(container: Blobs, prefix: str, file: File) -> None:
    """Raises _DestinationError: not writable, and not for a moment only."""
    try:
        container.write(f"{prefix}/{file.name}", file.chunks, content_type=file.content_type)
    except StorageError as error:
        if error.status in (0, 408, 429) or error.status >= 500:
            raise
        raise _DestinationError(str(error)) from error
    except (Missing, Conflict) as error:
        raise _DestinationError(str(error)) from error


def _end(service: Service, record: Record) -> None:
    """Raises Conflict: somebody else ended it, or it was deleted; what we wrote into our own container then goes."""
    ended = replace(record, last_action=service.clock(), archiving_until=None)
    operations: list[Operation] = [Replace(ended.row()), Insert(expiry_row(ended))]
    try:
        service.syntheses.commit(operations)
    except Conflict:
        if (
            record.result
            and not record.to_destination
            and not find_record(service.syntheses, record.version, record.key)
        ):
            service.outputs.delete(record.result)
        raise
    log.info("Synthesis %s ended: %s %s", record.guid, ended.status.value, json.dumps(ended.outcome))
    stored = service.syntheses.get(record.version, open_key(record.guid))
    if stored:
        tidy.clear(service, open_work_of(stored))
