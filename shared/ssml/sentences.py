"""Where a sentence ends, told by its marks, in the scripts of all voices that there are."""

from __future__ import annotations

import re

SPACED = ".!?…"
"""Marks that end a sentence where white space follows."""
ALWAYS = "。！？｡।॥؟۔።፧။។։"
"""Marks that stand for nothing else, whatever follows: Chinese and Japanese, Indic, Arabic and Urdu, Ethiopic, Burmese,
Khmer, Armenian."""
CLOSING = "\"'”’»)]』」）"
"""Marks after the end that belong to the sentence."""
ENDS = tuple(SPACED + ALWAYS)

_NO_ABBREVIATION = r"(?<!\b[A-Za-zÀ-ɏͰ-ϿЀ-ӿ].)(?<!\b(?:Mr|Ms|Dr|St|No|vs).)(?<!\b(?:Mrs|e\.g|i\.e).)"
"""Nor a letter of one, as in "z. B."."""


def _end(followed: str) -> re.Pattern[str]:
    """Begins with a set of characters, for which `re` looks fast."""
    closing = f"[{re.escape(CLOSING)}]*"
    always = rf"(?<=[{ALWAYS}])[{ALWAYS}]*{closing}\s*"
    return re.compile(rf"[{SPACED}{ALWAYS}](?:{always}|{_NO_ABBREVIATION}{closing}{followed})")


SENTENCE_END = _end(r"\s+")
"""With the white space after it."""
SENTENCE_OR_TEXT_END = _end(r"(?:\s+|$)")


def ended(text: str) -> bool:
    """Its last sentence is whole."""
    return text.rstrip(CLOSING + " \t\r\n").endswith(ENDS)
