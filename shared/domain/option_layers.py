"""What an option file, or a blob's metadata, says of options: read and checked. Every fault names its source."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from json import JSONDecodeError
from typing import Any
from urllib.parse import unquote

from shared.domain.option_table import OPTIONS, SCHEMA_MEMBER
from shared.domain.option_values import Unusable, Values, read_object, shown
from shared.domain.options import Layer
from shared.errors import InputError

METADATA = "speechdrop_"
"""Begins the names of metadata that are options; a blob may have any other besides."""

_AGAIN = "and drop the document again."


def read_file(name: str, content: bytes) -> Layer:
    """The layer of an option file. Raises InputError, `where` naming file and place or member."""
    try:
        found = read_object(content.decode("utf-8-sig"))
        json.dumps(found, ensure_ascii=False).encode()
    except JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        raise InputError(f"It is not JSON: {error.msg}", where=where, remedy=f"Correct it, {_AGAIN}") from error
    except UnicodeError as error:
        where = f"{name}, byte {error.start}" if isinstance(error, UnicodeDecodeError) else name
        raise InputError("It is not valid UTF-8", where=where, remedy=f"Save it as UTF-8, {_AGAIN}") from error
    except ValueError as error:
        remedy = f'Make it one JSON object, such as {{"rate": "+10%"}}, {_AGAIN}'
        raise InputError(_own_words(error) or "It has a number that is too long", where=name, remedy=remedy) from error
    found.pop(SCHEMA_MEMBER, None)
    return {member: _read(member, value, f"{name}, {member}", _as_it_is) for member, value in found.items()}


def read_metadata(metadata: Mapping[str, str]) -> Layer:
    """The layer of a blob's metadata: values are ASCII, everything else percent-encoded UTF-8; an empty one is as null.

    Raises InputError, `where` naming the metadata.
    """
    found = {key.lower(): value for key, value in metadata.items() if key.lower().startswith(METADATA)}
    return {
        name.removeprefix(METADATA): _read(name.removeprefix(METADATA), value or None, f"metadata {name}", _decoded)
        for name, value in found.items()
    }


def _as_it_is(values: Values, value: Any) -> Any:
    return value


def _decoded(values: Values, value: str) -> Any:
    return values.of_text(unquote(value, errors="strict").strip())


def _read(member: str, value: Any, where: str, prepared: Callable[[Values, Any], Any]) -> Any:
    if member not in OPTIONS:
        close = get_close_matches(member, OPTIONS, n=1)
        remedy = f"Write {close[0]}" if close else f"Remove it (the options are {', '.join(OPTIONS)})"
        raise InputError(f"There is no option {shown(member)}", where=where, remedy=f"{remedy}, {_AGAIN}")
    values = OPTIONS[member].values
    try:
        return None if value is None else values.read(prepared(values, value))
    except ValueError as error:
        remedy = f"Make it {values.allowed}, {_AGAIN}"
        raise InputError(_own_words(error) or f"It is {shown(value)}", where=where, remedy=remedy) from error


def _own_words(error: ValueError) -> str:
    return str(error) if isinstance(error, Unusable) else ""
