"""What the storage services take: checked before sending, so that the twins and the real adapters refuse alike.

A breach is a fault in the program, not in its input: `ValueError`, naming the row and the field, never its text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.ports import TRANSACTION_BYTES, TRANSACTION_LIMIT, Insert, Operation, Replace, Row

STRING_LIMIT = 32_000
"""UTF-16 units in one string; the service's own limit is 32,768 (64 KiB)."""
ENTITY_LIMIT = 1024 * 1024
"""Bytes in one row, by the service's formula."""
VALUES_LIMIT = 252
"""Values in one row."""
MESSAGE_LIMIT = 48 * 1024
"""Bytes of UTF-8 in one message: 64 KiB as base64."""
DELAY_LIMIT = 7 * 24 * 3600.0
"""Seconds that a message may stay hidden."""

_KEY_LIMIT = 512
_REFUSED_IN_KEYS = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_RESERVED = frozenset({"PartitionKey", "RowKey", "Timestamp", "etag"})


def check_row(row: Row) -> int:
    """Returns the row's size in bytes. Raises ValueError."""
    for key in (row.partition, row.key):
        if _REFUSED_IN_KEYS.search(key) or _units(key) > _KEY_LIMIT:
            raise ValueError(
                f"the key {key[:80]!r} holds / \\ # ? or a control character, or is over {_KEY_LIMIT} long"
            )
    if len(row.values) > VALUES_LIMIT:
        raise ValueError(f"the row {row.partition}/{row.key} has {len(row.values)} values, over {VALUES_LIMIT}")
    size = 4 + 2 * (_units(row.partition) + _units(row.key))
    for name, value in row.values.items():
        if not name.isidentifier() or name in _RESERVED or len(name) > 255:
            raise ValueError(f"{name!r} cannot name a value of a row")
        size += 8 + 2 * len(name) + _value_size(name, value)
    if size > ENTITY_LIMIT:
        raise ValueError(f"the row {row.partition}/{row.key} has {size} bytes, over {ENTITY_LIMIT}")
    return size


def _value_size(name: str, value: object) -> int:
    match value:
        case bool():
            return 1
        case int() if -(2**63) <= value < 2**63:
            return 8
        case float():
            return 8
        case str() if _units(value) <= STRING_LIMIT:
            return 4 + 2 * _units(value)
    raise ValueError(f"the value {name!r} is a {type(value).__name__} that a row cannot hold, or too large")


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def check_replaced(row: Row) -> None:
    if not row.etag:
        raise ValueError(f"the row {row.partition}/{row.key} was not read before it was to be replaced")


def check_operations(operations: Sequence[Operation]) -> None:
    """Raises ValueError: over TRANSACTION_LIMIT or 4 MiB, several partitions, a key twice, or a row that is refused."""
    if len(operations) > TRANSACTION_LIMIT:
        raise ValueError(f"{len(operations)} operations in one transaction, over {TRANSACTION_LIMIT}")
    if len({operation.row.partition for operation in operations}) > 1:
        raise ValueError("a transaction over several partitions")
    if len({operation.row.key for operation in operations}) < len(operations):
        raise ValueError("two operations of one transaction on one row")
    total = 0
    for operation in operations:
        if isinstance(operation, Insert | Replace):
            total += check_row(operation.row)
        if isinstance(operation, Replace):
            check_replaced(operation.row)
    if total > TRANSACTION_BYTES:
        raise ValueError(f"a transaction of {total} bytes, over {TRANSACTION_BYTES}")


def check_conditions(etag: str | None, new: bool) -> None:
    if etag is not None and new:
        raise ValueError("a blob cannot be both new and of a known ETag")


def check_message(message: str) -> None:
    if len(message.encode()) > MESSAGE_LIMIT:
        raise ValueError(f"a message of {len(message.encode())} bytes, over {MESSAGE_LIMIT}")
