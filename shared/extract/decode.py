"""Bytes to text, in an encoding that they tell: a byte order mark, what HTML or XML declares, UTF-8; else a guess.

The guess is that of Firefox's detector. A text that is UTF-8 but for a fault is not guessed at: it is refused, with the
byte that is wrong.
"""

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

_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What the web's standard reads in place of a narrower encoding."""
_ALSO = {"iso-8859-8-i": "iso8859-8", "windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic", "x-sjis": "cp932"}
"""Names of the standard that Python does not know."""
_LEGACY = frozenset(
    [
        *("cp866", "cp874", "cp932", "cp949", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"),
        *("cp1257", "cp1258", "big5hkscs", "euc_jp", "gb18030", "koi8-r", "koi8-u", "mac-cyrillic", "mac-roman"),
        *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    ]
)
"""Those of the standard, by Python's names. Python has others that are no encodings of text, or slow."""

_DECLARED = re.compile(
    rb"""\A\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})|<meta\s[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_DECLARATIONS = 1024
"""So many bytes at the beginning are searched for a declaration, as the standard says."""
_SAMPLE = 65_536
"""Bytes that a guess is made from: those around the first that is not ASCII. Also what is decoded of a text at a time
to see what is wrong with it."""

_CONTROL_BYTE = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_REMEDY = "Save the file as UTF-8 text, and drop it again."


def decode(data: bytes, *, declares: bool = False) -> str:
    """The text, without byte order mark, its line ends as newlines. `declares`: it is HTML or XML.

    Raises InputError with the position in bytes.
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))
    if encoding in ("", "utf-8") and (found := _CONTROL_BYTE.search(data)):
        # Before decoding: a binary file of the largest size is refused without a copy of it in memory.
        raise InputError("It is not a text: a control character", where=f"byte {found.start()}", remedy=_REMEDY)
    text = _marked(data, mark, encoding) if mark else _unmarked(data, declares=declares)
    if control := _CONTROL_CHARACTER.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise InputError("It is not a text: a control character", where=f"line {line}", remedy=_REMEDY)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _marked(data: bytes, mark: bytes, encoding: str) -> str:
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_valid(encoding, len(mark) + error.start) from error


def _unmarked(data: bytes, *, declares: bool) -> str:
    declared = _declared(data) if declares else None
    return _undeclared(data) if declared is None else declared


def _declared(data: bytes) -> str | None:
    """None: nothing is declared, or it is not true."""
    found = _DECLARED.search(data, 0, _DECLARATIONS)
    encoding = _known((found[1] or found[2]).decode()) if found else None
    return _tried(data, encoding) if encoding else None


def _undeclared(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        encoding = None if _is_mostly_utf_8(data) else _guessed(data)
        text = _tried(data, encoding) if encoding else None
        if text is None:
            raise _not_valid("utf-8", error.start) from error
        return text


def _is_mostly_utf_8(data: bytes) -> bool:
    """Whether more characters are well-formed UTF-8, beyond ASCII, than faults are found."""
    beyond_ascii = faults = 0
    pieces = (data[start : start + _SAMPLE] for start in range(0, len(data), _SAMPLE))
    for text in codecs.iterdecode(pieces, "utf-8", errors="replace"):
        beyond_ascii += len(text) - len(text.encode("ascii", "ignore"))
        faults += text.count("\ufffd")
    return beyond_ascii > 2 * faults


def _guessed(data: bytes) -> str | None:
    from chardetng_py import EncodingDetector

    first = _NOT_ASCII.search(data)
    begin = max(0, first.start() - _SAMPLE // 8) if first else 0
    detector = EncodingDetector()
    detector.feed(data[begin : begin + _SAMPLE], last=True)
    return _known(detector.guess(tld=None, allow_utf8=False))


def _known(label: str) -> str | None:
    """Python's name of an encoding that texts are in; None: there is none of that name."""
    try:
        name = codecs.lookup(_ALSO.get(label.lower(), label)).name
    except LookupError:
        return None
    name = _WIDER.get(name, name)
    return name if name in _LEGACY else None


def _tried(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _not_valid(encoding: str, position: int) -> InputError:
    return InputError(f"It is not valid {encoding.upper()} text", where=f"byte {position}", remedy=_REMEDY)
