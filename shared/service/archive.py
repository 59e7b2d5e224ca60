"""Puts a synthesis's result together once all its items are done, and ends it.

Whoever gets the lease in the row does it. Files may be written twice and come out the same; the row's last
compare-and-set decides. Only then are the work's blobs removed, the caller's SAS among them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.batchapi.model import Outcome, SynthesisError, SynthesisRequest, SynthesisStatus
from shared.batchapi.request import read_create
from shared.batchapi.versions import VERSIONS
from shared.domain.leases import Lease, Overtaken
from shared.errors import Conflict, Missing, SpeechdropError, StorageError
from shared.ports import Blobs, Insert, Operation, Replace
from shared.service import blobs, items, tidy
from shared.service.context import Service
from shared.service.destination import expiry
from shared.service.records import (
    Record,
    elsewhere,
    expiry_row,
    find_record,
    open_key,
    open_work_of,
    outcome_values,
)
from shared.service.results import SUMMARY, File, Results, files
from shared.service.sounds import AtHand, SourceError
from shared.service.zipping import zipped
from shared.telemetry import SPOKEN, SYNTHESES, SYNTHESIS_TIME

RESULTS = "results.zip"
FAILED = SynthesisStatus.FAILED
_NAMED_SECONDS = 1.0
"""Where its caller named the path, a deleted synthesis is soon no longer written: another of its id, created anew,
goes there too."""

log = logging.getLogger(__name__)


class _DestinationError(SpeechdropError):
    """The caller's container did not take a file."""

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes
        """It gave no answer, or one for a moment only."""


def archive(service: Service, record: Record, at_hand: AtHand | None = None) -> None:
    """For a synthesis without an item left, or `at_hand` as a whole. Does nothing where it has ended or is gone, or
    somebody else is at it. Raises StorageError or SourceError; _DestinationError: its destination may answer yet."""
    now = service.clock()
    if record.ended or record.is_being_archived(now):
        return
    held = _Held(service, replace(record, archive_starts=record.archive_starts + 1))
    try:
        held.renew(now + timedelta(seconds=service.settings.speak_lease_seconds))
        _end(service, _archived(service, held, at_hand))
    except (Conflict, Overtaken):
        log.info("Synthesis %s was ended, taken over or deleted by another.", record.guid)
    except (StorageError, SourceError, _DestinationError) as error:
        if held.give_back(unanswered=isinstance(error, _DestinationError)):
            raise
        log.info("Synthesis %s was deleted or taken over while its result was written.", record.guid)


class _Held:
    """A synthesis whose result is in our hands; its row changes as the lease is renewed."""

    def __init__(self, service: Service, record: Record) -> None:
        self.record, self._table, self._clock = record, service.syntheses, service.clock
        every = _NAMED_SECONDS if record.wishes.destination_path else None
        self.lease = Lease(service.clock, service.settings.speak_lease_seconds, self.renew, every=every)

    def renew(self, until: datetime) -> None:
        """Raises Conflict."""
        renewed = replace(self.record, archiving_until=until)
        self.record = replace(renewed, etag=self._table.replace(renewed.row()).etag)

    def give_back(self, *, unanswered: bool) -> bool:
        """A storage that does not answer is no fault of this synthesis: the try does not count. False: it was no longer
        in our hands, and so its blobs may be gone. `unanswered`: it was the destination, for which there is an end."""
        given = replace(self.record, archiving_until=None, archive_starts=self.record.archive_starts - 1)
        if unanswered and given.unanswered_since is None:
            given = replace(given, unanswered_since=self._clock())
        try:
            self._table.replace(given.row())
        except Conflict:
            return False
        return True


def _archived(service: Service, held: _Held, at_hand: AtHand | None) -> Record:
    """The record as it ends, its files written. Raises Conflict or Overtaken: it ended meanwhile; _DestinationError:
    its destination may answer yet."""
    record, tries = held.record, service.settings.max_starts
    if record.archive_starts > tries:
        return _failed(record, "ArchiveFailed", f"Putting the result together was begun {tries} times and never ended.")
    try:
        request = read_create(VERSIONS[record.version], service.work.read(blobs.request(record.guid)))
    except Missing as error:
        raise Conflict("The request is removed only after the end.") from error
    results = Results()
    made = files(
        record,
        request,
        [at_hand.done] if at_hand else items.dones(service.work_items, record.guid),
        at_hand or service.work,
        results,
        service.sources,
        function_seconds=service.settings.function_timeout_seconds,
    )
    kept = (replace(file, chunks=held.lease.kept(file.chunks)) for file in made)
    try:
        result, summary = _place(service, record, request, kept)
    except _DestinationError as error:
        if error.passes and service.clock() < _given_up_at(service, record, request):
            raise
        what = "gave no answer for too long, or until its signature expired" if error.passes else "refused the result"
        return _failed(held.record, "DestinationNotWritable", f"The destination container {what}. {error}")
    outcome = outcome_values(results.outcome())
    return replace(held.record, status=results.status, outcome=outcome, result=result, summary=summary)


def _given_up_at(service: Service, record: Record, request: SynthesisRequest) -> datetime:
    """When a destination that does not answer is no longer tried."""
    since = record.unanswered_since or service.clock()
    late = since + timedelta(seconds=service.settings.destination_patience_seconds)
    url = request.properties.destination_container_url
    return min(late, expiry(url)) if url else late


def _failed(record: Record, code: str, message: str) -> Record:
    outcome = Outcome(error=SynthesisError(code=code, message=message))
    return replace(record, status=FAILED, outcome=outcome_values(outcome))


def _place(service: Service, record: Record, request: SynthesisRequest, made: Iterator[File]) -> tuple[str, str | None]:
    """Writes the files to where they belong; returns the paths of result and summary."""
    wishes = request.properties
    prefix = blobs.result_folder(record.guid, record.id)
    if not elsewhere(wishes):
        service.outputs.write(f"{prefix}/{RESULTS}", zipped(made), content_type="application/zip")
        return f"{prefix}/{RESULTS}", None
    if wishes.destination_path is not None:
        prefix = f"{wishes.destination_path}/{record.id}"
    container = _container(service, wishes.destination_container_url)
    if not wishes.decompress_output_files:
        _deliver(container, prefix, File(name=RESULTS, content_type="application/zip", chunks=zipped(made)))
        return f"{prefix}/{RESULTS}", None
    for file in made:
        _deliver(container, prefix, file)
    return prefix, f"{prefix}/{SUMMARY}"


def _container(service: Service, url: str | None) -> Blobs:
    """The caller's, else the one brought for results. Raises _DestinationError: none is brought any more."""
    if url is not None:
        return service.open_container(url)
    if service.byos is None:
        raise _DestinationError("The service no longer has a container of its own for unpacked files.")
    return service.byos


def _deliver(container: Blobs, prefix: str, file: File) -> None:
    """Raises _DestinationError."""
    try:
        container.write(f"{prefix}/{file.name}", file.chunks, content_type=file.content_type)
    except StorageError as error:
        passes = error.status in (0, 408, 429) or error.status >= 500
        raise _DestinationError(str(error), passes=passes) from error
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
    _tell(service, ended)
    spoken, failed = (ended.outcome.get(name, 0) for name in ("succeeded", "failed"))
    log.info("Synthesis %s ended: %s, %s spoken, %s failed.", record.guid, ended.status.value, spoken, failed)
    stored = service.syntheses.get(record.version, open_key(record.guid))
    if stored:
        with suppress(Conflict):  # somebody else is at it, or a timer comes back to it
            tidy.clear(service, open_work_of(stored))


def _tell(service: Service, ended: Record) -> None:
    status, taken = ended.status.value, ended.last_action - ended.created
    service.telemetry.record(SYNTHESES, status=status)
    service.telemetry.record(SYNTHESIS_TIME, taken.total_seconds(), status=status)
    service.telemetry.record(SPOKEN, sum(ended.outcome.get("billed_characters", {}).values()))
