"""Splitting: nothing lost, nothing too long, borders where a reader would breathe, few moved by a change."""

from __future__ import annotations

import random
import re
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.borders import found, marks
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


def cut_again(pieces: Sequence[str], text: str, limit: int = LIMIT) -> tuple[str, ...]:
    """A changed text, knowing the pieces of the one before."""
    (known,) = found([text], frozenset(marks(pieces)))
    return split(text, limit, known)


def sent_again(pieces: Sequence[str], text: str) -> list[str]:
    """What of it is new."""
    return list((Counter(cut_again(pieces, text)) - Counter(pieces)).elements())


@pytest.mark.parametrize("word", ["a", "Lighthouse", "tides and more tides", ""])
def test_one_changed_word_sends_at_most_two_inputs_and_a_twentieth_again(word: str) -> None:
    before = split(BOOK, LIMIT)
    places = random.Random(word).sample(list(re.finditer(r"\w+", BOOK)), 60)
    for place in places:
        again = sent_again(before, BOOK[: place.start()] + word + BOOK[place.end() :])
        assert len(again) <= 2, place
        assert sum(map(len, again)) <= 0.05 * len(BOOK), place


HINDI = "अआइईकखगघचजटडतदनपबमयरलवसह"
LATIN = "abcdefghijklmnopqrstuvwxyz"


def words(rng: random.Random, letters: str, least: int, most: int) -> str:
    return " ".join("".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(rng.randint(least, most)))


def sentences(rng: random.Random, letters: str, stop: str, count: int) -> str:
    return " ".join(words(rng, letters, 6, 14) + stop for _ in range(count))


WRITTEN: Mapping[str, Callable[[random.Random, int], str]] = {
    "Hindi, a paragraph a line": lambda rng, size: "\n".join(
        sentences(rng, HINDI, " ।", 5) for _ in range(size // 330)
    ),
    "words without a mark": lambda rng, size: words(rng, LATIN, size // 6, size // 6),
    "verse, one line break a line": lambda rng, size: "\n".join(words(rng, LATIN, 4, 9) for _ in range(size // 42)),
    "English paragraphs": lambda rng, size: "\n\n".join(sentences(rng, LATIN, ".", 5) for _ in range(size // 330)),
    "one paragraph": lambda rng, size: sentences(rng, LATIN, ".", size // 66),
}
"""Texts of so many characters, as they come, by what they have of ends."""


@pytest.mark.parametrize("name", WRITTEN)
def test_a_changed_word_sends_two_inputs_and_a_twentieth_at_most_whatever_ends_a_text_has(name: str) -> None:
    """Also the words beside a border, one of which chose it."""
    rng = random.Random(name)
    text = WRITTEN[name](rng, 200_000)
    before = split(text, LIMIT)
    assert len(text) / len(before) > LIMIT / 3
    places = list(re.finditer(r"[^\W_]+", text))
    for place in rng.sample(places, 10) + rng.sample(beside_borders(places, before), 20):
        word = words(rng, LATIN, 1, 1) if rng.random() < 0.7 else ""
        again = sent_again(before, text[: place.start()] + word + text[place.end() :])
        assert len(again) <= 2, place
        assert sum(map(len, again)) <= 0.05 * len(text), place


def beside_borders(places: Sequence[re.Match[str]], pieces: Sequence[str]) -> list[re.Match[str]]:
    """The last word before each, and the first after it."""
    starts = [place.start() for place in places]
    firsts = [bisect_left(starts, border) for border in accumulate(map(len, pieces[:-1]))]
    return [places[index] for first in firsts for index in (first - 1, first)]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_cut_again_is_cut_where_it_was(name: str) -> None:
    """Also where an input may be longer by now; and after paragraphs were put in, taken out or moved."""
    texts = (WRITTEN[name](random.Random(f"{name}{seed}"), 50_000) for seed in count())
    text = next(text for text in texts if min(map(len, split(text, LIMIT)[:6])) > 200)  # what is little may be joined
    before = split(text, LIMIT)
    assert cut_again(before, text) == before
    assert cut_again(before, text, 2 * LIMIT) == before
    put_in = [*before[:3], text[: LIMIT // 2][::-1].strip() + before[2][len(before[2].rstrip(".। \n")) :], *before[3:]]
    assert cut_again(before, "".join(put_in)) == tuple(put_in)
    taken_out = [*before[:3], *before[5:]]
    assert cut_again(before, "".join(taken_out)) == tuple(taken_out)
    moved = [*before[:2], before[4], before[3], before[2], *before[5:]]
    assert Counter(cut_again(before, "".join(moved))) == Counter(before)


def test_where_sentences_were_joined_no_input_ends_any_more() -> None:
    """An input would break off amid the new one."""
    pieces = split(BOOK[:40_000], LIMIT)
    ends = [piece.rstrip()[-1] for piece in pieces]
    joined = next(number for number in range(2, 9) if ends[number] == "." and pieces[number + 1][0].isalpha())
    text = f"{''.join(pieces[:joined])}{pieces[joined].rstrip()[:-1]} {''.join(pieces[joined + 1 :])}"
    again = sent_again(pieces, text)
    assert all(piece.rstrip()[-1] in '.!?”"' for piece in again)
    assert not any(piece.startswith(pieces[joined + 1][:60]) for piece in again)


@pytest.mark.parametrize("heading", ["CHAPTER II.\n\n", "## What now?\n\n", "Part 2\n\n"])
@pytest.mark.parametrize("name", ["English paragraphs", "verse, one line break a line"])
def test_a_heading_that_is_put_in_stays_with_what_follows_it(name: str, heading: str) -> None:
    before = split(WRITTEN[name](random.Random(name), 40_000), LIMIT)
    for number in range(1, len(before)):
        if not before[number - 1].endswith("\n"):
            continue
        line = "" if before[number - 1].endswith("\n\n") else "\n"
        again = cut_again(before, "".join([*before[:number], line, heading, *before[number:]]))
        assert sum(piece.startswith(heading) for piece in again) == 1
        assert heading not in again


@pytest.mark.parametrize("mark", ["!", "?", ".”"])
def test_another_mark_at_the_end_of_an_input_sends_two_at_most_again(mark: str) -> None:
    before = split(BOOK[:60_000], LIMIT)
    for number, piece in enumerate(before[:-1]):
        if piece.endswith(".\n\n"):
            text = "".join([*before[:number], f"{piece[:-3]}{mark}\n\n", *before[number + 1 :]])
            assert len(sent_again(before, text)) <= 2


def test_a_text_that_changes_often_does_not_end_in_scraps() -> None:
    rng = random.Random(1)
    pieces = split(WRITTEN["English paragraphs"](rng, 35_000), 1200)
    for _ in range(150):
        paragraphs = "".join(pieces).split("\n\n")
        place = rng.randrange(1, len(paragraphs))
        if rng.random() < 0.5:
            del paragraphs[place]
        else:
            paragraphs.insert(place, sentences(rng, LATIN, ".", 5))
        pieces = cut_again(pieces, "\n\n".join(paragraphs), 1200)
    assert len(pieces) < 1.5 * len(split("".join(pieces), 1200))


def test_what_reads_alike_in_many_places_is_not_taken_for_a_border() -> None:
    refrain = "And this is the refrain that all of the people sing together, loudly, again and again.\n\n"
    before = split(refrain * 100, LIMIT)
    assert len(cut_again(before, refrain * 100 + "The end.")) <= len(before) + 1


@given(st.data())
def test_a_changed_word_sends_no_more_text_than_two_inputs_hold(data: st.DataObject) -> None:
    """Whatever the text is, and wherever the word stands, and though nothing tells where it was cut before."""
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    name = data.draw(st.sampled_from(sorted(WRITTEN)))
    limit = data.draw(st.integers(1500, 4000))
    text = WRITTEN[name](rng, 20_000)
    place = data.draw(st.sampled_from(list(re.finditer(r"\w+", text))))
    word = data.draw(st.text(LATIN, max_size=12))
    before = split(text, limit)
    again = Counter(split(text[: place.start()] + word + text[place.end() :], limit)) - Counter(before)
    assert sum(map(len, again.elements())) <= 2 * limit + len(word) + LONGEST_WORDS


LONGEST_WORDS = 20
"""Two of them: what comes before the next end, and tells its checksum."""


@pytest.mark.parametrize("mark", ["।", "॥", "؟", "۔", "։", "።", "။", "។", "。", "！", "!", "…"])
def test_sentences_of_any_script_end_pieces(mark: str) -> None:
    """Where an author puts a space before the mark, too."""
    for sentence in ("शब्द और शब्द {} ", "शब्द और शब्द{} "):
        pieces = split("".join(f"{number} {sentence.format(mark)}" for number in range(60)), 200)
        assert len(pieces) > 5
        assert all(piece.endswith(f"{mark} ") for piece in pieces)


def test_where_all_ends_are_alike_pieces_are_as_long_as_may_be() -> None:
    for run in ("A line that is a refrain.\n\n", "a ", "かな。"):
        pieces = split(run * (20_000 // len(run)), 1000)
        assert len(pieces) <= 22


def test_pieces_are_neither_many_nor_tiny() -> None:
    pieces = split(BOOK, LIMIT)
    assert len(BOOK) / len(pieces) > LIMIT / 4


SHAPES = {
    "newlines": "\n",
    "spaces": " ",
    "words": "word ",
    "lines": "a line\n",
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
    """Half a million characters, cut twice: a square of that would take hours, not a second."""
    text = SHAPES[name] * (500_000 // len(SHAPES[name]))
    begun = time.process_time()
    pieces = split(text, LIMIT)
    assert sum(map(len, cut_again(pieces, text))) == len(text)
    assert time.process_time() - begun < 10
