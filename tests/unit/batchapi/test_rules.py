"""Formats and billing: the tables and the rule of the API's documents."""

from __future__ import annotations

import pytest

from shared.audio import ENCODABLE
from shared.batchapi.billing import billable_characters
from shared.batchapi.formats import DEFAULT_FORMAT, FORMATS, audio_name
from shared.batchapi.model import InputKind

BILLED = [
    # The published example: 29 neural characters for this SSML.
    ("<speak version='1.0' xml:lang='en-US'><voice name='J'>The rainbow has seven colors.</voice></speak>", 29),
    ("<speak><voice name='a > b'>one<break time='1s'/>two</voice></speak>", 3 + 18 + 3),
    ("<speak>\n<voice>a</voice>\n</speak>", 3),
    ("<speakers>a</speakers>", 22),
    ("<ns:voice>a</ns:voice>", 1),
    ("<speak><voice>漢字かな한글</voice></speak>", 2 * 2 + 2 + 2),
    ("<voice 'unclosed", 0),
]


@pytest.mark.parametrize(("text", "count"), BILLED)
def test_ssml_is_billed_without_its_speak_and_voice_tags(text: str, count: int) -> None:
    assert billable_characters(text, InputKind.SSML) == count


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a b\r\n", 5), ("<voice>", 7), ("漢 ok", 5), ("𠀀😀", 3)])
def test_plain_text_is_billed_by_code_point_and_chinese_double(text: str, count: int) -> None:
    assert billable_characters(text, InputKind.PLAIN_TEXT) == count


def test_there_are_37_formats_with_the_documented_meaning() -> None:
    assert len(FORMATS) == 37
    wav = FORMATS[DEFAULT_FORMAT]
    assert (wav.codec, wav.container, wav.rate, wav.bitrate, wav.extension) == ("pcm", "riff", 24_000, 384_000, "wav")
    mp3 = FORMATS["audio-48khz-192kbitrate-mono-mp3"]
    assert (mp3.codec, mp3.rate, mp3.bitrate, mp3.content_type) == ("mp3", 48_000, 192_000, "audio/mpeg")
    law = FORMATS["raw-8khz-8bit-mono-mulaw"]
    assert (law.codec, law.container, law.bitrate) == ("mulaw", "", 64_000)


def test_all_that_can_be_encoded_is_a_format_of_the_api() -> None:
    assert FORMATS.keys() >= ENCODABLE


def test_sounds_are_numbered_with_four_digits_or_more() -> None:
    assert audio_name(1, FORMATS[DEFAULT_FORMAT]) == "0001.wav"
    assert audio_name(10_000, FORMATS["g722-16khz-64kbps"]) == "10000.g722"
