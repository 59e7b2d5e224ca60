"""Numbers as words, in the languages that `num2words` has: the rest is read as it stands.

The library is imported when a number is first asked for. It takes numbers of any length, so lengths are limited here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

MOST_DIGITS = 15
"""A longer run of digits is no number that one would say as one."""

_NUMBER = re.compile(r"([-+−]?)(\d[\d.,'\s]*)")
_GROUPS = re.compile(r"[\s']")
_COMMA_DECIMALS = frozenset(
    {
        *("ca", "cs", "da", "de", "es", "fi", "fr", "hu", "id", "is", "it", "lt", "lv", "nl", "no"),
        *("pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi"),
    }
)
"""Languages in which 1.234,5 is what English writes as 1,234.5."""


def language_of(locale: str) -> str:
    """The language's code in small letters: "de" of "de-AT"; English where there is none."""
    return re.split("[-_]", locale, maxsplit=1)[0].lower() or "en"


def number(text: str, locale: str) -> Decimal | None:
    """The number that `text` writes in the manner of `locale`; None: it is none, or longer than MOST_DIGITS."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        return None
    digits = _GROUPS.sub("", match[2])
    group, point = (".", ",") if language_of(locale) in _COMMA_DECIMALS else (",", ".")
    if point == "," and re.fullmatch(r"\d+\.\d{1,2}", digits):
        group, point = ",", "."  # 12.50 is nobody's thousands
    whole, _, rest = digits.replace(group, "").partition(point)
    if not whole or not (whole + rest).isascii() or not (whole + (rest or "0")).isdigit():
        return None
    if len(whole + rest) > MOST_DIGITS:
        return None
    value = Decimal(f"{whole}.{rest}" if rest else whole)
    return -value if match[1] in ("-", "−") else value


def cardinal(value: Decimal, locale: str) -> str | None:
    """None where the language has no words for it; so do all of these."""
    return _words(value, locale, "cardinal")


def ordinal(value: Decimal, locale: str) -> str | None:
    if value != int(value) or value < 0:
        return None
    return _words(value, locale, "ordinal")


def year(value: int, locale: str) -> str | None:
    return _words(Decimal(value), locale, "year")


def money(value: Decimal, code: str, locale: str) -> str | None:
    """`code`: of ISO 4217, e.g. USD."""
    separator = {"separator": " and"} if language_of(locale) == "en" else {}
    if value == int(value):
        separator = {"separator": "|"}  # of "five euros|zero cents" one says the first half
    cents = value.quantize(Decimal("0.01"))
    said = _called(lambda say, lang: say(cents, lang=lang, to="currency", currency=code, **separator), locale)
    return said.partition("|")[0].strip() if said else None


def _words(value: Decimal, locale: str, to: str) -> str | None:
    plain: int | Decimal = int(value) if value == int(value) else value
    return _called(lambda say, lang: say(plain, lang=lang, to=to), locale)


def _called(ask: Callable[[Callable[..., Any], str], Any], locale: str) -> str | None:
    from num2words import CONVERTER_CLASSES, num2words

    regional = locale.replace("-", "_")
    lang = next((name for name in (regional, language_of(locale)) if name in CONVERTER_CLASSES), None)
    if lang is None:
        return None
    try:
        return str(ask(num2words, lang))
    except (NotImplementedError, OverflowError, TypeError, ValueError, KeyError, IndexError):
        return None  # a language without this form, or beyond its largest number
