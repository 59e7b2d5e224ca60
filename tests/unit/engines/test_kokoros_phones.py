"""The phonemes that Kokoro is given where espeak-ng tells them; the model is not needed for it."""

from __future__ import annotations

import pytest

from shared.engines.espeak import library
from shared.engines.kokoro import _EspeakPhonemes
from shared.engines.neural import Phonemes
from shared.engines.words import tokens
from shared.marks import marked, unmarked

pytestmark = pytest.mark.engine


def _said(text: str, voice: str = "it") -> tuple[Phonemes, list[str]]:
    """The phonemes, and those of each word."""
    said = tokens(unmarked(text))
    found = _EspeakPhonemes(library(), voice)(text, said)
    words = [
        "".join(p for p, owner in zip(found.text, found.words, strict=True) if owner == n) for n in range(len(said))
    ]
    return found, words


def test_a_word_is_said_as_its_author_gives_it() -> None:
    _, plain = _said("La pizza costa poco.")
    _, given = _said(f"La {marked('pizza', 'ˈpit.t͡sa')} costa poco.")
    assert given[1] == "ˈpitʦa"
    assert given[:1] + given[2:] == plain[:1] + plain[2:]


def test_of_several_words_the_first_has_the_phones_of_all() -> None:
    found, words = _said(f"Vivo a {marked('New York', 'ɲu ˈjɔɾk')} adesso.")
    assert words[2:4] == ["ɲu ˈjɔɾk", ""]
    assert found.text.count("ˈjɔɾk") == 1


def test_a_part_of_a_word_is_read_as_it_stands() -> None:
    assert _said(f"C'est l'{marked('eau', 'o')} claire.", "fr")[0] == _said("C'est l'eau claire.", "fr")[0]
