"""Formats as data."""

from __future__ import annotations

import pytest

from shared.audio import ENCODABLE, duration_ms, payload_bytes
from shared.batchapi import formats


def test_every_format_that_we_encode_is_one_of_the_apis() -> None:
    assert set(formats.FORMATS) >= ENCODABLE


@pytest.mark.parametrize(
    ("samples", "rate", "expected"), [(60_000, 24_000, 2500), (0, 24_000, 0), (23_999, 24_000, 999)]
)
def test_duration(samples: int, rate: int, expected: int) -> None:
    assert duration_ms(samples, rate) == expected


def test_the_size_of_a_riff_is_that_of_its_payload() -> None:
    assert payload_bytes("riff-24khz-16bit-mono-pcm", 120_044) == 120_000
    assert payload_bytes("riff-8khz-8bit-mono-mulaw", 120_058) == 120_000
    assert payload_bytes("raw-8khz-8bit-mono-mulaw", 120_000) == 120_000
    assert payload_bytes("audio-24khz-48kbitrate-mono-mp3", 120_044) == 120_044
