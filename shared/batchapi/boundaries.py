"""`nnnn.word.json` and `nnnn.sentence.json` of either version: what was said when."""

from __future__ import annotations

from dataclasses import dataclass

from shared.batchapi.lenient import read_json
from shared.batchapi.values import members, number
from shared.errors import InputError

_LONGEST_MS = 2**40
"""Thirty years: more than any recording lasts, and no number that arithmetic fails on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """A word, a sentence, or marks between words."""

    text: str
    start: int
    """Milliseconds from the start of its file."""
    end: int


def read_boundaries(body: bytes) -> tuple[Boundary, ...]:
    """In the order of the file. Numbers may be strings, and a last comma is taken, as the preview's example has it.

    Raises ValueError: it is no such file.
    """
    try:
        entries = read_json(body.decode("utf-8-sig"))
    except InputError as error:
        raise ValueError(str(error)) from error
    if not isinstance(entries, list):
        raise ValueError("It is no list of boundaries.")
    return tuple(_boundary(entry) for entry in entries)


def _boundary(entry: object) -> Boundary:
    found = members(entry)
    text, offset, duration = found.get("text"), number(found.get("audiooffset")), number(found.get("duration"))
    if not isinstance(text, str) or offset is None or duration is None:
        raise ValueError("A boundary has no text, offset or duration.")
    if not (0 <= offset <= _LONGEST_MS and 0 <= duration <= _LONGEST_MS):
        raise ValueError("A boundary lies outside of any recording.")
    return Boundary(text=text, start=int(offset), end=int(offset + duration))
