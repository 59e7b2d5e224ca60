"""Texts cut into what an engine speaks in one go."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engines.pieces import PIECE_CHARACTERS, End, Piece, pieces, sentences_of
from shared.marks import MARK, marked


def _at_full_stops(line: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=\.) ", line) if sentence]


def _pieces(text: str) -> list[Piece]:
    return list(pieces(text, _at_full_stops))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two.", [("One.", End.SENTENCE), ("Two.", End.SENTENCE)]),
        ("One.\n\nTwo.", [("One.", End.PARAGRAPH), ("Two.", End.SENTENCE)]),
        ("One.\r\nTwo.", [("One.", End.PARAGRAPH), ("Two.", End.SENTENCE)]),
        ("One.\n \t\n \nTwo.", [("One.", End.PARAGRAPH), ("Two.", End.SENTENCE)]),
        ("Wrapped\nby hand.", [("Wrapped by hand.", End.SENTENCE)]),
        ("Last.\n\n", [("Last.", End.PARAGRAPH)]),
        ("\n\nFirst.", [("", End.PARAGRAPH), ("First.", End.SENTENCE)]),
        ("", []),
        (" \t\n ", []),
    ],
)
def test_sentences_and_paragraphs(text: str, expected: list[tuple[str, End]]) -> None:
    assert [(piece.text, piece.end) for piece in _pieces(text)] == expected


def test_a_long_sentence_is_cut_after_a_clause() -> None:
    sentence = "word " * 60 + "clause, " + "word " * 60 + "end."
    first, second = _pieces(sentence)
    assert first.text.endswith("clause,")
    assert (first.end, second.end) == (End.WORD, End.SENTENCE)


def test_an_endless_word_is_cut_where_it_must_be() -> None:
    assert [len(piece.text) for piece in _pieces("x" * 5000)] == [PIECE_CHARACTERS] * 12 + [200]


@pytest.mark.parametrize("word", ["etc.", "St.", "Dr.", "Inc.", "Yahoo!", "U.S.", "a b."])
def test_no_sentence_ends_within_a_word_with_phones(word: str) -> None:
    mark = marked(word, "ˈɛt. sɛt")
    text = f"One. We saw {mark} there now. Two."
    assert [piece.text for piece in pieces(text, sentences_of("en"))] == ["One.", f"We saw {mark} there now.", "Two."]


def test_a_piece_that_is_full_is_not_cut_within_a_word_with_phones() -> None:
    mark = marked("x" * 100, "ɛ" * 200)
    found = _pieces("y" * 300 + mark * 3)
    assert "".join(piece.text for piece in found) == "y" * 300 + mark * 3
    assert sum(len(MARK.findall(piece.text)) for piece in found) == 3
    assert max(len(piece.text) for piece in found) <= PIECE_CHARACTERS


@given(st.text(alphabet=st.sampled_from("ab .,\n\r\t—é中"), max_size=2000))
def test_nothing_but_white_space_is_lost_and_no_piece_is_long(text: str) -> None:
    found = _pieces(text)
    assert "".join("".join(piece.text.split()) for piece in found) == "".join(text.split())
    assert all(len(piece.text) <= PIECE_CHARACTERS for piece in found)
    assert all(piece.text == piece.text.strip() for piece in found)
