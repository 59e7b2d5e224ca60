"""`<say-as>`: what a text is, made into words. What cannot be read as what it is said to be is read as it stands.

Numbers are worded in every language that `num2words` has, all else in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from string import digits

from shared.ssml import addresses, moments
from shared.ssml.numerals import cardinal, language_of, money, number, ordinal

LONGEST = 100
"""Characters of what is a number, a date or the like: more is none, and not searched for one."""

_FRACTION = re.compile(r"(?:(\d{1,9})\s+)?(\d{1,9})\s*[/⁄]\s*(\d{1,9})")
_ORDINAL_END = re.compile(r"(?<=\d)(?:st|nd|rd|th|\.|º|ª|er|e|ème)$", re.IGNORECASE)
_AMOUNT = re.compile(r"(?P<before>[^\d\s.,+-]*)\s*(?P<amount>[+-]?\d[\d.,'\s]*)\s*(?P<after>[^\d\s]*)")
_SYMBOLS: Mapping[str, str] = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB"}
_EXTENSION = re.compile(r"(?:x|ext\.?|extension)\s*(?=\d)", re.IGNORECASE)

Reader = Callable[[str, str, str], str | None]
"""Takes text, format and locale; None: it is not what it is said to be."""


def read(kind: str, text: str, *, form: str, locale: str) -> str:
    """What to say of `text`; `kind` is `interpret-as`, `form` is `format`, both in any case of letters."""
    reader = _READERS.get(kind.strip().lower())
    if reader is None or not text.strip() or (len(text) > LONGEST and reader not in _OF_ANY_LENGTH):
        return text
    said = reader(text.strip(), form.strip().lower(), locale)
    return text if said is None else said


def _characters(text: str, _form: str, _locale: str) -> str:
    """A lone "A" would be read as the article."""
    return " ".join("A." if letter in "aA" else letter.upper() for letter in text if not letter.isspace())


def _digits(text: str, _form: str, locale: str) -> str:
    words = {sign: cardinal(Decimal(sign), locale) for sign in set(text) & set(digits)}
    return " ".join(words.get(sign) or sign for sign in text if not sign.isspace())


def _cardinal(text: str, _form: str, locale: str) -> str | None:
    value = number(text, locale)
    return None if value is None else cardinal(value, locale)


def _ordinal(text: str, _form: str, locale: str) -> str | None:
    value = number(_ORDINAL_END.sub("", text), locale)
    return None if value is None else ordinal(value, locale)


def _fraction(text: str, _form: str, locale: str) -> str | None:
    match = _FRACTION.fullmatch(text)
    if not match or language_of(locale) != "en" or int(match[3]) == 0:
        return None
    top, bottom = int(match[2]), int(match[3])
    part = _PARTS.get(bottom) or ordinal(Decimal(bottom), locale) or match[3]
    said = f"{cardinal(Decimal(top), locale)} {part if top == 1 else _plural(part)}"
    return f"{cardinal(Decimal(match[1]), locale)} and {said}" if match[1] else said


_PARTS: Mapping[int, str] = {1: "whole", 2: "half", 4: "quarter"}


def _plural(part: str) -> str:
    return "halves" if part == "half" else f"{part}s"


def _telephone(text: str, _form: str, locale: str) -> str | None:
    """Digit by digit, with a comma where the writer parts them."""
    words = []
    for group in re.findall(r"\+|[A-Za-z.]+|\d+", _EXTENSION.sub("extension ", text)):
        words.append({"+": "plus"}.get(group) or (_digits(group, "", locale) + "," if group.isdigit() else group))
    return " ".join(words).rstrip(",") or None


def _currency(text: str, _form: str, locale: str) -> str | None:
    match = _AMOUNT.fullmatch(text)
    sign = (match["before"] or match["after"]).strip() if match else ""
    amount = number(match["amount"], locale) if match else None
    if amount is None or not sign:
        return None
    code = _SYMBOLS.get(sign, sign.upper())
    return (
        money(amount, code, locale)
        or f"{cardinal(amount, locale) or amount} {_NAMES.get(code) or _characters(code, '', '')}"
    )


_NAMES: Mapping[str, str] = {"JPY": "yen", "INR": "rupees"}
"""In English, of those that the library does not have there."""


def _name(text: str, _form: str, _locale: str) -> str:
    """ED is Ed, not E. D."""
    return " ".join(word.capitalize() if word.isupper() and len(word) > 1 else word for word in text.split())


_READERS: Mapping[str, Reader] = {
    "characters": _characters,
    "spell-out": _characters,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "number_digit": _digits,
    "fraction": _fraction,
    "date": moments.date,
    "time": moments.time,
    "duration": moments.duration,
    "telephone": _telephone,
    "currency": _currency,
    "address": addresses.address,
    "name": _name,
}

_OF_ANY_LENGTH = frozenset({_characters, _digits, addresses.address, _name})
