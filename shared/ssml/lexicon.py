"""Pronunciation lexicons (PLS 1.0): which words are to be said otherwise. Pure: who fetches them is not told here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from shared.errors import InputError
from shared.marks import MARK, marked, unmarked
from shared.ssml import phones

LARGEST = 100 * 1024
"""Bytes, as Azure's page has it."""

LONGEST_ALIAS = 500
"""Characters of what is said for a word."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    words: Mapping[str, str]
    """What to write for each word; its phones as a mark. As the lexicon has its case of letters."""

    def applied(self, text: str) -> str:
        """`text` with its words as they are to be said; those with phones of their own stay."""
        if not self.words:
            return text
        longest_first = sorted(self.words, key=len, reverse=True)
        found = re.compile(rf"{MARK.pattern}|(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)")
        return found.sub(lambda match: self.words[match[3]] if match[3] else match[0], text)


def read_lexicon(content: bytes) -> Lexicon:
    """Raises InputError: it is no PLS document. Phones in other alphabets than IPA are left out."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise InputError(
            "a lexicon is no well-formed PLS document", remedy="Check it with an XML validator."
        ) from error
    words: dict[str, str] = {}
    for lexeme in root.iter():
        if _local(lexeme) == "lexeme":
            said = _said(lexeme, root.get("alphabet", "ipa"))
            for grapheme in _texts(lexeme, "grapheme"):
                if said:
                    words.setdefault(grapheme, said if said[0] != "/" else marked(grapheme, said[1:]))
    return Lexicon(words)


def _said(lexeme: Any, alphabet: str) -> str:
    """An alias, else phones after a slash, else nothing."""
    aliases = [alias for alias in _texts(lexeme, "alias") if len(alias) <= LONGEST_ALIAS]
    if aliases:
        return unmarked(aliases[0]).lstrip("/")
    for element in lexeme:
        ph = _SPACE.sub(" ", element.text or "").strip()
        ipa = _local(element) == "phoneme" and element.get("alphabet", alphabet) == "ipa"
        if ipa and ph and len(ph) <= phones.LONGEST and not phones.unknown_phone(ph):
            return f"/{ph}"
    return ""


def _texts(lexeme: Any, name: str) -> Sequence[str]:
    texts = (_SPACE.sub(" ", element.text or "").strip() for element in lexeme if _local(element) == name)
    return [text for text in texts if text]


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
