"""Reads and writes that several flows share: a document's rows, a job's row, entries in `open`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from shared.domain import naming
from shared.domain.documents import Part, Version
from shared.domain.jobs import PARTITION_OF_STATUS, Job, JobStatus
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.ports import TRANSACTION_BYTES, TRANSACTION_LIMIT, Delete, Operation, Row, Table

T = TypeVar("T")

Change = Sequence[Operation]
"""Operations on one partition that are done together or not at all."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """An item as it lay in its row, and the ETag to write it by."""

    item: T
    etag: str


@dataclass(frozen=True, slots=True)
class VersionRows:
    version: Stored[Version]
    parts: tuple[Stored[Part], ...]

    @property
    def items(self) -> tuple[Part, ...]:
        return tuple(stored.item for stored in self.parts)

    def part(self, number: int) -> Stored[Part] | None:
        """None: the version has fewer parts, and an entry of this one was written by an intake that did not win."""
        return self.parts[number - 1] if number <= len(self.parts) else None

    def with_items(self, version: Version, part: Part) -> VersionRows:
        """As they are to be, under the ETags by which they were read."""
        parts = [Stored(part, each.etag) if each.item.part == part.part else each for each in self.parts]
        return VersionRows(Stored(version, self.version.etag), tuple(parts))


def newest_version(p: Pipeline, document: str) -> tuple[Stored[Version] | None, Row | None]:
    """The version of the highest sequence, and the row that counts the starts of an intake, in one query."""
    start = naming.intake_key(document)
    rows = list(p.documents.query(naming.partition_of(document), start=start, end=document + naming.END, limit=2))
    starts = next((row for row in rows if row.key == start), None)
    version = next((Stored(Version.of(row), row.etag) for row in rows if naming.is_version(row.key)), None)
    return version, starts


def version_rows(p: Pipeline, document: str, sequence: int) -> VersionRows | None:
    """A version and all its parts, in one query."""
    key = naming.version_key(document, sequence)
    rows = list(p.documents.query(naming.partition_of(document), start=key, end=key + naming.END))
    if not rows or not naming.is_version(rows[0].key):
        return None
    parts = tuple(Stored(Part.of(row), row.etag) for row in rows[1:])
    return VersionRows(Stored(Version.of(rows[0]), rows[0].etag), parts)


def read_job(p: Pipeline, job_id: str) -> Stored[Job] | None:
    row = p.jobs.get(naming.job_partition(job_id), job_id)
    return Stored(Job.of(row), row.etag) if row else None


def write_job(p: Pipeline, job: Job, etag: str) -> Stored[Job]:
    """Raises Conflict: somebody wrote it since `etag`."""
    return Stored(job, p.jobs.replace(job.row(etag)).etag)


def enter(p: Pipeline, before: Stored[Job], after: Job, *, due: datetime) -> Stored[Job] | None:
    """Moves a job on, or on to a new due time: its new entry, its row, then the old entry goes.

    The entry comes before the state it stands for, so that whatever waits is always found. None where somebody else
    wrote the row first; the new entry then stays until it is met as a stale one: the conflict may be the answer to a
    repetition of our own write, and the row may name it.
    """
    partition = PARTITION_OF_STATUS.get(after.status)
    key = naming.entry_key(due, after.id, p.new_id()) if partition else ""
    if partition:
        p.open.insert(Row(partition=partition, key=key, values=after.entry_values))
    try:
        stored = write_job(p, replace(after, entry=key), before.etag)
    except Conflict:
        return None
    remove_entries(p, PARTITION_OF_STATUS[before.item.status], [before.item.entry])
    return stored


def commit_all(table: Table, changes: Sequence[Change]) -> list[tuple[str, ...] | None]:
    """Commits changes in as few transactions as they fit into, each change whole or not at all.

    Returns the ETags of each; None where it met a conflict, which may be the answer to our own write: read again.
    """
    etags: list[tuple[str, ...] | None] = [None] * len(changes)
    for batch in _batches(changes):
        try:
            found = iter(table.commit([operation for number in batch for operation in changes[number]]))
        except Conflict:
            if len(batch) > 1:
                for number in batch:
                    (etags[number],) = commit_all(table, [changes[number]])
            continue
        for number in batch:
            etags[number] = tuple(islice(found, len(changes[number])))
    return etags


def _batches(changes: Sequence[Change]) -> Iterator[list[int]]:
    """The numbers of changes that go into one transaction."""
    by_partition: dict[str, list[int]] = {}
    for number, change in enumerate(changes):
        by_partition.setdefault(change[0].row.partition, []).append(number)
    for numbers in by_partition.values():
        batch: list[int] = []
        operations = size = 0
        for number in numbers:
            more, bytes_more = len(changes[number]), sum(map(_bytes_of, changes[number]))
            if batch and (operations + more > TRANSACTION_LIMIT or size + bytes_more > TRANSACTION_BYTES):
                yield batch
                batch, operations, size = [], 0, 0
            batch.append(number)
            operations, size = operations + more, size + bytes_more
        yield batch


def _bytes_of(operation: Operation) -> int:
    """At most, as the service counts them."""
    values = operation.row.values
    return 1024 + sum(16 + 2 * len(name) + 2 * len(str(value).encode()) for name, value in values.items())


def remove_entries(p: Pipeline, partition: str, keys: Iterable[str]) -> None:
    """Removes entries in batches; one that is gone already is fine."""
    rows = [Row(partition=partition, key=key, values={}) for key in keys]
    for start in range(0, len(rows), TRANSACTION_LIMIT):
        batch = rows[start : start + TRANSACTION_LIMIT]
        if len(batch) == 1 or not _removed_together(p, batch):
            for row in batch:
                p.open.delete(row)


def _removed_together(p: Pipeline, rows: Sequence[Row]) -> bool:
    try:
        p.open.commit([Delete(row) for row in rows])
    except Conflict:
        return False
    return True


def shows(job: Job | None, partition: str) -> bool:
    """Whether a job's row stands where an entry in `partition` says."""
    return job is not None and PARTITION_OF_STATUS.get(job.status) == partition


def has_passed(job: Job, partition: str) -> bool:
    """Whether a job is beyond the state of `partition`: it never goes back, so such an entry is stale at any age."""
    order = ["sending", "running", "finishing"]
    if job.status in (JobStatus.DROPPED, JobStatus.ENDED):
        return True
    return order.index(PARTITION_OF_STATUS[job.status]) > order.index(partition)
