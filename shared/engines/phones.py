"""Phones that an author gives in IPA, as hibari's and Kokoro's networks write them (misaki's alphabet).

That alphabet has one letter for each English diphthong and affricate, and stress marks stand right before the vowel.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from shared.marks import MARK, MARK_SPACE, unmarked

_AS: Mapping[str, str] = {
    "aɪ": "I",
    "aʊ": "W",
    "eɪ": "A",
    "oʊ": "O",
    "əʊ": "O",
    "ɔɪ": "Y",
    "dʒ": "ʤ",
    "tʃ": "ʧ",
    "ɜr": "ɜɹ",
    "ɜɹ": "ɜɹ",
    "ɝ": "ɜɹ",
    "ɚ": "əɹ",
    "ɫ": "l",
    "g": "ɡ",
    "r": "ɹ",
    "e": "ɛ",
    "ɾ": "T",
    "ʔ": "t",
    "a": "ɑ",
    "ʍ": "w",
    "ɵ": "O",
    "ɬ": "l",
    "y": "u",
    "'": "ˈ",
    "′": "ˈ",
    "’": "ˈ",
}
"""Of misaki's own table from espeak's phones, and the American spellings that are common besides."""
_LETTER = re.compile("|".join(sorted(map(re.escape, _AS), key=len, reverse=True)))
_LEFT_OUT = re.compile("[ːˑ.|‖‿\\-͜͡ʰʲʷˠˤⁿˡ˞ˀ\u0300-\u036f\u02e5-\u02e9↗↘↑↓→]")
_STRESS = re.compile("([ˈˌ])([^AIOQWYaiuæɑɐɒɔəɛɜɪʊʌøœɨɯɤ ˈˌ]*)(?=[AIOQWYaiuæɑɐɒɔəɛɜɪʊʌøœɨɯɤ])")
_SYLLABIC = re.compile("([lmnɹr])\u0329")
_WORD = re.compile(r"\W+")


def misaki(ipa: str) -> str:
    """The same phones in misaki's alphabet."""
    plain = _LEFT_OUT.sub("", _SYLLABIC.sub(r"ə\1", unicodedata.normalize("NFD", ipa)))
    return _STRESS.sub(r"\2\1", _LETTER.sub(lambda found: _AS[found[0]], plain))


def linked(text: str) -> str:
    """A text with marks, in the notation of hibari's rules, [word](/phones/), which a text's own signs are not."""
    return unmarked(MARK.sub(_link, text.replace("](", "] (")))


def _link(mark: re.Match[str]) -> str:
    phones = misaki(mark[2].replace(MARK_SPACE, " "))
    return f"[{_WORD.sub('', mark[1]) or 'word'}](/{phones}/)" if phones.strip() else mark[1]
