"""What is written to a row is what is read from it, whatever it holds; and no old deployment guesses at a newer row."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryTable
from shared.domain.documents import Part, Version
from shared.domain.jobs import Job
from shared.domain.rows import SCHEMA, SchemaError
from shared.ports import Row
from tests.unit.domain.strategies import jobs, parts, versions

anything = versions | parts | jobs


@given(item=anything)
def test_a_row_gives_back_what_was_written(item: Version | Part | Job) -> None:
    assert type(item).of(item.row("etag")) == item


@given(item=anything)
def test_storage_takes_every_row(item: Version | Part | Job) -> None:
    """Through the twin, which refuses what the Table service does: keys, names and types of values."""
    table = MemoryTable()
    row = table.insert(item.row())
    assert type(item).of(row) == item
    assert table.get(row.partition, row.key) == row


@given(item=anything, schema=st.integers(SCHEMA + 1, 99))
def test_a_row_of_a_newer_schema_is_refused(item: Version | Part | Job, schema: int) -> None:
    row = item.row()
    newer = replace(row, values={**row.values, "schema": schema})
    with pytest.raises(SchemaError, match=str(schema)):
        type(item).of(newer)


@given(item=anything)
def test_a_row_of_an_older_schema_is_read(item: Version | Part | Job) -> None:
    row = item.row()
    assert type(item).of(replace(row, values={**row.values, "schema": SCHEMA - 1})) == item


@pytest.mark.parametrize("broken", [{"status": "LATER"}, {"created": "yesterday"}, {"creates": "{}"}])
@given(item=jobs)
def test_a_row_in_an_unknown_form_is_told(item: Job, broken: dict[str, str]) -> None:
    row = item.row()
    with pytest.raises(SchemaError, match=row.key):
        Job.of(replace(row, values={**row.values, **broken}))


@given(item=anything, name=st.text("abc", min_size=1), value=st.text())
def test_a_value_that_this_release_does_not_know_is_left_alone(item: Any, name: str, value: str) -> None:
    row = item.row()
    assert type(item).of(replace(row, values={f"later_{name}": value, **row.values})) == item


@given(item=anything)
def test_a_value_that_is_not_there_has_its_default(item: Any) -> None:
    """So that a release may add a field to rows that lie there already."""
    required = {field.name for field in fields(item) if field.default is field.default_factory}
    row = item.row()
    bare = {name: value for name, value in row.values.items() if name in required}
    read = type(item).of(Row(partition=row.partition, key=row.key, values=bare))
    assert type(item).of(read.row()) == read
    assert {name: getattr(read, name) for name in required} == {name: getattr(item, name) for name in required}
