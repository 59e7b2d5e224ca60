"""English text to phonemes: what bounds the time that it takes, and does not change how a text sounds."""

from __future__ import annotations

import time

import pytest

from shared.engines.english import English, _readable
from shared.engines.phones import linked
from shared.engines.words import tokens
from shared.marks import marked

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def english() -> English:
    return English()


@pytest.mark.parametrize("part", ["%", "a-", "a/", "%a", "1%", "aB", "_a", "é̂", "a'", "1a", "(a)", "=", "a.B"])
def test_what_has_no_spaces_is_read_in_time(english: English, part: str) -> None:
    """At a piece's full length; without a bound the first of these takes minutes."""
    text = (part * 400)[:400]
    begun = time.process_time()
    english(text, tokens(text))
    assert time.process_time() - begun < 4


@pytest.mark.parametrize(
    "text",
    [
        "It is ten o'clock.",
        "Pneumonoultramicroscopicsilicovolcanoconiosis",
        "See https://www.example.com/some/long-path/with/many-parts for mother-in-law's CamelCaseIdentifierOfThings.",
        "1,234,567,890,123",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert _readable(text) == text


def test_a_word_with_phones_stays() -> None:
    mark = marked("word-" * 25, "ˈa.b " * 30)
    assert _readable(f"a {mark} b") == linked(f"a {mark} b")
