"""An endpoint's words reach logs and manifests without what they quote of documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.quoting import unquoted

TEXT = "Call me Ishmael. Some years ago, never mind how long precisely, I thought I would sail about a little."


@pytest.mark.parametrize(
    ("words", "texts", "left"),
    {
        "nothing": ("", [TEXT], ""),
        "no quotation": ("The voice is unknown.", [TEXT], "The voice is unknown."),
        "the whole": (f"cannot speak '{TEXT}'", [TEXT], "cannot speak '…'"),
        "a piece": ("cannot speak 'never mind how long' of it", [TEXT], "cannot speak '…' of it"),
        "two pieces": ("'Some years ago' and 'how long precisely'", ["other", TEXT], "'…' and '…'"),
        "a stranger's": ("cannot speak 'never mind how long'", ["first", "second", TEXT], "cannot speak '…'"),
        "a word or two": ("There is no voice 'I thought'.", [TEXT], "There is no voice 'I thought'."),
        "a short text": ("'Hi Bob.' has no words", ["Hi Bob."], "'…' has no words"),
        "a text of a letter": ("a bad answer", ["a"], "a bad answer"),
        "another script": ("cannot speak “北京是一座城市”", ["昨天,北京是一座城市。"], "cannot speak “…”"),
    }.values(),
)
def test_what_stands_in_a_text_is_left_out(words: str, texts: list[str], left: str) -> None:
    assert unquoted(words, texts) == left


@given(st.text(), st.text(min_size=12, alphabet=st.characters(max_codepoint=127)), st.text())
def test_nothing_of_a_quoted_text_is_left(before: str, text: str, after: str) -> None:
    assert text not in unquoted(before + text + after, [text])
