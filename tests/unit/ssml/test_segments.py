"""Segments: bounded, in order, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.marks import MARK, marked
from shared.ssml import Pause, Say, Span, segments


def _texts(spans: Sequence[Span], limit: int) -> list[str]:
    return ["".join(span.text for span in part if isinstance(span, Say)) for part in segments(spans, limit)]


def _say(text: str) -> Say:
    return Say(text=text, voice="v")


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Short.", 20, ["Short."]),
        ("One two. Three.\n\nFour five six.", 20, ["One two. Three.\n\n", "Four five six."]),
        ("One two.\r\nThree four five.", 14, ["One two.\r\n", "Three four ", "five."]),
        ("One two three. Four five.", 20, ["One two three. ", "Four five."]),
        ("Say hello to Dr. Smith now", 20, ["Say hello to Dr. ", "Smith now"]),
        ("He knew Mr. Smith well", 14, ["He knew Mr. ", "Smith well"]),
        ("你好吗。我很好。你呢", 6, ["你好吗。", "我很好。你呢"]),
        ("abcdefghijkl", 5, ["abcde", "fghij", "kl"]),
        ("abcde\u0301fgh", 5, ["abcd", "e\u0301fgh"]),
        ("One two.    \n\n   Three", 10, ["One two.", "    \n\n   ", "Three"]),
        ("", 5, []),
    ],
)
def test_a_segment_ends_at_the_best_place(text: str, limit: int, expected: list[str]) -> None:
    assert _texts([_say(text)] if text else [], limit) == expected


def test_a_title_is_not_a_sentences_end_where_a_better_place_is() -> None:
    assert _texts([_say("It was late. He saw Dr. Smith there")], 26) == ["It was late. He saw Dr. ", "Smith there"]
    assert _texts([_say("He came in late. I saw Dr. Smith there")], 28) == [
        "He came in late. ",
        "I saw Dr. Smith there",
    ]


def test_small_spans_share_a_segment_and_a_span_is_not_begun_for_less_than_a_sentence() -> None:
    spans: list[Span] = [_say("One. "), Pause(60), _say("Two. "), _say("Three goes on for long.")]
    assert segments(spans, 24) == (tuple(spans[:3]), (spans[3],))


def test_pauses_take_room_so_that_sound_is_bounded() -> None:
    parts = segments([Pause(20_000)] * 1000, 5000)
    assert max(sum(span.milliseconds for span in part if isinstance(span, Pause)) for part in parts) <= 320_000


@pytest.mark.parametrize("before", range(6))
def test_a_word_with_phones_is_never_cut(before: int) -> None:
    text = "x" * before + marked("你好。", "ni xau") * 3
    texts = _texts([_say(text)], 10)
    assert "".join(texts) == text
    assert sum(len(MARK.findall(part)) for part in texts) == 3


def test_only_the_ends_of_a_divided_text_have_its_silences() -> None:
    text = "One is said. Two is said. Three is said."
    parts = segments([replace(_say(text), before=100, after=200)], 15)
    assert [(span.before, span.after) for part in parts for span in part if isinstance(span, Say)] == [
        (100, None),
        (None, None),
        (None, 200),
    ]


_SPANS = st.lists(
    st.text(alphabet=st.sampled_from("ab. \n\r。é\u0301A"), min_size=1, max_size=80).map(_say)
    | st.integers(1, 20_000).map(Pause),
    max_size=8,
)


@given(_SPANS, st.integers(1, 60))
def test_nothing_is_lost_nor_too_long_nor_empty(spans: list[Span], limit: int) -> None:
    parts = segments(spans, limit)
    assert all(parts)
    texts = _texts(spans, limit)
    assert "".join(texts) == "".join(span.text for span in spans if isinstance(span, Say))
    assert max(map(len, texts), default=0) <= limit
    assert [span for part in parts for span in part if isinstance(span, Pause)] == [
        span for span in spans if isinstance(span, Pause)
    ]
    assert segments(spans, limit) == parts
