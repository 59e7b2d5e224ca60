"""Words with their times as pieces of text, which subtitles are laid out of, sentence by sentence.

A sentence's own text gives spaces and marks, which words alone lack; the words give the times within it. Marks stay
with the word that they close or open, so that no line begins with a comma or ends with an opening bracket, in any
script. A word too long for a line, and a sentence of which no words are told, are cut and timed by their width.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from shared.batchapi.boundaries import Boundary
from shared.ssml.sentences import ended

NARROW, WIDE = 8, 21
"""Widths of a letter, and of a Chinese, Japanese or Korean character."""
LINE = 42 * NARROW
"""Width of a line: 42 letters, or 16 wide characters."""
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f]"
)
"""Thai, Lao, Burmese, Khmer, kana, Han and the marks among them: written without spaces between words."""
_BEGINS_NO_LINE = "ー々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
"""Besides closing marks (JIS X 4051)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What no line is broken within; no wider than one."""

    text: str
    start: int
    """Milliseconds."""
    end: int
    spaced: bool = True
    """A space goes before it where it does not begin a line."""


Sentence = tuple[Piece, ...]


def width(text: str) -> int:
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW


def sentences_of(words: Sequence[Boundary], sentences: Sequence[Boundary]) -> Iterator[Sentence]:
    """All that the two boundary files of an input tell, in order; either may be empty. None is empty."""
    told = sorted(sentences, key=lambda sentence: sentence.start)
    starts = [sentence.start for sentence in told]
    spoken = groupby(_in_order(words), key=lambda word: max(0, bisect_right(starts, word.start) - 1))
    said = {number: tuple(group) for number, group in spoken}
    found = [_timed(sentence, said.get(number, ())) for number, sentence in enumerate(told)]
    if not told:
        found = [_joined(group) for group in _by_marks(said.get(0, ()))]
    yield from (fitting for pieces in found if (fitting := tuple(_fitting(pieces))))


def _in_order(words: Iterable[Boundary]) -> Iterator[Boundary]:
    """No word before the one before it; a row that is there twice, as silences make them, once."""
    before, reached = ("", 0), 0
    for word in words:
        text = _clean(word.text)
        if text and (text, word.start) != before:
            before, reached = (text, word.start), max(word.start, reached)
            yield Boundary(text=text, start=reached, end=max(reached, word.end))


def _clean(text: str) -> str:
    """White space as single spaces, nothing that cannot be shown."""
    shown = "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    return " ".join(shown.split())


def _by_marks(words: Iterable[Boundary]) -> Iterator[list[Boundary]]:
    """Sentences by the marks among the words, where no other file tells them."""
    held: list[Boundary] = []
    marks = ""
    for word in words:
        if ended(marks) and not _is_closing(word.text[0]):
            yield held
            held = []
        marks = marks + word.text if _is_mark(word.text) else word.text
        held.append(word)
    if held:
        yield held


def _timed(sentence: Boundary, words: Sequence[Boundary]) -> Sequence[Piece]:
    """A sentence's text cut at its words; the words alone where they are not all found in it, in order."""
    text = _clean(sentence.text)
    spoken = [word for word in words if any(map(str.isalnum, word.text))]
    if not spoken and text:
        return _spread(text, sentence.start, max(sentence.start, sentence.end), spaced=not _UNSPACED.match(text))
    spans = _spans(text, spoken)
    if not spans:
        return _joined(words)
    borders = [0, *(_border(text, end, begin) for (_, end), (begin, _) in pairwise(spans)), len(text)]
    pieces = []
    for word, (begin, end) in zip(spoken, pairwise(borders), strict=True):
        spaced = " " in text[max(0, begin - 1) : begin + 1] if begin else not _UNSPACED.match(text)
        pieces.append(Piece(text=text[begin:end].strip(), start=word.start, end=word.end, spaced=spaced))
    return pieces


def _spans(text: str, words: Iterable[Boundary]) -> list[tuple[int, int]] | None:
    """Where each word stands. The preview writes a sentence's first word in small letters."""
    spans: list[tuple[int, int]] = []
    for word in words:
        match = re.compile(re.escape(word.text), re.IGNORECASE).search(text, spans[-1][1] if spans else 0)
        if match is None:
            return None
        spans.append(match.span())
    return spans


def _border(text: str, end: int, begin: int) -> int:
    """Where, between the end of a word and the beginning of the next, what belongs to the next one begins."""
    for at in range(end, begin):
        before, mark, after = text[at - 1], text[at], text[at + 1]
        opens = before == " " != after or (_UNSPACED.match(before) and unicodedata.category(mark) == "Pi")
        if _is_opening(mark) or (opens and _is_quotation(mark)):
            return at
    return begin


def _is_opening(character: str) -> bool:
    return unicodedata.category(character) == "Ps" or character in "¿¡"


def _is_quotation(character: str) -> bool:
    """Which of them open differs from language to language."""
    return unicodedata.category(character) in ("Pi", "Pf") or character in "\"'"


def _is_closing(character: str) -> bool:
    return unicodedata.category(character) in ("Pe", "Pf", "Po") and not _is_opening(character)


def _joined(words: Sequence[Boundary]) -> Sequence[Piece]:
    """Words without a text that they stand in."""
    pieces: list[Piece] = []
    glued = True
    for word in words:
        last = pieces[-1] if pieces else None
        if last and _is_mark(word.text) and not _is_opening(word.text[0]):
            pieces[-1] = replace(last, text=last.text + word.text, end=word.end)
            continue
        if last and glued:
            pieces[-1] = replace(last, text=last.text + word.text, end=word.end)
        else:
            spaced = not (_UNSPACED.match(word.text) and (last is None or _UNSPACED.match(last.text[-1])))
            pieces.append(Piece(text=word.text, start=word.start, end=word.end, spaced=spaced))
        glued = _is_opening(word.text[-1])
    return pieces


def _is_mark(text: str) -> bool:
    return not any(map(str.isalnum, text))


def _fitting(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        if width(piece.text) <= LINE:
            yield piece
        else:
            yield from _spread(piece.text, piece.start, piece.end, spaced=piece.spaced)


def _spread(text: str, start: int, end: int, *, spaced: bool) -> list[Piece]:
    """A text cut wherever it may be, with times by width."""
    atoms = [(atom, not number) for chunk in text.split() for number, atom in enumerate(_atoms(chunk))]
    reached = list(accumulate((width(atom) for atom, _ in atoms), initial=0))
    times = [start + (end - start) * sofar // (reached[-1] or 1) for sofar in reached]
    pieces = [
        Piece(text=atom, start=begin, end=stop, spaced=is_spaced)
        for (atom, is_spaced), (begin, stop) in zip(atoms, pairwise(times), strict=True)
    ]
    return [replace(pieces[0], spaced=spaced), *pieces[1:]]


def _atoms(chunk: str) -> Iterator[str]:
    """What has no space in it, cut between characters that need none, or anywhere where it is too wide."""
    held, wide = chunk[:1], _width(chunk[0])
    for before, after in pairwise(chunk):
        if _may_part(before, after) or wide + _width(after) > LINE:
            yield held
            held, wide = "", 0
        held, wide = held + after, wide + _width(after)
    yield held


def _may_part(before: str, after: str) -> bool:
    if not (_UNSPACED.match(before) or _UNSPACED.match(after)):
        return False
    clings = after in _BEGINS_NO_LINE or unicodedata.category(after)[0] == "M" or _is_closing(after)
    return not clings and unicodedata.category(before) not in ("Ps", "Pi")
