"""Boundary files of both versions, as printed and as found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.batchapi.boundaries import Boundary, read_boundaries
from shared.batchapi.versions import VERSIONS
from shared.ports import WordTime
from shared.service.boundaries import Sentence, as_file, sentence_entries, word_entries

PREVIEW = b"""[
  {
    "Text": "the",
    "AudioOffset": 38,
    "Duration": 153
  },
  {
    "Text": "rainbow",
    "AudioOffset": 201,
    "Duration": 326
  },
]"""
"""The published example, its last comma included."""


def test_the_preview_example_is_read_as_printed() -> None:
    assert read_boundaries(PREVIEW) == (
        Boundary(text="the", start=38, end=191),
        Boundary(text="rainbow", start=201, end=527),
    )


@pytest.mark.parametrize("version", VERSIONS.values(), ids=lambda version: version.name)
def test_what_our_service_writes_is_read(version: Any) -> None:
    words = (
        WordTime(text="Hé", offset=50, duration=137),
        WordTime(text=".", offset=187, duration=10, punctuation=True),
    )
    said = [Sentence(text="Hé.", words=words)]
    found = read_boundaries(b"".join(as_file(word_entries(version, said))))
    assert [(word.start, word.end) for word in found][:1] == [(50, 187)]
    assert read_boundaries(b"".join(as_file(sentence_entries(said)))) == (Boundary(text="Hé.", start=50, end=187),)


def test_names_in_another_case_and_numbers_as_strings_are_taken() -> None:
    body = json.dumps([{"text": "a", "audioOffset": "10", "DURATION": 5.9}]).encode()
    assert read_boundaries(b"\xef\xbb\xbf" + body) == (Boundary(text="a", start=10, end=15),)


def test_an_empty_list_tells_nothing() -> None:
    assert read_boundaries(b"[]\n") == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"null",
        b"[1]",
        b'[{"Text": "a"}]',
        b'[{"Text": 1, "AudioOffset": 1, "Duration": 1}]',
        b'[{"Text": "a", "AudioOffset": -1, "Duration": 1}]',
        b'[{"Text": "a", "AudioOffset": 1e999, "Duration": 1}]',
        b'[{"Text": "a", "AudioOffset": 1, "Duration": "nan"}]',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_boundary_file_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says another thing
        read_boundaries(body)
