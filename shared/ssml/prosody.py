"""The values of `<prosody>` (and of `synthesisConfig`), as Azure's pages on SSML give them, made into multipliers.

Each function takes a value and the multiplier in force around it; what is not valid leaves that as it is. Azure
limits what is out of range rather than refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

RATES: Mapping[str, float] = {
    "x-slow": 0.5,
    "slow": 0.64,
    "medium": 1.0,
    "default": 1.0,
    "fast": 1.55,
    "x-fast": 2.0,
}
PITCHES: Mapping[str, float] = {
    "x-low": 0.55,
    "low": 0.8,
    "medium": 1.0,
    "default": 1.0,
    "high": 1.2,
    "x-high": 1.45,
}
VOLUMES: Mapping[str, float] = {
    "silent": 0.0,
    "x-soft": 0.2,
    "soft": 0.4,
    "medium": 0.6,
    "loud": 0.8,
    "x-loud": 1.0,
    "default": 1.0,
}

USUAL_HERTZ = 200.0
"""Pitch of a voice at multiplier 1, to read values in Hz by: a woman's, as our default voice is."""

_DIGITS = r"(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
RATE = rf"{'|'.join(RATES)}|[+-]?{_DIGITS}%|0?\.[5-9][0-9]{{0,8}}|1(?:\.[0-9]{{0,9}})?|2(?:\.0{{0,9}})?"
PITCH = rf"{'|'.join(PITCHES)}|[+-]?{_DIGITS}(?:%|[Hh][Zz])|[+-]{_DIGITS}st"
_PERCENT = r"[0-9]{1,2}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}|100(?:\.0{0,9})?"
VOLUME = rf"{'|'.join(VOLUMES)}|[+-]?{_DIGITS}%|[+-]{_DIGITS}|{_PERCENT}"
"""What an author is right to write, as patterns of a whole value. A bare number out of range is none: nobody means it
to be limited."""

_NUMBER = re.compile(r"([+-]?)(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(%|hz|st)?", re.IGNORECASE)


def rate(value: str, current: float) -> float:
    """Speed, 0.5 to 2: a word, a bare number (a multiplier) or a percentage of change."""
    word = value.strip().lower()
    if word in RATES:
        return RATES[word]
    sign, number, unit = _number(word)
    if unit == "%":
        return _limited(current * (1 + number / 100), 0.5, 2.0)
    if unit == "" and not sign and number > 0:
        return _limited(current * number, 0.5, 2.0)
    return current


def pitch(value: str, current: float) -> float:
    """Pitch, 0.5 to 1.5: a word, Hz (absolute, or with a sign a change), semitones, or a percentage of change."""
    word = value.strip().lower()
    if word in PITCHES:
        return PITCHES[word]
    sign, number, unit = _number(word)
    changed = current
    if unit == "%":
        changed = current * (1 + number / 100)
    elif unit == "st" and sign:
        changed = current * 2 ** (_limited(number, -24, 24) / 12)
    elif unit == "hz":
        changed = current * bool(sign) + number / USUAL_HERTZ
    return _limited(changed, 0.5, 1.5)


def volume(value: str, current: float) -> float:
    """Amplitude, 0 to 1: a word, 0 to 100, or with a sign a change in the same points, or a percentage of change."""
    word = value.strip().lower()
    if word in VOLUMES:
        return VOLUMES[word]
    sign, number, unit = _number(word)
    changed = current
    if unit == "%":
        changed = current * (1 + number / 100)
    elif unit == "":
        changed = current * bool(sign) + number / 100
    return _limited(changed, 0.0, 1.0)


def _number(word: str) -> tuple[str, float, str | None]:
    """Sign, signed number, unit ("" for none); the unit is None where `word` is no number."""
    match = _NUMBER.fullmatch(word)
    if not match:
        return "", 0.0, None
    sign, digits, unit = match.groups()
    return sign, float(sign + digits), unit or ""


def _limited(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
