"""The kinds of values that options have: how each is read from JSON or from a text, and its JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from shared.ssml import phones
from shared.ssml.pronounce import is_phones


class Unusable(ValueError):
    """Says in words for the author why a value cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    allowed: str
    """Ends a sentence that begins with "Make it"."""
    read: Callable[[Any], Any]
    """From JSON to what is kept. Raises ValueError; Unusable where `allowed` does not say enough."""
    schema: Mapping[str, Any]
    of_text: Callable[[str], Any] = str
    """From the text of a metadata value to what `read` takes. Raises ValueError."""


def text(pattern: str, allowed: str) -> Values:
    def read(value: Any) -> str:
        return _matching(pattern, value)

    return Values(allowed=allowed, read=read, schema=_pattern(pattern))


def text_or_number(pattern: str, allowed: str, *, low: float, high: float) -> Values:
    """A text, which may as well be given as a number; kept as text."""

    def read(value: Any) -> str:
        if isinstance(value, str):
            return _matching(pattern, value)
        return f"{_number(value, low, high):.3f}".rstrip("0").rstrip(".")

    return Values(allowed=allowed, read=read, schema={"anyOf": [_pattern(pattern), _range("number", low, high)]})


def one_of(names: Sequence[str], allowed: str) -> Values:
    def read(value: Any) -> str:
        if value not in names:
            close = get_close_matches(str(value), names, n=1, cutoff=0.3)
            raise Unusable(f"It is {shown(value)}" + "".join(f", which is nearest to {name}" for name in close))
        return str(value)

    return Values(allowed=allowed, read=read, schema={"enum": list(names)})


def several(names: Sequence[str]) -> Values:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or any(item not in names for item in value):
            raise ValueError
        return tuple(name for name in names if name in value)

    def of_text(value: str) -> list[str]:
        return [name.strip() for name in value.split(",") if name.strip()]

    shown = " and ".join(f'"{name}"' for name in names)
    schema = {"type": "array", "items": {"enum": list(names)}}
    return Values(allowed=f"a list of {shown}, or of one of them", read=read, schema=schema, of_text=of_text)


def flag() -> Values:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    def of_text(value: str) -> Any:
        return {"true": True, "false": False}.get(value.lower(), value)

    return Values(allowed="true or false", read=read, schema={"type": "boolean"}, of_text=of_text)


def number(low: float, high: float) -> Values:
    def read(value: Any) -> float:
        return float(_number(value, low, high))

    return Values(
        allowed=f"a number from {low:g} to {high:g}", read=read, schema=_range("number", low, high), of_text=float
    )


def count(low: int, high: int) -> Values:
    def read(value: Any) -> int:
        if _number(value, low, high) != int(value):
            raise ValueError
        return int(value)

    return Values(
        allowed=f"a whole number from {low} to {high}", read=read, schema=_range("integer", low, high), of_text=int
    )


MOST_WORDS = 1000
LONGEST_WORD = 100
LONGEST_SAID = 200
_CHARACTER = r"[^\u0000-\u001f\u007f\ufffe\uffff]"
_WORD = rf"(?=\S)(?=.*\S$){_CHARACTER}{{1,{LONGEST_WORD}}}"
_SAID = rf"(?=.*\S){_CHARACTER}{{1,{LONGEST_SAID}}}"


def lexicon() -> Values:
    """Words to what is said for them; None for a word: what folders above say of it does not hold."""

    def read(value: Any) -> dict[str, str | None]:
        if not isinstance(value, Mapping):
            raise ValueError
        if len(value) > MOST_WORDS:
            raise Unusable(f"It has {len(value):,} words, and the limit is {MOST_WORDS:,}")
        return {_word(word): None if said is None else _said(word, said) for word, said in value.items()}

    allowed = (
        f"an object of at most {MOST_WORDS:,} words; for each, what is said instead "
        'such as {"GIF": "jif"}, or between slashes its phones in IPA such as {"tomato": "/təˈmeɪtoʊ/"}'
    )
    schema = {
        "type": "object",
        "maxProperties": MOST_WORDS,
        "propertyNames": _pattern(_WORD),
        "additionalProperties": {"anyOf": [_pattern(_SAID), {"type": "null"}]},
    }
    return Values(allowed=allowed, read=read, schema=schema, of_text=read_object)


def _word(word: str) -> str:
    if not re.fullmatch(_WORD, word):
        raise Unusable(f"A word is {shown(word)}, which is empty, too long, or has white space at its ends")
    return " ".join(word.split())


def _said(word: str, said: Any) -> str:
    if not isinstance(said, str) or not re.fullmatch(_SAID, said):
        raise Unusable(f"For {shown(word)} it has {shown(said)}")
    if is_phones(said):
        unknown = phones.unknown_phone(said[1:-1])
        if unknown or not said[1:-1].strip():
            fault = f"where '{unknown}' is not of the IPA" if unknown else "which has no phones"
            raise Unusable(f"For {shown(word)} it has {shown(said)}, {fault}")
    return said


def read_object(content: str) -> dict[str, Any]:
    """Raises ValueError: no JSON; Unusable: no object, or a member comes twice in one."""
    try:
        value = json.loads(content, object_pairs_hook=_unique, parse_constant=_refused)
    except RecursionError as error:
        raise Unusable("Its brackets lie too deep in each other") from error
    if not isinstance(value, dict):
        raise Unusable("It is not one JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unusable(f"The member {shown(twice)} comes twice")
    return value


def _refused(name: str) -> Any:
    raise Unusable(f"{name} is not a number of JSON")


def shown(value: Any) -> str:
    """A value as an error shows it."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 60 else f"{written[:57]}…"


def _matching(pattern: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ValueError
    return value


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError
    return value


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _range(kind: str, low: float, high: float) -> dict[str, Any]:
    return {"type": kind, "minimum": low, "maximum": high}
