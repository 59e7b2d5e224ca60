"""Reads a JSON body strictly and, only where that fails, as leniently as the API's own published example needs.

The example's strings hold raw newlines and tabs, and its lists end in commas. Both passes are linear in the body.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from shared.errors import InputError

_REMEDY = "Send one JSON object, encoded as UTF-8."

# A string is taken whole, closed or not, so that a comma within it stays and an unclosed one is looked at only once.
_STRING_OR_LAST_COMMA = re.compile(r'"(?:[^"\\]++|\\.)*+"?|,(?=\s*+[}\]])', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_object(body: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises InputError with line and column where the strict reading stopped."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("The body is not UTF-8.", where=f"byte {error.start}", remedy=_REMEDY) from None
    value = read_json(text)
    if not isinstance(value, dict):
        raise InputError("The body is not a JSON object.", remedy=_REMEDY)
    if _SURROGATE.search(text):
        _refuse_lone_surrogates(value)
    return value


def read_json(text: str) -> Any:
    """Any JSON value. Raises InputError with line and column where the strict reading stopped."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise InputError("The body is nested too deeply.", remedy=_REMEDY) from None
    except ValueError as error:
        strict = error
    try:
        return json.loads(_without_last_commas(text), strict=False, parse_constant=_no_constant)
    except RecursionError:
        raise InputError("The body is nested too deeply.", remedy=_REMEDY) from None
    except ValueError:
        raise _invalid(strict) from None


def _without_last_commas(text: str) -> str:
    return _STRING_OR_LAST_COMMA.sub(lambda match: "" if match[0] == "," else match[0], text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _invalid(error: ValueError) -> InputError:
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno}, column {error.colno}"
        return InputError(f"The body is not valid JSON ({error.msg}).", where=where, remedy=_REMEDY)
    return InputError("The body is not valid JSON (a number that JSON does not have).", remedy=_REMEDY)


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        why = "A string holds half of a surrogate pair, which is no character."
        raise InputError(why, remedy="Escape characters above U+FFFF as both halves, or write them as UTF-8.") from None
