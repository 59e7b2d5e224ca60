"""Which words of the author's text the words are that an engine's normaliser made of it.

"5:30 pm" is spoken as "five thirty P.M."; the times of those three words belong to the author's two. Equal words pair
off; what was rewritten in between is shared out in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from shared.engines.words import Token

_ATOM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\b|[^\W_]+(?:['’][^\W_]+)*|[%#@&*+=<>~^$€£¥₹₩°]")


def owners(spoken: Sequence[str], written: Sequence[Token]) -> list[tuple[int, ...]]:
    """For each spoken word the indexes in `written` that it stands for, in order; () for punctuation."""
    left = [(atom, index) for index, token in enumerate(written) if token.spoken for atom in _atoms(token.text)]
    right = [(atom, index) for index, word in enumerate(spoken) for atom in _atoms(word)]
    found: list[set[int]] = [set() for _ in spoken]
    matcher = SequenceMatcher(None, [atom for atom, _ in left], [atom for atom, _ in right], autojunk=False)
    for _, left_start, left_end, right_start, right_end in matcher.get_opcodes() if left else ():
        for place in range(right_end - right_start):
            sources = _share(place, right_end - right_start, left_start, left_end)
            found[right[right_start + place][1]].update(left[source][1] for source in sources)
    return [tuple(sorted(indexes)) for indexes in found]


def _share(place: int, count: int, start: int, end: int) -> range:
    """Of `start` to `end`, what falls to number `place` of `count`; a neighbour where nothing is there to share."""
    if start == end:
        return range(max(start - 1, 0), max(start, 1))
    first = start + place * (end - start) // count
    return range(first, max(start + (place + 1) * (end - start) // count, first + 1))


def _atoms(text: str) -> list[str]:
    return [atom.lower().replace("’", "'").replace(".", "") for atom in _ATOM.findall(text)]
