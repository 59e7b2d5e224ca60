"""The rows of the table `workitems`: one per queue message, in a partition per synthesis (its GUID).

`todo~<n>` is replaced by `done~<n>` in one transaction, so "is anything left" is one query for one row.
Starts are counted in the row; the queue's dequeue count decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import accumulate, islice
from typing import Any

from shared.batchapi.model import SynthesisError
from shared.domain.rows import from_row, to_values
from shared.errors import Conflict
from shared.ports import TRANSACTION_LIMIT, Delete, Insert, Operation, Row, Table

NUMBER_STEP = 100
"""Between the numbers of items as planned, so that an item that is divided has room for its parts in order."""
TODO, TODO_END = "todo~", "todo~:"
DONE, DONE_END = "done~", "done~:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    guid: str
    number: int
    offset: int
    """Where in the plan's blob the item lies, in bytes."""
    length: int
    alone: bool = False
    """It is all of its synthesis."""
    starts: int = 0
    leased_until: datetime | None = None
    etag: str = ""

    def row(self) -> Row:
        values = to_values(self, without=("guid", "number", "etag"))
        return Row(partition=self.guid, key=f"{TODO}{self.number:07d}", values=values, etag=self.etag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What became of one part."""

    input: int
    offset: int = 0
    """In the item's blob, in bytes."""
    length: int = 0
    samples: int = 0
    file: bool = False
    """The bytes are the finished file, not PCM."""
    times: int = 0
    """Bytes of times of words and sentences, right behind the sound; 0 where nobody asked for them."""
    error: SynthesisError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    guid: str
    number: int
    blob: str
    """Of the parts' sounds, in `work`; "" where there is none."""
    rate: int
    """Samples per second of PCM."""
    parts: tuple[Mapping[str, Any], ...]

    def row(self) -> Row:
        values = to_values(self, without=("guid", "number"))
        return Row(partition=self.guid, key=f"{DONE}{self.number:07d}", values=values)

    def spoken(self) -> Iterator[Spoken]:
        for part in self.parts:
            error = part.get("error")
            yield Spoken(**{**part, "error": SynthesisError(**error) if error else None})


def done_of(todo: Todo, blob: str, rate: int, spoken: Iterable[Spoken]) -> Done:
    parts = tuple(_compact(asdict(part)) for part in spoken)
    return Done(guid=todo.guid, number=todo.number, blob=blob, rate=rate, parts=parts)


def _compact(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is as by default: a row holds fifty of these."""
    return {name: value for name, value in values.items() if name == "input" or value}


def find_todo(table: Table, guid: str, number: int) -> Todo | None:
    row = table.get(guid, f"{TODO}{number:07d}")
    return _todo_of(row) if row else None


def todos(table: Table, guid: str, limit: int | None = None) -> Iterator[Todo]:
    return map(_todo_of, table.query(guid, start=TODO, end=TODO_END, limit=limit))


def dones(table: Table, guid: str) -> Iterator[Done]:
    for row in table.query(guid, start=DONE, end=DONE_END):
        yield from_row(Done, row, guid=guid, number=int(row.key.removeprefix(DONE)))


def anything_left(table: Table, guid: str) -> bool:
    return next(todos(table, guid, limit=1), None) is not None


def _todo_of(row: Row) -> Todo:
    number = int(row.key.removeprefix(TODO))
    return from_row(Todo, row, guid=row.partition, number=number, etag=row.etag)


def add(table: Table, items: Iterable[Todo]) -> None:
    _in_transactions(table, (Insert(item.row()) for item in items))


def remove(table: Table, guid: str) -> None:
    """All rows of a synthesis; that others remove them at the same time does not matter."""
    rows = [Row(partition=row.partition, key=row.key, values={}) for row in table.query(guid)]
    for start in range(0, len(rows), TRANSACTION_LIMIT):
        batch = rows[start : start + TRANSACTION_LIMIT]
        if len(batch) == 1 or not _removed_at_once(table, batch):  # a transaction costs three times a deletion
            for row in batch:
                table.delete(row)


def _removed_at_once(table: Table, rows: Sequence[Row]) -> bool:
    try:
        table.commit([Delete(row) for row in rows])
    except Conflict:
        return False
    return True


def _in_transactions(table: Table, operations: Iterable[Operation]) -> None:
    rest = iter(operations)
    while batch := list(islice(rest, TRANSACTION_LIMIT)):
        table.commit(batch)


def lease(table: Table, todo: Todo, until: datetime) -> Todo:
    """Counts a start. Raises Conflict: somebody else took it, or it is done."""
    return renew(table, replace(todo, starts=todo.starts + 1), until)


def renew(table: Table, todo: Todo, until: datetime) -> Todo:
    """Raises Conflict: somebody else took it, or its synthesis was deleted."""
    renewed = replace(todo, leased_until=until)
    return replace(renewed, etag=table.replace(renewed.row()).etag)


def give_back(table: Table, todo: Todo) -> None:
    """Ends a lease early and takes its start back: what stopped it was not the item's fault."""
    with suppress(Conflict):
        table.replace(replace(todo, starts=todo.starts - 1, leased_until=None).row())


def finish(table: Table, todo: Todo, done: Done) -> bool:
    """False: the item was taken over by another start, or its synthesis deleted."""
    try:
        table.commit([Delete(todo.row()), Insert(done.row())])
    except Conflict:
        # Also raised where the storage client repeated a commit that had come through.
        stored = table.get(done.guid, done.row().key)
        return stored is not None and stored.values.get("blob") == done.blob
    return True


def divide(table: Table, todo: Todo, lengths: Sequence[int]) -> list[Todo]:
    """One item for each part, of these lengths in bytes. Raises Conflict: somebody else took the item."""
    starts = accumulate(lengths, initial=todo.offset)
    parts = [
        Todo(guid=todo.guid, number=todo.number + place, offset=offset, length=length)
        for place, (offset, length) in enumerate(zip(starts, lengths, strict=False), start=1)
    ]
    table.commit([Delete(todo.row()), *(Insert(part.row()) for part in parts)])
    return parts
