"""SSML written around a plain text: it says the same text, in the manner asked for, and costs little besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.billing import billable_characters
from shared.batchapi.model import InputKind
from shared.marks import unmarked
from shared.ssml import parse
from shared.ssml.spans import Pause, Say
from shared.ssml.write import PARAGRAPH_END, Writer, is_marked, occurring


@dataclass(frozen=True, kw_only=True)
class Asked:
    voice: str = "en-US-JennyNeural"
    language: str = ""
    style: str = ""
    style_degree: float = 1.0
    role: str = ""
    rate: str = ""
    pitch: str = ""
    volume: str = ""
    paragraph_pause_ms: int = 0
    lexicon: Mapping[str, str] = field(default_factory=dict)


def body(asked: Asked, text: str, *, goes_on: bool = False) -> str:
    """What is written within the voice."""
    written = Writer(asked).write(text, goes_on=goes_on)
    return written.partition("<voice")[2].partition(">")[2].removesuffix("</voice></speak>")


BODIES = {
    "nothing asked for": (Asked(), "One & <two>.", "One &amp; &lt;two&gt;."),
    "paragraphs": (Asked(), "One.\n \nTwo\nwrapped.\n\n", "<p>One.</p><p>Two\nwrapped.</p>"),
    "a pause": (Asked(paragraph_pause_ms=1500), "One.\n\n\nTwo.", 'One.<break time="1500ms"/>Two.'),
    "another language": (Asked(language="de-DE"), "Eins.", '<lang xml:lang="de-DE">Eins.</lang>'),
    "its own language": (Asked(language="EN-us"), "One.", "One."),
    "a style takes no <p>": (
        Asked(style="chat", style_degree=1.5, role="Girl"),
        "One.\n\nTwo.",
        '<mstts:express-as style="chat" styledegree="1.5" role="Girl">One.<break/>Two.</mstts:express-as>',
    ),
    "a degree of no style": (Asked(style_degree=1.5), "One.", "One."),
    "prosody": (
        Asked(rate="+10%", pitch="-2st", volume="80"),
        "One.",
        '<prosody rate="+10%" pitch="-2st" volume="80">One.</prosody>',
    ),
    "other words": (Asked(lexicon={"GIF": 'the "jif"'}), "A GIF.", "A <sub alias='the \"jif\"'>GIF</sub>."),
    "phones": (
        Asked(lexicon={"tomato": "/təˈmeɪtoʊ/"}),
        "A tomato.",
        'A <phoneme alphabet="ipa" ph="təˈmeɪtoʊ">tomato</phoneme>.',
    ),
    "whole words, in their case": (
        Asked(lexicon={"GIF": "jif"}),
        "GIFs, gif, GIF-s",
        'GIFs, gif, <sub alias="jif">GIF</sub>-s',
    ),
    "the longest, across a line's end": (
        Asked(lexicon={"New": "x", "New York": "y"}),
        "New\n York",
        '<sub alias="y">New\n York</sub>',
    ),
    "but not across a paragraph's": (
        Asked(lexicon={"New York": "y"}),
        "New\n\nYork",
        "<p>New</p><p>York</p>",
    ),
    "words with marks": (
        Asked(lexicon={"C++": "see plus plus", ".NET": "dot net"}),
        "C++, .NET!",
        '<sub alias="see plus plus">C++</sub>, <sub alias="dot net">.NET</sub>!',
    ),
    "words of scripts without spaces": (
        Asked(lexicon={"東京": "とうきょう"}),
        "大東京都",
        '大<sub alias="とうきょう">東京</sub>都',
    ),
    "characters that XML has not": (Asked(), "a\x0cb\x00c\uffffd", "a b c d"),
}


@pytest.mark.parametrize(("asked", "text", "expected"), BODIES.values(), ids=BODIES)
def test_what_is_written_within_the_voice(asked: Asked, text: str, expected: str) -> None:
    assert body(asked, text) == expected


def test_a_pause_stands_also_where_a_text_goes_on_in_the_next_one() -> None:
    asked = Asked(paragraph_pause_ms=700)
    assert body(asked, "One.", goes_on=True) == 'One.<break time="700ms"/>'
    assert body(asked, "One.") == "One."


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(), '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">'),
        (Asked(voice="de-DE-KatjaNeural"), 'synthesis" xml:lang="de-DE">'),
        (Asked(voice="mine", language="fr-FR"), 'synthesis" xml:lang="fr-FR">'),
        (Asked(style="chat"), 'synthesis" xmlns:mstts="http://www.w3.org/2001/mstts" xml:lang="en-US">'),
    ],
)
def test_the_root_declares_what_is_used(asked: Asked, expected: str) -> None:
    assert expected in Writer(asked).write("One.", goes_on=False)


letters = st.sampled_from("ab.&<>\"' \n\t\x00中é😀\u2028GIF") | st.characters(codec="utf-8")
paragraphs = st.lists(st.text(letters, min_size=1).filter(lambda text: any(map(str.isalnum, text))), min_size=1)


def squeezed(text: str) -> list[str]:
    return "".join(
        " " if character in "\x00\ue000\ue001\ue002\ue003\ufffe\uffff" else character for character in text
    ).split()


@given(
    text=paragraphs.map("\n\n".join),
    style=st.sampled_from(["", "chat"]),
    pause=st.sampled_from([0, 300]),
    goes_on=st.booleans(),
)
def test_what_is_written_can_be_read_and_says_the_text(text: str, style: str, pause: int, goes_on: bool) -> None:
    """By the service's own reader, whatever the text holds."""
    asked = Asked(style=style, rate="1.5", paragraph_pause_ms=pause)
    spans = parse(Writer(asked).write(text, goes_on=goes_on))
    said = [span for span in spans if isinstance(span, Say)]
    assert {(span.voice, span.rate) for span in said} <= {(asked.voice, 1.5)}
    heard = squeezed(" ".join(span.text for span in said))
    written = squeezed("".join(" " if is_no_xml(character) else character for character in text))
    assert "".join(heard) == "".join(written).translate(dict.fromkeys(range(0xE000, 0xE004)))
    if pause:
        assert {span.milliseconds for span in spans if isinstance(span, Pause)} <= {pause}


def is_no_xml(character: str) -> bool:
    return (character < " " and character not in "\t\n\r") or character in "\ufffe\uffff"


@given(text=paragraphs.map("\n\n".join))
def test_words_of_a_lexicon_are_said_otherwise(text: str) -> None:
    asked = Asked(lexicon={"GIF": "jif", "ab": "/aˈb/"})
    found = occurring(asked.lexicon, text)
    written = Writer(asked).write(text, goes_on=False)
    assert ("<sub" in written, "<phoneme" in written) == ("GIF" in found, "ab" in found)
    assert is_marked(asked, text, goes_on=False) is bool(found)
    assert all(unmarked(span.text) for span in parse(written) if isinstance(span, Say))


@pytest.mark.parametrize("text", ["One.", "One & two.", "One.\n\nTwo.\n\nThree."])
def test_the_envelope_is_free(text: str) -> None:
    """What is billed more than the plain text: 7 characters for each of several paragraphs, 4 for an ampersand."""
    written = Writer(Asked()).write(text, goes_on=False)
    breaks = len(PARAGRAPH_END.findall(text))
    extra = billable_characters(written, InputKind.SSML) - len(text)
    assert extra == 4 * text.count("&") + (7 * (breaks + 1) - 2 * breaks if breaks else 0)
