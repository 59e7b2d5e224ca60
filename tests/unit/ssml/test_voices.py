"""Names of the voices in a document, found without a parser."""

from __future__ import annotations

import time

import pytest

from shared.ssml import parse, voice_names

SPEAK = '<speak version="1.0" xmlns:x="http://www.w3.org/2001/10/synthesis">{}</speak>'


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('<voice name="A">x</voice>', ("A",)),
        ("<voice xml:lang='en-US' xml:gender='Female' name='A'>x</voice>", ("A",)),
        ("<voice\n name = 'A' >x</voice><x:voice name='B' effect='>'>x</x:voice><voice name='A'>y</voice>", ("A", "B")),
        ('<voice effect="a>b" name=" A ">x<voice name="C"/></voice>', ("A", "C")),
        ("<voice name='A'><voiced name='B'/>x name='D'</voice>", ("A",)),
    ],
)
def test_each_voice_is_named_once(body: str, names: tuple[str, ...]) -> None:
    assert parse(SPEAK.format(body))
    assert voice_names(SPEAK.format(body)) == names


@pytest.mark.parametrize(
    "piece", ["<voice ", "<voice name ", " name", "<voice\t", "name=", "<a:voice name='", "<", ":"]
)
def test_no_text_takes_long(piece: str) -> None:
    begun = time.process_time()
    voice_names(SPEAK.format("<voice " + piece * (1_000_000 // len(piece))))
    assert time.process_time() - begun < 2
