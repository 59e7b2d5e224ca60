"""Lines: how the spans of a document go over into each other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from shared import ssml
from shared.service.script import GOES_ON, Line, lines_of


def _lines(body: str, voice: str = "en-US-JennyNeural") -> list[Line]:
    speak = '<speak version="1.0" xmlns:mstts="http://www.w3.org/2001/mstts" xml:lang="en-US">'
    spans = ssml.parse(f'{speak}<voice name="{voice}">{body}</voice></speak>')
    return [step for step in lines_of(spans, lambda name: "") if isinstance(step, Line)]


def _silences(body: str) -> list[int | None]:
    """Between each line and the next: None is a sentence's natural pause."""
    lines = _lines(body)
    between = [(line.after, following.before) for line, following in pairwise(lines)]
    assert set(between) <= {(None, None), (GOES_ON, 0)}
    return [after for after, _ in between]


@pytest.mark.parametrize(
    ("first", "natural"),
    [
        ("It is", False),
        ("It is.", True),
        ("यह है।", True),
        ("یہ ہے۔", True),
        ("ሰላም።", True),
        ("他说：「好。」", True),
    ],
)
def test_a_sentence_that_has_ended_keeps_its_pause(first: str, natural: bool) -> None:
    assert _silences(f"<prosody rate='fast'>{first}</prosody> so.") == [None if natural else GOES_ON]


@pytest.mark.parametrize(
    "body",
    [
        "<s>Chapter one</s><s>It was night</s>",
        "<s>Chapter one</s>It was night",
        "Hello</voice><voice name='en-GB-RyanNeural'>World",
        "<mstts:turn>Hello</mstts:turn><mstts:turn>World</mstts:turn>",
    ],
)
def test_an_element_that_is_a_sentence_ends_one(body: str) -> None:
    assert _silences(body) == [None]


def test_a_sentence_begins_once_where_it_is_divided() -> None:
    spans = ssml.parse("<speak><voice name='v'>One<s>Two, three, four</s></voice></speak>")
    assert [getattr(span, "begins", None) for part in ssml.segments(spans, 6) for span in part] == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("voice", "locale", "missing", "speaks"),
    [
        ("en-US-AvaMultilingualNeural", "de-DE", "", "de+f2"),
        ("en-US-AndrewMultilingualNeural", "de-de", "", "de+m3"),
        ("en-US-AvaMultilingualNeural", "es-MX", "", "ef_dora"),
        ("en-US-AvaMultilingualNeural", "en-GB", "", "heart"),
        ("en-US-AvaMultilingualNeural", "xx-XX", "", "heart"),
        ("en-US-AvaMultilingualNeural", "de-DE", "espeak", "heart"),
        ("en-US-JennyNeural", "de-DE", "", "heart"),
    ],
)
def test_a_multilingual_voice_speaks_as_lang_says_where_an_engine_can(
    voice: str, locale: str, missing: str, speaks: str
) -> None:
    spans = ssml.parse(f"<speak><voice name='{voice}'><lang xml:lang='{locale}'>Guten Tag</lang></voice></speak>")
    (line,) = lines_of(spans, lambda name: "Run `make it`." if name == missing else "")
    assert isinstance(line, Line)
    assert line.utterance.voice == speaks
