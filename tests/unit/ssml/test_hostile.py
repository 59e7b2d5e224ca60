"""SSML that is meant to harm: refused or read, in bounded time and memory, whatever it holds."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InputError
from shared.marks import unmarked
from shared.ssml import Say, background, parse, pauses, segments
from shared.ssml.spans import Clip, Lasting, Span

HEAD = '<speak xmlns:mstts="http://www.w3.org/2001/mstts"><voice name="en-US-AvaNeural">'
TAIL = "</voice></speak>"
SILENCES = '<mstts:silence type="Sentenceboundary" value="1ms"/><mstts:silence type="Comma-exact" value="1ms"/>'
SIZE = 2_000_000
SECONDS = 30.0
"""Of CPU: what grows with the square of its length takes hours."""
"""Processor time for 2 MB; what is read takes up to five, most of it for words of numbers."""

HUGE = {
    "cardinals": "<say-as interpret-as='cardinal'>999999999999999</say-as>" * (SIZE // 56),
    "phonemes": "<phoneme ph='a'>b</phoneme>" * (SIZE // 27),
    "recordings": "<audio src='https://x/y'>b</audio>" * (SIZE // 34),
    "voices": "<voice name='v'>a</voice>" * (SIZE // 25),
    "sentences": SILENCES + "an. b, " * (SIZE // 7),
    "voices in each other": f"<voice name='v'>{SILENCES}" * 200 + "an. " * (SIZE // 5) + "</voice>" * 200,
    "an address": "<say-as interpret-as='address'>" + "st " * (SIZE // 3) + "</say-as>",
    "an amount": "<say-as interpret-as='currency'>" + "9" * SIZE + "</say-as>",
    "an alias": f"<sub alias='{'a ' * (SIZE // 2)}'>x</sub>",
    "a rate": f"<prosody rate='{'9' * SIZE}'>x</prosody>",
    "a time": f"<break time='{'9' * SIZE}s'/>",
    "attributes": "<p " + " ".join(f"a{number}=''" for number in range(SIZE // 12)) + "/>",
    "a name": f"<{'p' * SIZE}/>",
    "full stops": SILENCES + "." * SIZE,
    "quotation marks": SILENCES + "." + '"' * SIZE,
    "full stops of Chinese": SILENCES + "。" * (SIZE // 3),
}


@pytest.mark.parametrize("body", HUGE.values(), ids=HUGE.keys())
def test_two_megabytes_are_read_in_bounded_time(body: str) -> None:
    begun = time.process_time()
    spans = parse(HEAD + body + TAIL, fetching=True)
    parts = segments(spans, 5000)
    assert time.process_time() - begun < SECONDS
    assert max((len(span.text) for part in parts for span in part if isinstance(span, Say)), default=0) <= 5000


REFUSED = {
    "phones": f"<phoneme ph='{'a ' * (SIZE // 2)}'>x</phoneme>",
    "a thousand deep": "<p>" * 1000,
    "ten thousand deep": "<mstts:express-as>" * 10_000,
    "NUL": "a\0b",
    "NUL as a number": "a&#0;b",
    "a control character": "a\x01b",
    "a control character as a number": "a&#x1;b",
    "no character at all": "a&#xffff;b",
    "a number beyond all": "a&#x110000;b",
    "a surrogate": "a\ud800b",
    "an entity": "&bomb;",
    "an unfinished tag": "<p " + "a='b' " * 1000,
    "unquoted": "<break time=1s/>",
    "an unfinished CDATA section": "<![CDATA[" + "a" * 1000,
    "an unfinished comment": "<!-- " + "-" * 1000,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_these_are_refused_with_their_place(body: str) -> None:
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        parse(HEAD + body + TAIL)
    assert time.process_time() - begun < 2
    assert caught.value.where.startswith("line 1")
    assert len(str(caught.value)) + len(caught.value.remedy) < 500


BOMBS = {
    "a billion laughs": "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY a{n + 1} '{f'&a{n or str()};' * 10}'>" for n in range(10))
    + "]>",
    "one large entity": f"<!DOCTYPE x [<!ENTITY a '{'x' * 100_000}'>]>",
    "an entity in itself": "<!DOCTYPE x [<!ENTITY a '&a;'>]>",
    "a file": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
    "a page": "<!DOCTYPE x [<!ENTITY a SYSTEM 'http://169.254.169.254/latest'>]>",
    "a parameter": "<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1/x.dtd'> %a;]>",
    "an outer document type": "<!DOCTYPE speak PUBLIC '-//W3C//DTD SYNTHESIS 1.0//EN' 'http://127.0.0.1/s.dtd'>",
}


@pytest.mark.parametrize("prolog", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused_without_much_memory(prolog: str) -> None:
    text = prolog + HEAD + "&a;" * 1000 + TAIL
    tracemalloc.start()
    with pytest.raises(InputError, match="document type"):
        parse(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_memory_is_bounded_for_many_sentences() -> None:
    text = HEAD + SILENCES + "an. b, " * 50_000 + TAIL
    tracemalloc.start()
    parts = segments(parse(text), 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(map(len, parts)) > 100_000
    assert peak < 150 * len(text)


NAMES = st.sampled_from(
    [
        *("speak", "voice", "p", "s", "break", "prosody", "emphasis", "say-as", "sub", "phoneme", "lang", "bookmark"),
        *("audio", "lexicon", "math", "unheard-of", "mstts:silence", "mstts:express-as", "mstts:audioduration"),
        *("mstts:backgroundaudio", "mstts:turn"),
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            *("name", "rate", "pitch", "volume", "time", "strength", "interpret-as", "format"),
            *("alias", "ph", "src", "uri", "type", "value", "level"),
        ]
    ),
    st.sampled_from(
        ["", "v", "+20%", "1s", "99", "cardinal", "date", "currency", "dmy", "ipa", "təˈmeɪ", "https://x/y", "Leading"]
    )
    | st.text(st.characters(exclude_characters="<&'", exclude_categories=("Cs", "Cc")), max_size=6),
    max_size=3,
)
WORDS = st.text(st.characters(exclude_characters="<&", exclude_categories=("Cs", "Cc", "Co")), max_size=12)


@st.composite
def _element(draw: st.DrawFn, content: st.SearchStrategy[str]) -> str:
    name = draw(NAMES)
    attributes = "".join(f" {key}='{value}'" for key, value in draw(ATTRIBUTES).items())
    return f"<{name}{attributes}>{''.join(draw(st.lists(content, max_size=3)))}</{name}>"


CONTENT: st.SearchStrategy[str] = st.recursive(WORDS, lambda inner: _element(inner) | inner, max_leaves=12)
RAW = st.text(alphabet="<>/='\"& \nabs.é\0!?[]-;#x1", max_size=60)


@settings(max_examples=150)
@given(CONTENT | RAW, st.booleans(), st.integers(1, 40))
def test_whatever_is_written_is_read_or_refused(body: str, fetching: bool, limit: int) -> None:
    for text in (HEAD + body + TAIL, body):
        try:
            spans = parse(text, fetching=fetching)
        except InputError:
            continue
        assert pauses(spans) >= 0
        assert background(text) is None or "https" in text
        assert _text(span for part in segments(spans, limit) for span in part) == _text(spans)


def _text(spans: object) -> str:
    """All that is said, in order."""
    said = []
    for span in spans:  # type: ignore[attr-defined]
        if isinstance(span, Clip):
            said.append(_text(span.instead))
        elif isinstance(span, Lasting):
            said.append(_text(span.spans))
        elif isinstance(span, Say):
            said.append(span.text)
    return "".join(said)


LENDING = st.sampled_from(["emphasis", "prosody rate='+10%'", "p", "s", "lang", "mstts:express-as style='sad'", "x"])


@st.composite
def _lending(draw: st.DrawFn, content: st.SearchStrategy[tuple[str, str]]) -> tuple[str, str]:
    """A document and its text."""
    tag, inner = draw(LENDING), draw(st.lists(content, max_size=3))
    written, text = "".join(part[0] for part in inner), "".join(part[1] for part in inner)
    return f"<{tag}>{written}</{tag.split()[0]}>", text


LENT: st.SearchStrategy[tuple[str, str]] = st.recursive(
    WORDS.map(lambda text: (text, text)), lambda inner: _lending(inner) | inner, max_leaves=12
)


@settings(max_examples=150)
@given(LENT)
def test_what_is_said_is_what_is_written(document: tuple[str, str]) -> None:
    written, text = document
    spans: tuple[Span, ...] = parse(HEAD + written + TAIL)
    assert "".join(_text(spans).split()) == "".join(text.split())
    assert unmarked(_text(spans)) == _text(spans)
