"""Blocks of a marked-up text to what is spoken: sections that begin at headings, in chapters.

A block is a paragraph, a heading, a list's item or a table's cell. What has no full stop of its own but is spoken as a
sentence is given one here.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

LONGEST_TITLE = 200
"""Characters of a title in a chapter list; the rest of a longer one is only spoken."""

UNHEARD = dict.fromkeys(
    [
        *(*range(9), *range(14, 32), *range(127, 133), *range(134, 160)),
        *(0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)),
    ]
)
"""Control characters, marks of where a line may break, halves of characters: voices stumble over all of them."""

_STOPS = frozenset(".!?…:;,–—。！？：；，、؟،؛।॥։።")
_CLOSING = "\"'”’»›)]}）」』】〉》"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    text: str
    level: int = 0
    """1 to 6: a heading."""
    is_line: bool = False
    """Of a list or table, and not its first: it follows the block before without a paragraph's pause."""
    is_cell: bool = False
    """It goes on in the row of the block before."""
    is_sentence: bool = False
    """It ends as a sentence, whatever its last character."""
    names: tuple[str, ...] = ()
    """Fragments by which links lead here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    media_type: str
    data: bytes


Outline = tuple[tuple[str, tuple[str, ...]], ...]
"""Chapters in reading order: of each its title, or "", and its sections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document before it is split."""

    chapters: Outline
    title: str = ""
    author: str = ""
    language: str = ""
    cover: Cover | None = None


def title_of(text: str) -> str:
    """On one line, and not too long."""
    return " ".join(text.translate(UNHEARD).split())[:LONGEST_TITLE].rstrip()


def sections(blocks: Sequence[Block]) -> Iterator[str]:
    """The blocks as texts, each from a heading, or some in a row, to the next."""
    return map(_spoken, _cut_at_headings(blocks))


def by_headings(blocks: Sequence[Block]) -> Outline:
    """Chapters begin at the headings of the highest level of which there are several, and at higher ones."""
    level = _chapter_level(blocks)
    starts: dict[int, str] = {}
    row = 0
    for index, block in enumerate(blocks):
        if block.level == 0:
            row = index + 1
        elif block.level <= level:
            # Headings in a row begin one chapter: the title of the book, say, and that of its first chapter.
            starts[row] = title_of(block.text)
    return chapters(blocks, starts)


def chapters(blocks: Sequence[Block], starts: Mapping[int, str], borders: Iterable[int] = ()) -> Outline:
    """The chapters that begin at these blocks, by index, with these titles; what stands before them is one without.

    At `borders` a new section begins, in the same chapter.
    """
    edges = sorted({0, *starts, *borders, len(blocks)})
    found: list[tuple[str, list[str]]] = []
    for begin, end in pairwise(edges):
        if not found or begin in starts:
            found.append((starts.get(begin, ""), []))
        found[-1][1].extend(sections(blocks[begin:end]))
    return tuple((title, tuple(texts)) for title, texts in found)


def _chapter_level(blocks: Sequence[Block]) -> int:
    counts = Counter(block.level for block in blocks if block.level)
    several = [level for level, count in counts.items() if count > 1]
    return min(several or counts, default=0)


def _cut_at_headings(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    begin = 0
    for index, (before, block) in enumerate(pairwise(blocks), 1):
        if block.level and not before.level:
            yield blocks[begin:index]
            begin = index
    if blocks:
        yield blocks[begin:]


def _spoken(blocks: Sequence[Block]) -> str:
    pieces: list[str] = []
    for index, block in enumerate(blocks):
        if index:
            pieces.append(_between(blocks[index - 1], block))
        goes_on = index + 1 < len(blocks) and blocks[index + 1].is_cell
        pieces.append(sentence(block.text) if block.is_sentence and not goes_on else block.text)
    return "".join(pieces)


def _between(before: Block, block: Block) -> str:
    if before.level:
        return "\n\n"
    return ", " if block.is_cell else "\n" if block.is_line else "\n\n"


def sentence(text: str) -> str:
    """The text with a full stop of its script, unless it ends in a mark that a voice pauses at."""
    last = text.rstrip(_CLOSING)[-1:] or text[-1:]
    if not last or last in _STOPS:
        return text
    return text + ("。" if unicodedata.east_asian_width(last) == "W" else ".")
