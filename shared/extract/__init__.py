"""Bytes of a dropped file to inputs: what to speak, or an InputError that says what is wrong, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.batchapi.model import InputKind
from shared.domain.splitting import split
from shared.errors import InputError
from shared.extract.decode import decode
from shared.ssml import check

_TEXT = ("", ".txt", ".text")
_SSML = (".ssml", ".xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    kind: InputKind
    inputs: tuple[str, ...]
    whole: bool
    """The one input is all of the document: where borders fall plays no part in it."""


def extract(path: str, data: bytes, *, input_characters: int) -> Extracted:
    """The inputs of a document, in reading order; a pure function of its bytes. 0 characters: not split.

    Raises InputError.
    """
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _SSML:
        text = decode(data)
        check(text)
        return Extracted(kind=InputKind.SSML, inputs=(text.strip(),), whole=True)
    if suffix not in _TEXT:
        known = ", ".join(name for name in _TEXT + _SSML if name)
        raise InputError(f"Files of kind {suffix} cannot be spoken", remedy=f"Drop one of: {known}.")
    text = decode(data)
    pieces = split(text, input_characters) if input_characters else (text,)
    inputs = tuple(piece.strip() for piece in pieces if any(map(str.isalnum, piece)))
    if not inputs:
        raise InputError("There is no text to speak in it", remedy="Drop a file with words in it.")
    return Extracted(kind=InputKind.PLAIN_TEXT, inputs=inputs, whole=len(pieces) == 1)
