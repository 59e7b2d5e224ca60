"""Reading a create: what is taken, what is ignored, and what is refused by the name of its member."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from shared.batchapi.codec import encode_create
from shared.batchapi.model import Background, InputKind
from shared.batchapi.request import read_create
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.errors import InputError

GA_BODY: dict[str, Any] = {
    "inputKind": "PlainText",
    "inputs": [{"content": "one"}],
    "synthesisConfig": {"voice": "en-US-JennyNeural"},
}
PREVIEW_BODY: dict[str, Any] = {"displayName": "n", "textType": "SSML", "inputs": [{"text": "<speak/>"}]}


def read(version: ApiVersion, changes: dict[str, Any]) -> Any:
    return read_create(version, json.dumps({**(GA_BODY if version is GA else PREVIEW_BODY), **changes}).encode())


REFUSED: list[tuple[ApiVersion, dict[str, Any], str]] = [
    (GA, {"inputKind": None}, "inputKind"),
    (GA, {"inputKind": "Text"}, "inputKind"),
    (GA, {"inputs": None}, "inputs"),
    (GA, {"inputs": []}, "inputs"),
    (GA, {"inputs": "text"}, "inputs"),
    (GA, {"inputs": [{"content": "a"}, {"text": "b"}]}, "inputs[1].content"),
    (GA, {"inputs": [{"content": ""}]}, "inputs[0].content"),
    (GA, {"inputs": [{"content": 3}]}, "inputs[0].content"),
    (GA, {"inputs": ["a"]}, "inputs[0].content"),
    (GA, {"inputs": [{"content": "a"}] * 10_001}, "inputs"),
    (PREVIEW, {"inputs": [{"text": "a"}] * 1_001}, "inputs"),
    (GA, {"synthesisConfig": None}, "synthesisConfig.voice"),
    (GA, {"synthesisConfig": {"voice": ""}}, "synthesisConfig.voice"),
    (GA, {"synthesisConfig": "JennyNeural"}, "synthesisConfig"),
    (GA, {"properties": []}, "properties"),
    (GA, {"properties": {"outputFormat": "mp3"}}, "properties.outputFormat"),
    (GA, {"properties": {"outputFormat": 3}}, "properties.outputFormat"),
    (GA, {"properties": {"concatenateResult": "perhaps"}}, "properties.concatenateResult"),
    (GA, {"properties": {"timeToLiveInHours": 0}}, "properties.timeToLiveInHours"),
    (GA, {"properties": {"timeToLiveInHours": 745}}, "properties.timeToLiveInHours"),
    (GA, {"properties": {"timeToLiveInHours": "long"}}, "properties.timeToLiveInHours"),
    (PREVIEW, {"properties": {"timeToLive": "P32D"}}, "properties.timeToLive"),
    (PREVIEW, {"properties": {"timeToLive": "P1M"}}, "properties.timeToLive"),
    (PREVIEW, {"properties": {"timeToLive": "-PT1H"}}, "properties.timeToLive"),
    (PREVIEW, {"properties": {"timeToLive": "P" + "9" * 400 + "D"}}, "properties.timeToLive"),
    (GA, {"properties": {"destinationPath": "a"}}, "properties.destinationPath"),
    (GA, {"properties": {"destinationPath": "a/../b", "destinationContainerUrl": "u"}}, "properties.destinationPath"),
    (GA, {"properties": {"destinationPath": "a//b", "destinationContainerUrl": "u"}}, "properties.destinationPath"),
    (GA, {"customVoices": {"v": "x"}}, "customVoices.v"),
    (GA, {"description": "d" * 8_001}, "description"),
    (PREVIEW, {"displayName": None}, "displayName"),
    (PREVIEW, {"customProperties": {"k" * 65: "v"}}, "customProperties"),
    (PREVIEW, {"customProperties": {"k": "v" * 257}}, "customProperties"),
    (PREVIEW, {"customProperties": {"k": 1}}, "customProperties"),
    (PREVIEW, {"customProperties": {str(n): "v" for n in range(11)}}, "customProperties"),
]


@pytest.mark.parametrize(("version", "changes", "where"), REFUSED)
def test_what_is_wrong_is_refused_by_name(version: ApiVersion, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as refused:
        read(version, changes)
    assert refused.value.where == where
    assert refused.value.remedy


def test_limits_themselves_are_accepted() -> None:
    assert len(read(GA, {"inputs": [{"content": "a"}] * 10_000}).inputs) == 10_000
    assert read(GA, {"properties": {"timeToLiveInHours": 744}}).properties.time_to_live_hours == 744
    assert read(PREVIEW, {"properties": {"timeToLive": "P31D"}}).properties.time_to_live_hours == 744
    fitting = {"k" * 64: "v" * 256}
    assert read(PREVIEW, {"customProperties": fitting}).custom_properties == fitting


def test_names_and_enum_values_are_taken_in_any_case_and_strangers_ignored() -> None:
    """As the vendor's own C# client sends them, with read-only members at their default values."""
    body = {
        "InputKind": "plaintext",
        "Inputs": [{"Content": "one"}],
        "SynthesisConfig": {"Voice": "en-US-JennyNeural", "StyleDegree": 1.5, "Rate": None, "Pitch": True},
        "CreatedDateTime": "0001-01-01T00:00:00",
        "DisplayName": "left over",
        "Properties": {"OutputFormat": "", "ConcatenateResult": "True", "Unknown": {}},
    }
    request = read_create(GA, json.dumps(body).encode())
    assert request.kind is InputKind.PLAIN_TEXT
    assert request.config is not None
    assert (request.config.style_degree, request.config.rate, request.config.pitch) == ("1.5", None, None)
    assert request.properties.output_format == "riff-24khz-16bit-mono-pcm"
    assert request.properties.concatenate_result
    assert request.display_name is None


BACKGROUNDS: list[tuple[Any, Background | None]] = [
    ({"src": "https://x/a.mp3"}, Background(url="https://x/a.mp3")),
    (
        {"SRC": "https://x/a.mp3?sig=s", "Volume": "0.5", "FadeIn": 10_000, "fadeOut": "20"},
        Background(url="https://x/a.mp3?sig=s", volume=0.5, fade_in=10_000, fade_out=20),
    ),
    ({"src": "x", "volume": 100.1, "fadein": -1, "fadeout": 10_001}, Background(url="x")),
    ({"src": "x", "volume": "loud", "fadein": "1s", "fadeout": [1]}, Background(url="x")),
    ({"src": "x", "volume": True, "fadein": None, "fadeout": "nan"}, Background(url="x")),
    ({"src": "x", "volume": 0, "fadein": 0.9}, Background(url="x", volume=0)),
    ({"src": "x" * 2001}, None),
    ({"src": ""}, None),
    ({"src": 1}, None),
    ({"volume": 1}, None),
    ("https://x/a.mp3", None),
    ([], None),
    (None, None),
]


@pytest.mark.parametrize(("given", "meant"), BACKGROUNDS)
def test_of_a_background_what_is_not_valid_is_ignored(given: Any, meant: Background | None) -> None:
    config = {"voice": "en-US-JennyNeural", "backgroundAudio": given}
    request = read(GA, {"inputKind": "PlainText", "synthesisConfig": config})
    assert request.config is not None
    assert request.config.background == meant
    assert read_create(GA, encode_create(GA, request)) == request


def test_a_config_is_for_plain_text_only() -> None:
    assert read(PREVIEW, {"synthesisConfig": {"voice": "en-US-JennyNeural"}}).config is None


BROKEN = [
    (b"", "line 1, column 1"),
    (b"\xff", "byte 0"),
    (b"[]", ""),
    (b'{"a": [1 2]}', "line 1, column 10"),
    (b'{"a": NaN}', ""),
    (b'{"a": ' + b"9" * 5_000 + b"}", ""),
    (b'{"a": "\\ud800"}', ""),
    (b"[" * 100_000, ""),
]


@pytest.mark.parametrize(("body", "where"), BROKEN)
def test_what_is_no_json_is_refused_with_its_place(body: bytes, where: str) -> None:
    with pytest.raises(InputError) as refused:
        read_create(GA, body)
    assert refused.value.where == where


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_create(GA, b"\xef\xbb\xbf" + json.dumps(GA_BODY).encode()).inputs == ("one",)


def test_lenient_reading_keeps_commas_and_brackets_within_strings() -> None:
    body = b'{"inputKind": "PlainText", "synthesisConfig": {"voice": "v",}, "inputs": [{"content": "a,\n]\\",}"},],}'
    assert read_create(GA, body).inputs == ('a,\n]",}',)


@pytest.mark.parametrize(
    "filler", [b'\\"', b",", b", ", b"[,", b'"', b'",', b"{", b" ,\n" * 3, b'"\n",'], ids=lambda filler: repr(filler)
)
def test_reading_takes_no_longer_than_the_body_is_long(filler: bytes) -> None:
    """At the size limit, of whatever would make a careless reader go back and forth."""
    body = b'{"a": "' + filler * (GA.max_body_bytes // len(filler))
    started = time.process_time()
    with pytest.raises(InputError):
        read_create(GA, body)
    assert time.process_time() - started < 3
