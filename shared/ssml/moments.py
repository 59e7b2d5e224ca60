"""`<say-as>` for dates, times and durations, in English; in other languages they are read as they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from shared.ssml.numerals import cardinal, language_of, ordinal, year

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_PARTED = re.compile(r"[\s./,-]+")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?\s*(?:([ap])\.?\s*m\.?)?", re.IGNORECASE)
_DATE_FORMATS = frozenset(["dmy", "mdy", "ymd", "ydm", "ym", "my", "md", "dm", "d", "m", "y"])
_UNITS: Mapping[str, Sequence[str]] = {
    "hms": ("hour", "minute", "second"),
    "hm": ("hour", "minute"),
    "ms": ("minute", "second"),
}


def date(text: str, form: str, locale: str) -> str | None:
    """`form` is one of dmy mdy ymd ydm ym my md dm d m y; where none is given it follows from the text and locale."""
    if language_of(locale) != "en":
        return None
    fields = _PARTED.split(text.strip())
    form = form if form in _DATE_FORMATS else _usual(fields, locale)
    if len(fields) != len(form):
        return None
    said = {part: _DATE_PARTS[part](field, locale) for part, field in zip(form, fields, strict=True)}
    if None in said.values():
        return None
    if "d" in said and "m" in said:
        day = f"{said['m']} {said['d']}" if form.index("m") < form.index("d") else f"the {said['d']} of {said['m']}"
    else:
        day = said.get("m") or said.get("d") or ""
    return (
        ", ".join(part for part in (day, said.get("y")) if part)
        if "d" in said
        else f"{day} {said.get('y', '')}".strip()
    )


def _usual(fields: Sequence[str], locale: str) -> str:
    if len(fields[0]) == 4 and fields[0].isdigit():
        return "ymd"[: len(fields)]
    if len(fields) == 1:
        return "y"
    american = locale in ("", "en", "en-US", "en_US") or fields[0].isalpha()
    return ("mdy" if american else "dmy")[: len(fields)]


def _day(field: str, locale: str) -> str | None:
    match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", field, re.IGNORECASE)
    return ordinal(Decimal(match[1]), locale) if match and 1 <= int(match[1]) <= 31 else None


def _month(field: str, _locale: str) -> str | None:
    if field.isascii() and field.isdigit():
        return _MONTHS[int(field) - 1] if len(field) <= 2 and 1 <= int(field) <= 12 else None
    named = [month for month in _MONTHS if len(field) >= 3 and month.lower().startswith(field.lower())]
    return named[0] if named else None


def _year(field: str, locale: str) -> str | None:
    digits = field.lstrip("'’")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        return None
    if len(digits) == 2 and digits[0] == "0":
        return f"oh {cardinal(Decimal(digits), locale)}"
    return year(int(digits), locale)


_DATE_PARTS = {"d": _day, "m": _month, "y": _year}


def time(text: str, form: str, locale: str) -> str | None:
    """`form` is hms12 or hms24; the half of the day is said where it is written."""
    match = _TIME.fullmatch(text.strip())
    if not match or language_of(locale) != "en":
        return None
    hour, minute, second = (int(match[group] or 0) for group in (1, 2, 3))
    if hour > 24 or minute > 59 or second > 59 or (form == "hms12" and hour > 12 and match[4]):
        return None
    half = f" {match[4].upper()}.M." if match[4] else ""
    words = [_count(hour, locale)]
    if minute:
        words.append(f"oh {_count(minute, locale)}" if minute < 10 else _count(minute, locale))
    elif not half:
        words.append("o'clock" if 1 <= hour <= 12 else "hundred hours")
    said = " ".join(words) + half
    return f"{said} and {_counted(second, 'second', locale)}" if second else said


def duration(text: str, form: str, locale: str) -> str | None:
    """`form` is hms, hm or ms; where none is given, as many of hours, minutes and seconds as the text has."""
    fields = re.findall(r"\d+", text)
    if language_of(locale) != "en" or not re.fullmatch(r"\d{1,6}(?:[:.]\d{1,6}){0,2}", text.strip()):
        return None
    units = _UNITS.get(form) or ("hour", "minute", "second")[-max(len(fields), 1) :]
    if len(units) != len(fields):
        return None
    said = [_counted(int(field), unit, locale) for field, unit in zip(fields, units, strict=True) if int(field)]
    if not said:
        return _counted(0, units[-1], locale)
    return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0]


def _count(value: int, locale: str) -> str:
    return cardinal(Decimal(value), locale) or str(value)


def _counted(value: int, unit: str, locale: str) -> str:
    return f"{_count(value, locale)} {unit}{'' if value == 1 else 's'}"
