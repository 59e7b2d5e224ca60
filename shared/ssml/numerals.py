"""Numbers as words, in the languages that `num2words` has: the rest is read as it stands.

The library is imported when a number is first asked for. It takes numbers of any length, so lengths are limited here.
It is many hands' work, and some of its languages fail at some numbers, or never end: those are asked that a test has
tried, for what it has tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

MOST_DIGITS = 15
"""A longer run of digits is no number that one would say as one."""
LARGEST_ORDINAL = 10**9
"""Nor would one count beyond; near 10**15 Spanish ordinals never end."""

SAYS: Mapping[str, frozenset[str]] = {
    kind: frozenset(languages.split())
    for kind, languages in {
        "cardinal": (
            "ar az be bn ca ce cs cy da de en en_IN en_NG eo es es_CO es_CR es_GT es_NI es_VE fa fi fr fr_BE fr_CH"
            " fr_DZ he hu id is it ja kn ko kz lt lv nl no pl pt pt_BR ro ru sk sl sr sv te tet tg th tr uk vi"
        ),
        "ordinal": (
            "ar az be bn ca ce cy da de en en_IN en_NG eo es es_CO es_CR es_GT es_NI es_VE fa fi fr fr_BE fr_CH fr_DZ"
            " he hu id it ja kn ko nl no pl pt pt_BR ro ru sl sv te tet tg th tr uk vi"
        ),
        "currency": "be ca ce cs cy de en en_IN eo es fi fr fr_BE fr_CH he hu it ko kz lt lv nl pl pt ru sk sr tg uk",
        "year": "en en_IN en_NG",
    }.items()
}
"""The library's names of the languages in which it is asked for each kind. Not Amharic, which never ends at 1234567."""
_NAMES: Mapping[str, str] = {"kk": "kz", "nb": "no"}
"""The library's names of languages, where ISO 639 has another."""

_NUMBER = re.compile(r"([-+−]?)(\d[\d.,'\s]*)")
_GROUPS = re.compile(r"[\s']")
_COMMA_DECIMALS = frozenset(
    {
        *("ca", "cs", "da", "de", "es", "fi", "fr", "hu", "id", "is", "it", "lt", "lv", "nb", "nl", "no"),
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
    if value != int(value) or not 0 <= value < LARGEST_ORDINAL:
        return None
    return _words(value, locale, "ordinal")


def year(value: int, locale: str) -> str | None:
    return _words(Decimal(value), locale, "year")


def money(value: Decimal, code: str, locale: str) -> str | None:
    """`code`: of ISO 4217, e.g. USD."""
    separator = {"separator": " and"} if language_of(locale) == "en" else {}
    if value == int(value):
        separator = {"separator": "|"}  # of "five euros|zero cents" one says the first half
    said = _words(value.quantize(Decimal("0.01")), locale, "currency", currency=code, **separator)
    return said.partition("|")[0].strip() if said else None


@lru_cache(maxsize=1024)
def _words(value: Decimal, locale: str, kind: str, **manner: str) -> str | None:
    from num2words import num2words

    language = language_of(locale)
    names = (locale.replace("-", "_"), _NAMES.get(language, language))
    lang = next((name for name in names if name in SAYS[kind]), None)
    if lang is None:
        return None
    whole = kind != "currency" and value == int(value)
    try:
        said = str(num2words(int(value) if whole else value, lang=lang, to=kind, **manner))
    except Exception:  # noqa: BLE001 (it raises what it likes where it has no words)
        return None
    return said if said.strip() and "(" not in said else None  # "(-)" where a language has no word for minus
