"""Bytes to text. A byte order mark decides; without one a text is UTF-8, or it is refused with the byte that is not."""

from __future__ import annotations

import codecs
import re

from shared.errors import InputError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The longest first: UTF-32's begins like UTF-16's."""

_CONTROL_BYTE = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_REMEDY = "Save the file as UTF-8 text, and drop it again."


def decode(data: bytes) -> str:
    """The text, without byte order mark, its line ends as newlines. Raises InputError with the position in bytes."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    if encoding == "utf-8" and (found := _CONTROL_BYTE.search(data)):
        # Before decoding: a binary file of the largest size is refused without a copy of it in memory.
        raise InputError("It is not a text: a control character", where=f"byte {found.start()}", remedy=_REMEDY)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte {len(mark) + error.start}"
        raise InputError(f"It is not valid {encoding.upper()} text", where=where, remedy=_REMEDY) from error
    if control := _CONTROL_CHARACTER.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise InputError("It is not a text: a control character", where=f"line {line}", remedy=_REMEDY)
    return text.replace("\r\n", "\n").replace("\r", "\n")
