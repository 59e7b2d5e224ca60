"""ports.Table over Azure Table storage.

Whole numbers go as Int64, so that a value keeps its type whatever its size. A table is made when a write finds it
missing; reading a table that is missing finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.data.tables import EdmType, EntityProperty, TableClient, TableEntity, UpdateMode

from shared.adapters.failures import error_code, told_as_ours
from shared.adapters.limits import check_operations, check_replaced, check_row
from shared.errors import Conflict, Missing
from shared.ports import Delete, Insert, Operation, Replace, Row, Value

_PAGE = 250
"""Rows per page. Of the service's most, 1,000, a page takes 8 MB while it is read, and 2 MB until it is collected."""

_T = TypeVar("_T")


class AzureTable:
    """Implements ports.Table. Thread-safe."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    def get(self, partition: str, key: str) -> Row | None:
        try:
            with told_as_ours(self._named(partition, key)):
                return _row(self._client.get_entity(partition, key))
        except Missing:
            return None

    def query(self, partition: str, *, start: str = "", end: str = "", limit: int | None = None) -> Iterator[Row]:
        terms = ["PartitionKey eq @partition"]
        terms += ["RowKey ge @start"] if start else []
        terms += ["RowKey lt @end"] if end else []
        try:
            with told_as_ours(self._named(partition, "")):
                found = self._client.query_entities(
                    " and ".join(terms),
                    parameters={"partition": partition, "start": start, "end": end},
                    results_per_page=_PAGE if limit is None else max(1, min(limit, _PAGE)),
                )
                yield from map(_row, islice(found, limit))
        except Missing:
            return

    def insert(self, row: Row) -> Row:
        check_row(row)
        with told_as_ours(self._named(row.partition, row.key)):
            answer = self._creating(lambda: self._client.create_entity(_entity(row)))
        return replace(row, etag=answer["etag"])

    def replace(self, row: Row) -> Row:
        check_row(row)
        check_replaced(row)
        try:
            with told_as_ours(self._named(row.partition, row.key)):
                answer = self._client.update_entity(_entity(row), UpdateMode.REPLACE, **_if_unchanged(row))
        except Missing as error:
            raise Conflict(f"{self._named(row.partition, row.key)} is gone.") from error
        return replace(row, etag=answer["etag"])

    def delete(self, row: Row) -> None:
        try:
            with told_as_ours(self._named(row.partition, row.key)):
                self._client.delete_entity(row.partition, row.key, **_if_unchanged(row))
        except Missing:
            return

    def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        check_operations(operations)
        match operations:
            case []:
                return ()
            case [Insert(row)]:
                return (self.insert(row).etag,)
            case [Replace(row)]:
                return (self.replace(row).etag,)
        with told_as_ours(self._named(operations[0].row.partition, f"({len(operations)} rows)")):
            steps = [_step(operation) for operation in operations]
            answers = self._creating(lambda: self._client.submit_transaction(steps))
        return tuple(answer.get("etag", "") for answer in answers)

    def _creating(self, write: Callable[[], _T]) -> _T:
        try:
            return write()
        except HttpResponseError as error:
            if error_code(error) != "TableNotFound":
                raise
        self._create()
        return write()

    def _create(self) -> None:
        with told_as_ours(f"The table {self._client.table_name}"):
            try:
                self._client.create_table()
            except HttpResponseError as error:
                if error_code(error) != "TableAlreadyExists":
                    raise

    def _named(self, partition: str, key: str) -> str:
        return f"The row {partition}/{key} of {self._client.table_name}"


def _entity(row: Row) -> dict[str, Any]:
    return {"PartitionKey": row.partition, "RowKey": row.key} | {name: _sent(v) for name, v in row.values.items()}


def _sent(value: Value) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return EntityProperty(value, EdmType.INT64)
    return value


def _row(entity: TableEntity) -> Row:
    values = {name: _received(value) for name, value in entity.items() if name not in ("PartitionKey", "RowKey")}
    etag = entity.metadata["etag"]
    assert etag is not None
    return Row(partition=entity["PartitionKey"], key=entity["RowKey"], values=values, etag=etag)


def _received(value: Any) -> Any:
    return value.value if isinstance(value, EntityProperty) else value


def _if_unchanged(row: Row) -> dict[str, Any]:
    return {"etag": row.etag, "match_condition": MatchConditions.IfNotModified} if row.etag else {}


def _step(operation: Operation) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
    row = operation.row
    match operation:
        case Insert():
            return "create", _entity(row), {}
        case Replace():
            return "update", _entity(row), {"mode": UpdateMode.REPLACE, **_if_unchanged(row)}
        case Delete():
            return "delete", {"PartitionKey": row.partition, "RowKey": row.key}, _if_unchanged(row)
