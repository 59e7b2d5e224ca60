"""Options: which source wins, what is frozen, and that the published schema takes just what the pipeline takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.formats import FORMATS
from shared.domain.option_layers import read_file, read_metadata
from shared.domain.option_table import OPTIONS, Acts, schema
from shared.domain.options import Options, job_options, resolved
from shared.errors import InputError
from shared.ssml import prosody

DEFAULTS = Options(voice="en-US-JennyNeural", output_format="audio-24khz-48kbitrate-mono-mp3")

prosodies = {
    name: st.from_regex(getattr(prosody, name.upper()), fullmatch=True) for name in ("rate", "pitch", "volume")
}
words = st.text(st.characters(categories=["L"], max_codepoint=0x3000), min_size=1, max_size=8)
ipa = st.text("aeiouptkəˈː ", min_size=1, max_size=8).filter(str.strip).map(lambda ph: f"/{ph}/")
usual: Mapping[str, st.SearchStrategy[Any]] = {
    "voice": st.sampled_from(["en-GB-SoniaNeural", "en-US-Ava:DragonHDLatestNeural"]),
    "language": st.sampled_from(["de-DE", "es", "zh-Hans-CN"]),
    "style": st.sampled_from(["chat", "newscast-casual"]),
    "style_degree": st.floats(0.01, 2),
    "role": st.just("YoungAdultFemale"),
    "rate": prosodies["rate"] | st.sampled_from([0.5, 1.25, 2]),
    "pitch": prosodies["pitch"],
    "volume": prosodies["volume"] | st.integers(0, 100),
    "paragraph_pause_ms": st.integers(0, 20_000),
    "lexicon": st.dictionaries(words, words | ipa | st.none(), max_size=3),
    "output_format": st.sampled_from(sorted(FORMATS)),
    "word_boundary": st.booleans(),
    "sentence_boundary": st.booleans(),
    "combined": st.booleans(),
    "subtitles": st.lists(st.sampled_from(["srt", "vtt"]), max_size=3),
    "m4b": st.booleans(),
}
files = st.fixed_dictionaries({}, optional={name: values | st.none() for name, values in usual.items()})


def layer(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return read_file("_speechdrop.json", json.dumps(value).encode())


def test_every_option_has_its_row_and_no_other() -> None:
    assert set(OPTIONS) == {item.name for item in fields(Options)} == set(usual)


@given(given=st.lists(files, max_size=4))
def test_what_is_frozen_is_what_was_resolved(given: list[dict[str, Any]]) -> None:
    options = resolved(DEFAULTS, map(layer, given))
    assert Options.of(json.loads(json.dumps(options.as_json()))) == options


@given(first=files, second=files)
def test_later_sources_win(first: dict[str, Any], second: dict[str, Any]) -> None:
    both, alone = resolved(DEFAULTS, [layer(first), layer(second)]), resolved(DEFAULTS, [layer(second)])
    boundaries = ("word_boundary", "sentence_boundary")  # subtitles of either turn them on
    for name in set(second) - {"lexicon", *boundaries}:
        assert getattr(both, name) == getattr(alone, name)
    for name in set(first) - set(second) - {"lexicon", *boundaries}:
        assert getattr(both, name) == getattr(resolved(DEFAULTS, [layer(first)]), name)


def test_null_takes_back_what_folders_above_say() -> None:
    above = layer({"voice": "x", "style": "chat", "rate": 1.5, "lexicon": {"a": "b"}, "combined": True})
    assert resolved(DEFAULTS, [above, layer(dict.fromkeys(usual))]) == DEFAULTS


def test_lexicons_are_joined_word_by_word() -> None:
    layers: list[dict[str, Any]] = [
        {"lexicon": {"GIF": "jif", "SQL": "sequel"}},
        {"lexicon": {"SQL": None, "tomato": "/təˈmeɪtoʊ/"}},
    ]
    assert resolved(DEFAULTS, map(layer, layers)).lexicon == {"GIF": "jif", "tomato": "/təˈmeɪtoʊ/"}
    afresh: list[dict[str, Any]] = [*layers, {"lexicon": None}, {"rate": 1.2}, {"lexicon": {"GIF": "gif"}}]
    assert resolved(DEFAULTS, map(layer, afresh)).lexicon == {"GIF": "gif"}


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_subtitles_turn_on_what_they_are_made_of(kind: str) -> None:
    options = resolved(DEFAULTS, [layer({"subtitles": [kind]}), layer({"word_boundary": False})])
    assert (options.subtitles, options.word_boundary, options.sentence_boundary) == ((kind,), True, True)


@given(given=files)
def test_metadata_says_the_same_as_a_file(given: dict[str, Any]) -> None:
    """In ASCII, as a header has to be."""
    metadata = {f"Speechdrop_{name.title()}": in_ascii(value) for name, value in given.items()}
    assert all(value.isascii() for value in metadata.values())
    assert resolved(DEFAULTS, [read_metadata(metadata)]) == resolved(DEFAULTS, [layer(given)])


def in_ascii(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(value)
    return quote(value if isinstance(value, str) else json.dumps(value), safe=" +{}:")


def test_other_metadata_is_not_ours() -> None:
    assert read_metadata({"title": "A", "volume": "12", "hdi_isfolder": "true"}) == {}


WRONG: Mapping[str, tuple[bytes, str, str, str]] = {
    "a rate meant as a percentage": (b'{"rate": 80}', "f.json, rate", "It is 80", "a number from 0.5 to 2, a perc"),
    "a rate in words": (b'{"rate": "quick"}', "f.json, rate", 'It is "quick"', "x-slow, slow"),
    "a misspelt name": (b'{"vocie": "x"}', "f.json, vocie", 'There is no option "vocie"', "Write voice"),
    "another's name": (b'{"xyzzy": null}', "f.json, xyzzy", 'There is no option "xyzzy"', "the options are voice, l"),
    "a format's end": (
        b'{"output_format": "ogg-24khz"}',
        "f.json, output_format",
        "nearest to ogg-24khz-16bit-mono-opus",
        "Make it one of the API's output formats",
    ),
    "a flag as text": (b'{"m4b": "true"}', "f.json, m4b", 'It is "true"', "Make it true or false"),
    "a number as flag": (b'{"m4b": 1}', "f.json, m4b", "It is 1", "Make it true or false"),
    "a flag as number": (b'{"style_degree": true}', "f.json, style_degree", "It is true", "a number from 0.01 to 2"),
    "a pause in parts": (b'{"paragraph_pause_ms": 0.5}', "f.json, paragraph_pause_ms", "It is 0.5", "a whole number"),
    "no such subtitles": (b'{"subtitles": ["ass"]}', "f.json, subtitles", 'It is ["ass"]', '"srt" and "vtt"'),
    "one text of subtitles": (b'{"subtitles": "srt"}', "f.json, subtitles", 'It is "srt"', "a list of"),
    "phones of no alphabet": (
        b'{"lexicon": {"a": "/8/"}}',
        "f.json, lexicon",
        'For "a" it has "/8/", where \'8\' is not of the IPA',
        "between slashes",
    ),
    "no phones": (b'{"lexicon": {"a": "/ /"}}', "f.json, lexicon", 'For "a" it has "/ /", which has no phones', "IPA"),
    "an empty word": (b'{"lexicon": {"": "b"}}', "f.json, lexicon", "", "an object of at most 1,000 words"),
    "too many words": (
        json.dumps({"lexicon": {str(number): "x" for number in range(1001)}}).encode(),
        "f.json, lexicon",
        "It has 1,001 words, and the limit is 1,000",
        "an object of at most 1,000 words",
    ),
    "a member twice": (b'{"rate": 1, "rate": 2}', "f.json", 'The member "rate" comes twice', "one JSON object"),
    "no JSON": (b'{"rate": 1,\n "pitch"}', "f.json, line 2, column 9", "It is not JSON: Expecting", "Correct it"),
    "nothing": (b"", "f.json, line 1, column 1", "It is not JSON", "Correct it"),
    "no object": (b'["rate"]', "f.json", "It is not one JSON object", '{"rate": "+10%"}'),
    "JavaScript": (b'{"rate": NaN}', "f.json", "NaN is not a number of JSON", "one JSON object"),
    "no UTF-8": (b'{"voice": "\xff"}', "f.json, byte 11", "It is not valid UTF-8", "Save it as UTF-8"),
    "half a character": (b'{"voice": "\\ud800"}', "f.json", "It is not valid UTF-8", "Save it as UTF-8"),
    "depth": (b'{"a":' * 30_000, "f.json", "Its brackets lie too deep in each other", "one JSON object"),
    "digits": (b'{"rate": ' + b"1" * 5000 + b"}", "f.json", "It has a number that is too long", "one JSON object"),
}


@pytest.mark.parametrize(("content", "where", "why", "remedy"), WRONG.values(), ids=WRONG)
def test_a_fault_names_file_place_and_remedy(content: bytes, where: str, why: str, remedy: str) -> None:
    with pytest.raises(InputError) as raised:
        read_file("f.json", content)
    error = raised.value
    assert error.where == where
    assert why in error.why
    assert remedy in error.remedy
    assert error.remedy.endswith("and drop the document again.")
    assert len(f"{error.why}{error.remedy}") < 700


@pytest.mark.parametrize(
    ("name", "value"),
    [("style_degree", "strong"), ("m4b", "yes"), ("lexicon", "GIF"), ("voice", "%ff"), ("subtitles", "srt;vtt")],
)
def test_a_fault_names_the_metadata(name: str, value: str) -> None:
    with pytest.raises(InputError) as raised:
        read_metadata({f"Speechdrop_{name}": value})
    assert raised.value.where == f"metadata speechdrop_{name}"
    assert raised.value.remedy.startswith(f"Make it {OPTIONS[name].values.allowed}")


def test_a_file_may_name_its_schema_and_begin_with_a_mark() -> None:
    """As editors write them."""
    content = b'\xef\xbb\xbf{"$schema": "https://example.org/options.schema.json", "rate": 1.25}'
    assert read_file("f.json", content) == {"rate": "1.25"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_VALIDATOR = jsonschema_rs.validator_for(schema())


@given(value=st.one_of(*(st.tuples(st.just(name), usual[name] | anything) for name in usual)))
def test_the_schema_takes_what_the_pipeline_takes(value: tuple[str, Any]) -> None:
    """But for phones, whose alphabet the schema leaves out."""
    name, said = value
    if name == "lexicon" and isinstance(said, dict) and any(str(word).startswith("/") for word in said.values()):
        return
    try:
        layer({name: said})
        taken = True
    except InputError:
        taken = False
    assert _VALIDATOR.is_valid({name: said}) is taken


@given(given=files)
def test_the_schema_takes_whole_files(given: dict[str, Any]) -> None:
    layer(given)
    assert _VALIDATOR.is_valid({"$schema": "x", **given})
    assert not _VALIDATOR.is_valid({**given, "vocie": "x"})


def test_a_job_is_shaped_by_what_its_documents_must_share() -> None:
    frozen = replace(
        DEFAULTS, rate="1.5", paragraph_pause_ms=5, lexicon={"a": "b"}, combined=True, word_boundary=True
    ).as_json()
    shared = {"output_format": DEFAULTS.output_format, "word_boundary": True}
    assert job_options("PlainText", frozen) == {**shared, "voice": DEFAULTS.voice, "rate": "1.5"}
    assert job_options("SSML", frozen) == shared


def test_an_authors_ssml_says_itself_how_it_is_spoken() -> None:
    options = replace(DEFAULTS, rate="1.5", lexicon={"a": "b"}, subtitles=("srt",), word_boundary=True)
    assert options.for_ssml().as_json() == {
        "output_format": DEFAULTS.output_format,
        "word_boundary": True,
        "subtitles": ["srt"],
    }
    assert {OPTIONS[name].acts for name in options.for_ssml().as_json()} <= {Acts.JOB, Acts.AFTER}
