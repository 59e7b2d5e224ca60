"""Words as their author wrote them, and whose time it is when a normaliser rewrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engines.alignment import owners
from shared.engines.words import timed, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The rainbow has seven colors.", "The|rainbow|has|seven|colors|."),
        ("Dr. Smith (aged 42) left.", "Dr.|Smith|(|aged|42|)|left|."),
        ("It’s $3.50 - 20% off!", "It’s|$3.50|-|20%|off|!"),
        ("R&D — well-known…", "R&D|—|well-known|…"),
        ("“Quoted,” he said", "“|Quoted|,”|he|said"),
        ("你好。", "你好|。"),
        ("", ""),
    ],
)
def test_words_come_without_the_punctuation_around_them(text: str, words: str) -> None:
    assert "|".join(token.text for token in tokens(text)) == words


@given(st.text(alphabet=st.sampled_from("ab1 .,—…“$&'\t中é\ud800"), max_size=60))
def test_no_character_but_spaces_is_lost(text: str) -> None:
    found = tokens(text)
    assert "".join(token.text for token in found) == "".join(text.split())
    assert all(text[token.start : token.end] == token.text for token in found)


@pytest.mark.parametrize(
    ("written", "spoken", "expected"),
    [
        ("seven colors", "seven|colors", ["seven", "colors"]),
        ("at 5:30 pm.", "at|five|thirty|P.M|.", ["at", "5:30", "5:30", "pm", ""]),
        ("Dr. Smith", "Doctor|Smith", ["Dr.", "Smith"]),
        ("is 50°C now", "is|50|degrees|Celsius|now", ["is", "50°C", "50°C", "50°C", "now"]),
        ("Chapter IV: on", "Chapter|4|:|on", ["Chapter", "IV", "", "on"]),
        ("12 Main St. here", "twelve|Main|Street|here", ["12", "Main", "St.", "here"]),
        ("", "one", [""]),
    ],
)
def test_what_was_rewritten_belongs_to_what_was_written(written: str, spoken: str, expected: list[str]) -> None:
    said = tokens(written)
    assert [" ".join(said[index].text for index in found) for found in owners(spoken.split("|"), said)] == expected


@given(
    st.text(alphabet=st.sampled_from("ab ., "), max_size=40),
    st.lists(st.tuples(st.integers(-50, 3000), st.integers(-50, 3000)), max_size=20),
)
def test_times_never_run_backwards_or_out_of_the_sound(text: str, spans: list[tuple[int, int]]) -> None:
    said = tokens(text)
    words = timed(said, dict(enumerate(spans[: len(said)])), rate=1000, samples=2000)
    assert [word.text for word in words] == [token.text for token in said]
    ends = [0, *(word.offset + word.duration for word in words)]
    assert all(end <= word.offset for end, word in zip(ends, words, strict=False))
    assert ends[-1] <= 2000
