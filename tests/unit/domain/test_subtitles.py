"""Subtitles: every word in its turn, cues that can be read, and files that public parsers take."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby, pairwise

import pytest
import srt as public_srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.boundaries import Boundary
from shared.domain.cues import LINE, sentences_of, width
from shared.domain.subtitles import FORMS, LONGEST_MS, SHORTEST_MS, Cue, cues, whole

CLOSING = re.compile(r"[,.;:!?…，。、；：！？”’»）」』\)\]]")
OPENING = re.compile(r"[“‘«（「『\(\[¿¡]$")


def spoken(words: Sequence[str], *, each: int = 300, pause: int = 20, start: int = 0) -> list[Boundary]:
    """Words one after the other."""
    begins = range(start, start + len(words) * (each + pause), each + pause)
    return [Boundary(text=word, start=at, end=at + each) for word, at in zip(words, begins, strict=True)]


def sentence(text: str, words: Sequence[Boundary]) -> Boundary:
    return Boundary(text=text, start=words[0].start, end=words[-1].end)


def laid_out(words: Sequence[Boundary], sentences: Sequence[Boundary]) -> list[Cue]:
    return list(whole([(0, cues(sentences_of(words, sentences)))]))


def lines(words: Sequence[Boundary], sentences: Sequence[Boundary]) -> list[tuple[str, ...]]:
    return [cue.lines for cue in laid_out(words, sentences)]


def english(text: str, **times: int) -> list[Boundary]:
    return spoken(re.findall(r"[\w’']+", text), **times)


def test_the_published_example_is_one_cue() -> None:
    times = {"The": (50, 137), "rainbow": (200, 350), "has": (562, 175), "seven": (750, 300), "colors": (1062, 625)}
    ga = [Boundary(text=word, start=o, end=o + d) for word, (o, d) in [*times.items(), (".", (1700, 100))]]
    text = Boundary(text="The rainbow has seven colors.", start=50, end=1687)
    assert laid_out(ga, [text]) == [Cue(start=50, end=1687, lines=("The rainbow has seven colors.",))]
    assert laid_out(ga, []) == [Cue(start=50, end=1800, lines=("The rainbow has seven colors.",))]


def test_marks_and_spaces_are_those_of_the_sentence() -> None:
    text = "“Is it,” she asked (quite loudly), “that well-known rainbow — the one of seven colours?” „Ja“, said he."
    words = english(text, each=100)
    found = [line for cue in lines(words, [sentence(text, words)]) for line in cue]
    assert " ".join(found) == text
    assert not any(CLOSING.match(line) or OPENING.search(line) for line in found)


def test_a_cue_ends_with_its_sentence() -> None:
    texts = ["The sea goes out twice a day.", "It comes back twice a day as well."]
    first = english(texts[0])
    second = english(texts[1], start=first[-1].end + 400)
    found = laid_out([*first, *second], [sentence(texts[0], first), sentence(texts[1], second)])
    assert [" ".join(cue.lines) for cue in found] == texts
    assert [cue.start for cue in found] == [0, second[0].start]


def test_sentences_that_are_over_at_once_share_a_cue() -> None:
    texts = ["No.", "Yes.", "Perhaps it is so after all."]
    words: list[Boundary] = []
    told: list[Boundary] = []
    for text in texts:
        said = english(text, start=words[-1].end + 50 if words else 0)
        words += said
        told.append(sentence(text, said))
    assert [" ".join(cue) for cue in lines(words, told)] == [" ".join(texts)]


def test_a_long_sentence_is_divided_after_commas() -> None:
    text = (
        "When the wind falls and the water stands still in the harbour, the pilots say nothing, "
        "and then, all at once, it goes."
    )
    words = english(text)
    found = lines(words, [sentence(text, words)])
    assert len(found) > 1
    assert all(cue[-1].endswith((",", ".")) for cue in found)


def test_a_long_pause_within_a_sentence_divides_it() -> None:
    words = [*spoken(["one", "two"]), *spoken(["three", "four"], start=20_000)]
    assert lines(words, [sentence("one two three four", words)]) == [("one two",), ("three four",)]


@pytest.mark.parametrize(
    "texts", [(), ("彩虹", "有", "七种", "颜色", "人们", "常说", "红橙黄绿蓝靛紫", "但是", "在", "不同", "文化", "里")]
)
def test_chinese_lines_are_short_and_keep_marks_where_they_belong(texts: tuple[str, ...]) -> None:
    text = "彩虹有七种颜色，人们常说“红橙黄绿蓝靛紫”，但是（在不同文化里）……"
    words = spoken(texts, each=500)
    told = [Boundary(text=text, start=0, end=9000)]
    found = [line for cue in lines(words, told) for line in cue]
    assert "".join(found) == text
    assert all(len(line) <= 16 for line in found)
    assert not any(CLOSING.match(line) or OPENING.search(line) for line in found)


def test_japanese_small_kana_begin_no_line() -> None:
    text = "きょうはちょっとだけにほんごのぎょうをたしかめてみましょう、ゃっゅーょ"
    found = [line for cue in lines([], [Boundary(text=text, start=0, end=6000)]) for line in cue]
    assert "".join(found) == text
    assert not any(line[0] in "ゃゅょっー、" for line in found)


def test_korean_has_spaces() -> None:
    text = "무지개는 일곱 가지 색을 가지고 있습니다."
    words = spoken(["무지개는", "일곱", "가지", "색을", "가지고", "있습니다"])
    assert [" ".join(cue) for cue in lines(words, [sentence(text, words)])] == [text]


def test_a_word_longer_than_a_line_is_cut() -> None:
    text = "https://example.com/" + "abcdef/" * 20
    found = laid_out([], [Boundary(text=text, start=0, end=12_000)])
    assert "".join(line for cue in found for line in cue.lines) == text


def test_words_without_sentences_are_parted_by_their_marks() -> None:
    texts = [
        "The",
        "sea",
        "goes",
        "out",
        ".",
        "(",
        "Twice",
        "a",
        "day",
        ",",
        "they",
        "say",
        ".",
        ")",
        "It",
        "thinks",
        "!",
    ]
    assert lines(spoken(texts), []) == [("The sea goes out.",), ("(Twice a day, they say.)",), ("It thinks!",)]


def test_words_that_are_not_in_their_sentence_are_shown_all_the_same() -> None:
    words = spoken(["twenty", "three", "boats", "left"])
    assert lines(words, [sentence("23 boats left.", words)]) == [("twenty three boats left",)]


def test_rows_that_a_silence_repeats_are_shown_once() -> None:
    words = spoken(["The", "sea"])
    assert lines([words[0], words[0], words[1], words[1]], []) == [("The sea",)]


def test_a_short_cue_stays_as_long_as_the_next_one_lets_it() -> None:
    first, second = spoken(["Ha."], each=100), spoken(["Well, the water has gone, has it not?"], each=100, start=700)
    found = laid_out([*first, *second], [*first, Boundary(text=second[0].text, start=700, end=4000)])
    joined = list(whole([(0, cues(sentences_of(first, first))), (700, cues(sentences_of(first, first)))]))
    assert [(cue.start, cue.end) for cue in joined] == [(0, 700), (700, 700 + SHORTEST_MS)]
    assert len(found) == 1


def test_each_input_is_put_where_it_begins() -> None:
    said = english("The sea goes out twice a day.")
    told = [sentence("The sea goes out twice a day.", said)]
    one = laid_out(said, told)[0]
    found = list(whole([(start, cues(sentences_of(said, told))) for start in (0, 10_000, 3_600_000)]))
    assert [(cue.start, cue.end) for cue in found] == [(s + one.start, s + one.end) for s in (0, 10_000, 3_600_000)]


def test_what_markup_would_take_for_its_own_is_written_so_that_it_is_not() -> None:
    text = Cue(start=0, end=1000, lines=("1 < 2 && a --> b <i>",))
    written = "".join(FORMS["vtt"].write([text]))
    assert html.unescape(webvtt.from_string(written).captions[0].text) == "1 < 2 && a --> b <i>"
    assert "<" not in written


TEXT = "abc éx,. “”()—彩虹かー。、「」ก\u0301\u200b\n\x00\ud800"
WORD = st.one_of(
    st.text("abcdefgh'é", min_size=1, max_size=12),
    st.text("彩虹有七种かなカナー", min_size=1, max_size=6),
    st.sampled_from(
        [
            ",",
            ".",
            "?!",
            "(",
            "”",
            "「",
            "。",
            "—",
            "\u0301",
            "\u200b",
            "a b",
            "x" * 90,
            "彩" * 40,
            "\n",
            "\x00",
            "\ud800",
        ]
    ),
)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Boundary], list[Boundary]]:
    """An input's words and sentences: mostly as they should be, at times of no kind of order."""
    words: list[Boundary] = []
    sentences: list[Boundary] = []
    at = 0
    for _ in range(draw(st.integers(0, 6))):
        said = draw(st.lists(WORD, max_size=25))
        first = len(words)
        for text in said:
            at = max(0, at + draw(st.integers(-50, 900)))
            words.append(Boundary(text=text, start=at, end=at + draw(st.integers(0, 9000))))
        if draw(st.booleans()):
            glue = draw(st.sampled_from([" ", "", ", ", " “"]))
            start = words[first].start if said else at
            text = glue.join(said) if draw(st.integers(0, 9)) else draw(st.text(TEXT, max_size=200))
            sentences.append(Boundary(text=text, start=start, end=start + draw(st.integers(0, 20_000))))
    return words, sentences


def squeezed(text: str) -> str:
    """Without white space and what cannot be shown: what is left of a text on its way."""
    return "".join(c.lower() for c in text if (not c.isspace() and c.isprintable()) or c in "\u200b")


@given(st.lists(st.tuples(files(), st.integers(0, 60_000)), max_size=4))
def test_any_words_become_readable_cues_that_public_parsers_read_back(
    inputs: list[tuple[tuple[list[Boundary], list[Boundary]], int]],
) -> None:
    starts = [sum(gap for _, gap in inputs[: number + 1]) for number in range(len(inputs))]
    found = list(whole([(at, cues(sentences_of(*told))) for at, (told, _) in zip(starts, inputs, strict=True)]))
    assert all(cue.end <= after.start for cue, after in pairwise(found))
    for cue in found:
        assert 0 < cue.end - cue.start <= LONGEST_MS
        assert 1 <= len(cue.lines) <= 2
        assert all(line == line.strip() and width(line) <= LINE for line in cue.lines)
    _says_all(inputs, squeezed("".join(line for cue in found for line in cue.lines)))
    _parsed_back(found)


def _says_all(inputs: list[tuple[tuple[list[Boundary], list[Boundary]], int]], shown: str) -> None:
    """Every word in its turn, but rows that are there twice; and marks, where no sentence has its own."""
    at = 0
    for (words, sentences), _ in inputs:
        told = [(squeezed(word.text), word.start) for word in words]
        for word, _ in (first for first, _ in groupby(item for item in told if item[0])):
            if any(map(str.isalnum, word)) or not sentences:
                assert word in shown[at:]
                at = shown.index(word, at) + len(word)


def _parsed_back(found: list[Cue]) -> None:
    said = ["\n".join(cue.lines) for cue in found]
    times = [(timedelta(milliseconds=cue.start), timedelta(milliseconds=cue.end)) for cue in found]
    subtitles = list(public_srt.parse("".join(FORMS["srt"].write(found))))
    assert [(item.start, item.end) for item in subtitles] == times
    assert [item.content for item in subtitles] == said
    captions = webvtt.from_buffer(io.StringIO("".join(FORMS["vtt"].write(found)))).captions
    assert [(c.start_in_seconds, c.end_in_seconds) for c in captions] == [
        (begin.total_seconds() // 1, end.total_seconds() // 1) for begin, end in times
    ]
    assert [html.unescape(caption.text) for caption in captions] == said
