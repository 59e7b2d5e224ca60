"""Splitting: nothing lost, nothing too long, borders where a reader would breathe, few moved by a change."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.splitting import split

BOOK = (Path(__file__).parents[3] / "samples" / "the-tide-tables.txt").read_text(encoding="utf-8")
LIMIT = 4000

prose = st.lists(st.sampled_from(["word", "a", "Mr. ", ". ", "! ", " ", "\n", "\n\n", "\n \n", "# H", "。", "x" * 30]))
texts = prose.map("".join) | st.text(max_size=300)


@given(text=texts, limit=st.integers(1, 60))
def test_the_pieces_joined_are_the_text_and_none_is_empty_or_too_long(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= limit for piece in pieces)


@given(words=st.lists(st.text("abc", min_size=1, max_size=9), min_size=1), limit=st.integers(10, 40))
def test_no_word_is_cut_that_fits(words: list[str], limit: int) -> None:
    """Whatever stands between words: an editor that wraps lines puts newlines where another has spaces."""
    for mark in (" ", "\n", "\t"):
        cut = [word for piece in split(mark.join(words), limit) for word in piece.split()]
        assert cut == words


def sections(title: str) -> str:
    return "\n\n".join(f"{title} {number}\n\nThe text of section {number} begins here." for number in range(9))


@pytest.mark.parametrize("title", ["Chapter", "PART", "# No.", "Appendix", "###### Deep"])
def test_a_heading_begins_a_piece(title: str) -> None:
    text = sections(title)
    pieces = split(text, LIMIT)
    for number in range(9):
        assert sum(piece.startswith(f"{title} {number}\n") for piece in pieces) == 1


def test_headings_in_a_row_stay_together_and_with_the_text_after_them() -> None:
    pieces = split("Before it.\n\nBook One\n\nChapter One\n\nThe text begins here.", LIMIT)
    assert pieces[-1] == "Book One\n\nChapter One\n\nThe text begins here."


def test_a_paragraph_is_whole_where_it_fits() -> None:
    paragraphs = re.split(r"(?<=\n\n)", BOOK)
    borders = set()
    end = 0
    for paragraph in paragraphs:
        end += len(paragraph)
        borders.add(end)
    longest = max(map(len, paragraphs))
    end = 0
    for piece in split(BOOK, longest):
        end += len(piece)
        assert end in borders


def test_a_long_paragraph_ends_its_pieces_at_sentences() -> None:
    sentence = "Mr. Smith of St. Ives said it was half past three, e.g. late, and that J. Doe knew it{} "
    text = "".join(sentence.format(end) for end in (".", "!", "?", "…", '."', ".)", ".”") * 4)
    pieces = split(text, 300)
    assert len(pieces) > 5
    assert all(re.search(r"knew it[.!?…][\"”)]?\s*\Z", piece) for piece in pieces)


def test_sentences_that_no_space_follows_end_with_their_quotes() -> None:
    pieces = split("「それは海です。」" * 30, 40)
    assert all(piece.endswith("。」") for piece in pieces)


def changed(pieces: tuple[str, ...], text: str) -> list[str]:
    """What would be sent again."""
    return list((Counter(split(text, LIMIT)) - Counter(pieces)).elements())


@pytest.mark.parametrize("word", ["a", "Lighthouse", "tides and more tides", ""])
def test_one_changed_word_sends_at_most_two_inputs_and_a_twentieth_again(word: str) -> None:
    before = split(BOOK, LIMIT)
    places = random.Random(word).sample(list(re.finditer(r"\w+", BOOK)), 60)
    for place in places:
        again = changed(before, BOOK[: place.start()] + word + BOOK[place.end() :])
        assert len(again) <= 2, place
        assert sum(map(len, again)) <= 0.05 * len(BOOK), place


def test_a_changed_word_moves_little_in_a_text_that_is_one_paragraph() -> None:
    """Content chooses among sentence ends as it does among paragraph ends."""
    text = " ".join(BOOK.split())
    before = split(text, LIMIT)
    places = random.Random(3).sample(list(re.finditer(r"\w+", text)), 20)
    sent = [len(changed(before, text[: place.start()] + "another" + text[place.end() :])) for place in places]
    assert max(sent) <= 3


def test_pieces_are_neither_many_nor_tiny() -> None:
    pieces = split(BOOK, LIMIT)
    assert len(BOOK) / len(pieces) > LIMIT / 4


SHAPES = {
    "newlines": "\n",
    "spaces": " ",
    "one word": "x",
    "tiny paragraphs": "a\n \n",
    "tiny headings": "# a\n\n",
    "wide blank lines": "a\n" + " " * 999,
    "dots": ".",
    "dots and quotes": '."',
    "initials": "A. ",
    "full stops without space": "。",
}


@pytest.mark.parametrize("name", SHAPES)
def test_time_is_linear_in_the_length(name: str) -> None:
    """Half a million characters: a square of that would take hours, not a second."""
    text = SHAPES[name] * (500_000 // len(SHAPES[name]))
    begun = time.process_time()
    assert sum(map(len, split(text, LIMIT))) == len(text)
    assert time.process_time() - begun < 5
