"""SSML that cannot be used: where, why, what to do; and SSML that is meant to harm."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InputError
from shared.ssml import Say, check, parse

FAULTS = {
    "": ("line 1, column 1", "there is nothing in it"),
    "Just text.": ("line 1, column 1", "does not begin with an element"),
    "<html/>": ("line 1, column 1", "begins with <html>, not with <speak>"),
    "<speak/>": ("", "no <voice>"),
    "<speak>Hello</speak>": ("line 1, column 8", "outside of any <voice>"),
    "<speak>\n  Hello\n</speak>": ("line 2, column 3", "outside of any <voice>"),
    "<speak><p>x\ny</p></speak>": ("line 1", "outside of any <voice>"),
    "<speak>\n<voice>x</voice></speak>": ("line 2, column 1", "a <voice> has no name"),
    "<speak><voice name=' '>x</voice></speak>": ("line 1, column 8", "a <voice> has no name"),
    "<speak><voice name='v'>x": ("line 1, column 25", "ends before <voice>, opened at line 1, column 8, is closed"),
    "<speak>\n <voice name='v'>\n<p>x</voice></speak>": ("line 3, column 7", "<p>, opened at line 3, column 1,"),
    "<speak><voice name='v'>Q & A</voice></speak>": ("line 1, column 27", "a bare & or <"),
    "<speak><voice name=v>x</voice></speak>": ("line 1, column 20", "without quotes"),
    "<speak><voice name='v'>a&nbsp;b</voice></speak>": ("line 1, column 25", "not one of XML's own five"),
    "<speak><voice name='v'>é\0</voice></speak>": ("line 1, column 25", "control character"),
    "<speak><voice name='v'>&#0;</voice></speak>": ("line 1, column 24", "number of a character"),
    "<speak><voice name='v'>\n \ud83d</voice></speak>": ("line 2, column 2", "surrogate"),
    "<speak><mstts:silence/></speak>": ("line 1, column 8", "prefix here is not declared"),
    "<speak a='1' a='2'/>": ("line 1, column 14", "given twice"),
    "<speak/><speak/>": ("line 1, column 9", "follows after the end"),
    "<speak><voice name='v": ("line 1, column 8", "inside of a tag"),
    " <?xml version='1.0'?><speak/>": ("line 1, column 2", "not well-formed"),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.items())
def test_a_fault_is_named_with_its_place_and_a_remedy(text: str, expected: tuple[str, str]) -> None:
    where, why = expected
    with pytest.raises(InputError) as caught:
        check(text)
    assert caught.value.where == where
    assert why in caught.value.why
    assert caught.value.remedy.endswith(".")


BOMB = "<!DOCTYPE b [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{n} '&a;&a;&a;&a;&a;&a;&a;'>" for n in range(30)) + "]>"


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        "<!DOCTYPE speak>",
        "<!DOCTYPE speak SYSTEM 'http://127.0.0.1:1/x.dtd'>",
        "<!DOCTYPE speak [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE speak [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]>",
    ],
)
def test_document_types_and_entities_are_refused(prolog: str) -> None:
    with pytest.raises(InputError, match="document type") as caught:
        parse(f"{prolog}<speak><voice name='v'>&x;</voice></speak>")
    assert caught.value.where.startswith("line 1, ")


def test_depth_is_limited() -> None:
    def nested(depth: int) -> str:
        inner = "<p>" * (depth - 2) + "x" + "</p>" * (depth - 2)
        return f"<speak><voice name='v'>{inner}</voice></speak>"

    assert parse(nested(256)) == (Say(text="x", voice="v"),)
    for depth in (257, 10_000):
        with pytest.raises(InputError, match="more than 256 elements"):
            parse(nested(depth))


@pytest.mark.parametrize(
    "unit",
    ["<s/>", "<break/>", "<p>a</p>", "<prosody rate='+1%'>a</prosody>", "&amp;", "a ", "\n", "<!---->", "<a b=''/>"],
)
def test_two_megabytes_of_anything_are_read_in_bounded_time(unit: str) -> None:
    text = "<speak><voice name='v'>" + unit * (2_000_000 // len(unit)) + "</voice></speak>"
    begun = time.process_time()
    parse(text)
    assert time.process_time() - begun < 4


def test_a_byte_order_mark_and_any_declared_encoding_are_fine() -> None:
    text = "\ufeff<?xml version='1.0' encoding='utf-16'?><speak><voice name='v'>é</voice></speak>"
    assert parse(text) == (Say(text="é", voice="v"),)


_MARKUP = st.sampled_from(
    ["<speak>", "</speak>", "<voice name='v'>", "</voice>", "<p>", "</p>", "<break/>", "x", " ", "&amp;", "&", "<sub>"]
)


@given(st.lists(_MARKUP | st.text(max_size=3), max_size=12).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        spans = parse(text)
    except InputError:
        return
    assert text.lstrip("\ufeff").startswith("<speak>")
    assert all(span.text.strip() for span in spans if isinstance(span, Say))
