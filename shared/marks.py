"""Words with phones of their own, as an utterance's text carries them from their author to the engine. Pure."""

from __future__ import annotations

import re

MARK = re.compile("\ue000([^\ue000-\ue002]*)\ue001([^\ue000-\ue002]*)\ue002")
"""In an utterance's text: a word and its phones in IPA, MARK_SPACE for spaces in both, so that it is cut nowhere."""
MARK_SPACE = "\ue003"
LONGEST_MARKED = 150
"""Characters of a word with phones: with these it is still shorter than what an engine speaks in one go."""
_MARKS = re.compile("[\ue000-\ue003]")


def unmarked(text: str) -> str:
    """The text as it reads: words without their phones, and no private character that could be taken for a mark."""
    if not _MARKS.search(text):
        return text
    return _MARKS.sub("", MARK.sub(r"\1", text).replace(MARK_SPACE, " "))


def marked(word: str, ipa: str) -> str:
    """A word that is to be said as `ipa` has it; more than LONGEST_MARKED is left without phones."""
    if len(word) > LONGEST_MARKED:
        return unmarked(word)
    whole = [MARK_SPACE.join(_MARKS.sub("", part).split()) for part in (word, ipa)]
    return f"\ue000{whole[0]}\ue001{whole[1]}\ue002"


def veiled(text: str) -> str:
    """As long as `text`, with letters for its marks: borders are looked for here, so that none is within a mark."""
    return MARK.sub(lambda mark: "x" * len(mark[0]), text) if "\ue000" in text else text


def beside_mark(text: str, cut: int) -> int:
    """`cut` where it is in no mark; else where that mark begins, or ends if the text begins with it."""
    start = text.rfind("\ue000", 0, cut)
    if start < 0 or "\ue002" in text[start:cut]:
        return cut
    return start or text.find("\ue002") + 1 or cut
