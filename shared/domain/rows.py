"""Frozen dataclasses to row values and back: the one place that knows how a field lies in a table.

str, int, float and bool lie as they are, enums by value, times as ISO strings, None not at all, everything else as
JSON. Each row carries SCHEMA; rows of a newer schema are refused, so that an old deployment never guesses.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from shared.errors import SpeechdropError
from shared.ports import Row, Value

T = TypeVar("T")

SCHEMA = 1


class SchemaError(SpeechdropError):
    """A row or blob was written by another Speechdrop than this one, in a form that this one does not know."""


def to_values(item: Any, *, without: tuple[str, ...] = ()) -> dict[str, Value]:
    """The row values of a dataclass instance, but for the fields named in `without` (those that its keys hold)."""
    values: dict[str, Value] = {"schema": SCHEMA}
    for field in fields(item):
        value = getattr(item, field.name)
        if value is not None and field.name not in without:
            values[field.name] = _encode(value)
    return values


def from_row(cls: type[T], row: Row, **keys: Any) -> T:
    """The dataclass that `to_values` wrote; `keys` are the fields that the row's keys hold.

    Rows of an older schema are read as well: a field that they lack has its default. Raises SchemaError.
    """
    schema = row.values.get("schema", SCHEMA)
    try:
        if int(schema) <= SCHEMA:
            hints = _hints(cast(Any, cls))
            values = {name: _decode(hints[name], row.values[name]) for name in hints if name in row.values}
            return cls(**values, **keys)
    except (ValueError, TypeError) as error:
        raise SchemaError(f"Row {row.key} is not in a form that this deployment reads.") from error
    raise SchemaError(f"Row {row.key} has schema {schema}; this deployment reads up to {SCHEMA}.")


def _encode(value: Any) -> Value:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _decode(hint: Any, value: Value) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is datetime:
        return datetime.fromisoformat(str(value))
    if hint in (str, int, float, bool):
        return hint(value)
    decoded = json.loads(str(value))
    return tuple(decoded) if get_origin(hint) is tuple else decoded


@cache
def _hints(cls: Any) -> dict[str, Any]:
    """Field types, with `T | None` as T: None is an absent value."""
    return {name: _present(hint) for name, hint in get_type_hints(cls).items()}


def _present(hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        return next(part for part in get_args(hint) if part is not type(None))
    return hint
