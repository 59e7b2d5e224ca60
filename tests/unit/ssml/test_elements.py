"""What SSML elements mean, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from shared.marks import marked
from shared.ssml import Pause, Say, Span, parse

SPEAK = (
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
    'xmlns:mstts="https://www.w3.org/2001/mstts" xml:lang="en-US">'
)


def _in_voice(body: str) -> tuple[Span, ...]:
    return parse(f'{SPEAK}<voice name="v">{body}</voice></speak>')


def _say(text: str, **manner: Any) -> Say:
    return Say(text=text, voice="v", **manner)


CASES: dict[str, list[Span]] = {
    # text
    "Hello.": [_say("Hello.")],
    "  Two\n   lines &amp; &#233;&lt;\t": [_say(" Two lines & é< ")],
    "": [],
    "  \n ": [],
    "<![CDATA[a <b> c]]>": [_say("a <b> c")],
    "x<!-- not this -->y<?nor this?>z": [_say("xyz")],
    # inline elements lend their text
    "A <emphasis level='strong'>big</emphasis> <emphasis>red</emphasis> dog.": [_say("A big red dog.")],
    "<mstts:express-as style='cheerful'>Hi</mstts:express-as> you": [_say("Hi you")],
    "<mstts:unheard-of>Hi</mstts:unheard-of>": [_say("Hi")],
    "<unheard-of a='1'>Hi</unheard-of>": [_say("Hi")],
    "<phoneme alphabet='ipa' ph='təˈmeɪtoʊ'>tomato</phoneme>": [_say(marked("tomato", "təˈmeɪtoʊ"))],
    "<bookmark mark='m'/>x<lexicon uri='https://x/y.xml'/><mstts:viseme type='redlips_front'/>": [_say("x")],
    # sub, say-as
    "The <sub alias='World Wide\nWeb Consortium'>W3C</sub> says": [_say("The World Wide Web Consortium says")],
    "<sub>W3C</sub>": [_say("W3C")],
    "<sub alias='x'>a<emphasis>b</emphasis><break/><p>c</p></sub>": [_say("x")],
    "code <say-as interpret-as='characters'>Ab 1</say-as>.": [_say("code A. B 1.")],
    "<say-as interpret-as='spell-out'>tv</say-as>": [_say("T V")],
    "<say-as interpret-as='date' format='dmy'>1/2/2024</say-as>": [_say("the first of February, twenty twenty-four")],
    # audio is not fetched: its body is the fallback
    "<audio src='https://x/y.mp3'>a bell<desc>not this</desc></audio>": [_say("a bell")],
    # breaks
    "a<break/>b": [_say("a"), Pause(750), _say("b")],
    "a<break strength='x-weak'/>": [_say("a"), Pause(250)],
    "a<break strength='x-strong'/>": [_say("a"), Pause(1250)],
    "a<break strength='none'/>b": [_say("a"), _say("b")],
    "<break time='500ms'/>": [Pause(500)],
    "<break time='1.5s' strength='weak'/>": [Pause(1500)],
    "<break time='99s'/>": [Pause(20_000)],
    "<break time='0ms'/>": [],
    "<break time='soon'/>": [Pause(750)],
    "<break time='-1s' strength='weak'/>": [Pause(500)],
    # sentences and paragraphs
    "<p>One.</p>\n<p>Two.</p>": [_say("One.\n\nTwo.")],
    "Zero.<p>One.</p>Two.": [_say("Zero.\n\nOne.\n\nTwo.")],
    "<s>One</s> <s>Two</s>": [_say("One"), _say("Two", begins=True)],
    "<p><s>One</s><s>Two</s></p><p>Three</p>": [_say("One"), _say("Two", begins=True), _say("\n\nThree", begins=True)],
    "Zero <s>One <emphasis>1</emphasis><prosody rate='2'>!</prosody></s> Two": [
        _say("Zero "),
        _say("One 1", begins=True),
        _say("!", rate=2.0),
        _say(" Two", begins=True),
    ],
    "One<break/><s>Two</s>": [_say("One"), Pause(750), _say("Two")],
    # prosody
    "a <prosody rate='+50%'>b</prosody> c": [_say("a "), _say("b", rate=1.5), _say(" c")],
    "<prosody rate='2' volume='50'>a<prosody rate='-50%' pitch='high'>b</prosody></prosody>": [
        _say("a", rate=2.0, volume=0.5),
        _say("b", rate=1.0, volume=0.5, pitch=1.2),
    ],
    "a <prosody rate='nonsense' contour='(0%,+20Hz)'>b</prosody>": [_say("a b")],
}


@pytest.mark.parametrize(("body", "expected"), CASES.items())
def test_inside_a_voice(body: str, expected: list[Span]) -> None:
    assert list(_in_voice(body)) == expected


def test_each_voice_speaks_for_itself() -> None:
    spans = parse(
        f'{SPEAK}<voice name="a">One</voice> <voice name="a">Two</voice><voice name="b">Three</voice></speak>'
    )
    assert [(span.text, span.voice) for span in spans if isinstance(span, Say)] == [
        ("One", "a"),
        ("Two", "a"),
        ("Three", "b"),
    ]


def test_lang_sets_the_locale_for_its_text_only() -> None:
    inside = (
        "Say <lang xml:lang='de-DE'>Guten <lang xml:lang='en-GB'>Day</lang></lang> <lang xml:lang='en-AU'>now</lang>"
    )
    spans = parse(f'{SPEAK}<voice name="en-US-AvaMultilingualNeural">{inside}</voice></speak>')
    assert [(span.text, span.locale) for span in spans if isinstance(span, Say)] == [
        ("Say ", ""),
        ("Guten ", "de-DE"),
        ("Day now", ""),
    ]


def test_lang_does_not_divide_the_text_of_a_voice_of_one_language() -> None:
    assert list(_in_voice("Say <lang xml:lang='de-DE'>Guten Tag</lang> now")) == [_say("Say Guten Tag now")]


@pytest.mark.parametrize("namespace", ["http://www.w3.org/2001/mstts", "https://www.w3.org/2001/mstts"])
def test_both_mstts_namespaces_under_any_prefix(namespace: str) -> None:
    text = f'<speak xmlns:m="{namespace}"><voice name="v"><m:express-as style="sad">x</m:express-as></voice></speak>'
    assert parse(text) == (Say(text="x", voice="v"),)


def test_an_mstts_element_is_not_taken_for_its_namesake() -> None:
    assert _in_voice("<mstts:break/>x<mstts:sub alias='y'>z</mstts:sub>") == (_say("xz"),)


def test_a_breaks_place_is_free_and_background_audio_says_nothing() -> None:
    text = f'{SPEAK}<mstts:backgroundaudio src="https://x/y"/><break time="1s"/><voice name="v">x</voice></speak>'
    assert parse(text) == (Pause(1000), _say("x"))
