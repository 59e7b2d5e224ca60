"""The grammar of prosody values, case by case (Azure's page "Customize voice and sound with SSML")."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ssml import prosody

RATES = {
    "1": 1.0,
    "1.25": 1.25,
    " 0.75 ": 0.75,
    ".5": 0.5,
    "3": 2.0,
    "0.1": 0.5,
    "+30%": 1.3,
    "+30.00%": 1.3,
    "50%": 1.5,
    "-20%": 0.8,
    "-90%": 0.5,
    "400%": 2.0,
    "x-slow": 0.5,
    "slow": 0.64,
    "medium": 1.0,
    "fast": 1.55,
    "x-fast": 2.0,
    "FAST": 1.55,
    "default": 1.0,
    # not valid: no change
    "": 1.0,
    "0": 1.0,
    "-1": 1.0,
    "+1": 1.0,
    "quick": 1.0,
    "10st": 1.0,
    "100Hz": 1.0,
    "1,5": 1.0,
    "30 %": 1.0,
    "nan": 1.0,
    "inf": 1.0,
    "1e1": 1.0,
    "+-3%": 1.0,
}

PITCHES = {
    "200Hz": 1.0,
    "240hz": 1.2,
    "600Hz": 1.5,
    "1MHz": 1.0,
    "+20Hz": 1.1,
    "-20Hz": 0.9,
    "+2st": 2 ** (2 / 12),
    "-2st": 2 ** (-2 / 12),
    "+99st": 1.5,
    "20%": 1.2,
    "+20%": 1.2,
    "-20%": 0.8,
    "-80%": 0.5,
    "x-low": 0.55,
    "low": 0.8,
    "medium": 1.0,
    "high": 1.2,
    "x-high": 1.45,
    "default": 1.0,
    # not valid: no change
    "": 1.0,
    "1.2": 1.0,
    "2st": 1.0,
    "shrill": 1.0,
}

VOLUMES = {
    "100": 1.0,
    "80": 0.8,
    "0.0": 0.0,
    "120": 1.0,
    "-20": 0.8,
    "+10": 1.0,
    "-50%": 0.5,
    "50%": 1.0,
    "silent": 0.0,
    "x-soft": 0.2,
    "soft": 0.4,
    "medium": 0.6,
    "loud": 0.8,
    "x-loud": 1.0,
    "default": 1.0,
    # not valid: no change
    "": 1.0,
    "quiet": 1.0,
    "-6dB": 1.0,
    "10Hz": 1.0,
}


@pytest.mark.parametrize(("value", "expected"), RATES.items())
def test_rate(value: str, expected: float) -> None:
    assert prosody.rate(value, 1.0) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "expected"), PITCHES.items())
def test_pitch(value: str, expected: float) -> None:
    assert prosody.pitch(value, 1.0) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "expected"), VOLUMES.items())
def test_volume(value: str, expected: float) -> None:
    assert prosody.volume(value, 1.0) == pytest.approx(expected)


def test_changes_are_relative_to_what_is_around() -> None:
    assert prosody.rate("+20%", 1.5) == pytest.approx(1.8)
    assert prosody.rate("slow", 1.5) == pytest.approx(0.64)
    assert prosody.rate("nonsense", 1.5) == 1.5
    assert prosody.pitch("+20Hz", 0.8) == pytest.approx(0.9)
    assert prosody.volume("-10", 0.5) == pytest.approx(0.4)
    assert prosody.volume("30", 0.5) == pytest.approx(0.3)


@given(st.text(max_size=12) | st.from_regex(r"[+-]?\d{1,12}(\.\d*)?(%|st|hz|Hz)?", fullmatch=True))
def test_no_value_leads_out_of_range(value: str) -> None:
    assert 0.5 <= prosody.rate(value, 1.0) <= 2.0
    assert 0.5 <= prosody.pitch(value, 1.0) <= 1.5
    assert 0.0 <= prosody.volume(value, 1.0) <= 1.0


@given(st.from_regex(prosody.RATE, fullmatch=True))
def test_what_the_patterns_allow_is_understood_rate(value: str) -> None:
    expected = prosody.RATES.get(value) or changed(value, scale=1, low=0.5, high=2)
    assert prosody.rate(value, 1.0) == pytest.approx(expected)


@given(st.from_regex(prosody.VOLUME, fullmatch=True))
def test_what_the_patterns_allow_is_understood_volume(value: str) -> None:
    word = prosody.VOLUMES.get(value)
    expected = changed(value, scale=100, low=0, high=1) if word is None else word
    assert prosody.volume(value, 1.0) == pytest.approx(expected)


@pytest.mark.parametrize("value", [value for value in PITCHES if value not in ("", "1.2", "2st", "shrill", "1MHz")])
def test_what_the_patterns_allow_is_understood_pitch(value: str) -> None:
    assert re.fullmatch(prosody.PITCH, value)


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        (prosody.RATE, ["", "0", "-1", "+1", "80", "0.4", "2.1", "quick", "30 %", "nan", "1e1", "10st", "FAST", "1\n"]),
        (prosody.PITCH, ["", "1.2", "2st", "shrill", "1MHz", "10 Hz"]),
        (prosody.VOLUME, ["", "101", "1000", "100.5", "quiet", "-6dB", "10Hz", "٣"]),
    ],
)
def test_what_is_not_understood_or_out_of_range_is_not_allowed(pattern: str, values: list[str]) -> None:
    assert [value for value in values if re.fullmatch(pattern, value)] == []


def changed(value: str, *, scale: int, low: float, high: float) -> float:
    """A bare number of `scale`, or a change of 1."""
    number = float(value.rstrip("%")) / (100 if value.endswith("%") else scale)
    is_change = value.endswith("%") or (value[0] in "+-" and scale == 100)
    return min(max(number + is_change, low), high)
