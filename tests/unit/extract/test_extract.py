"""Extract: what a file says, however it was saved; or what is wrong with it, where, and what to do."""

from __future__ import annotations

import codecs
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.model import InputKind
from shared.errors import InputError
from shared.extract import Extracted, extract

MIB = 1024 * 1024


def inputs(data: bytes, path: str = "a.txt") -> tuple[str, ...]:
    return extract(path, data, input_characters=4000).inputs


def error(data: bytes, path: str = "a.txt") -> InputError:
    with pytest.raises(InputError) as caught:
        inputs(data, path)
    assert caught.value.why
    assert caught.value.remedy.endswith(".")
    return caught.value


ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8 with mark": (codecs.BOM_UTF8, "utf-8"),
    "utf-16 le": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16 be": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "utf-32 le": (codecs.BOM_UTF32_LE, "utf-32-le"),
    "utf-32 be": (codecs.BOM_UTF32_BE, "utf-32-be"),
}
encodings = pytest.mark.parametrize(("mark", "encoding"), ENCODINGS.values(), ids=list(ENCODINGS))


@encodings
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_however_it_was_saved(mark: bytes, encoding: str, newline: str) -> None:
    text = "Zwei Zeilen, größer als eine:\n中文 und 😀."
    assert inputs(mark + text.replace("\n", newline).encode(encoding)) == (text,)


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200))
def test_whatever_is_encoded_comes_back(text: str) -> None:
    marked = f"a{text}b"
    for mark, encoding in ENCODINGS.values():
        assert inputs(mark + marked.encode(encoding)) == (marked,)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"ab\xff\xfe", "byte 2"),
        (b"caf\xe9 au lait", "byte 3"),
        (b"good\n" * 100 + b"\xc3(", "byte 500"),
        (b"cut short \xe4\xb8", "byte 10"),
        (codecs.BOM_UTF8 + b"ab\xff", "byte 5"),
        (codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"\x00\xd8", "byte 6"),
        (codecs.BOM_UTF16_LE + b"a", "byte 2"),
        (codecs.BOM_UTF16_BE + "ab".encode("utf-16-be") + b"\xd8\x00\x00a", "byte 6"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le") + b"\xff\xff\xff\xff", "byte 8"),
        (codecs.BOM_UTF32_BE + "a".encode("utf-32-be") + b"\x00\x11\x00\x00", "byte 8"),
    ],
)
def test_bytes_that_are_no_text_are_named(data: bytes, where: str) -> None:
    found = error(data)
    assert found.where == where
    assert "not valid UTF" in found.why
    assert "UTF-8" in found.remedy


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"\x00", "byte 0"),
        (b"one\ntwo\x1b[0m", "byte 7"),
        (b"\x7fELF\x02\x01\x01", "byte 0"),
        (b"%PDF-1.7\n\x00", "byte 9"),
        (b"PK\x03\x04", "byte 2"),
        ("UTF-16 without its mark".encode("utf-16-le"), "byte 1"),
        (codecs.BOM_UTF8 + b"a\x01", "byte 4"),
        (codecs.BOM_UTF16_LE + "one\r\ntwo\r\nthr\x00ee".encode("utf-16-le"), "line 3"),
        (codecs.BOM_UTF16_BE + "\x02".encode("utf-16-be"), "line 1"),
        (codecs.BOM_UTF32_LE + "one\n\x7f".encode("utf-32-le"), "line 2"),
    ],
)
def test_control_characters_are_named(data: bytes, where: str) -> None:
    found = error(data)
    assert found.where == where
    assert "control character" in found.why


def test_tabs_and_form_feeds_are_text() -> None:
    assert inputs(b"one\ttwo\x0cthree\x0bfour") == ("one\ttwo\x0cthree\x0bfour",)


@pytest.mark.parametrize(
    "data", [b"", b" \n\t\r\n ", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"... --- !?", "— … 。".encode()]
)
def test_nothing_to_speak_is_an_error(data: bytes) -> None:
    assert error(data).why == "There is no text to speak in it"


def test_what_cannot_be_spoken_among_text_is_left_out() -> None:
    pieces = inputs(b"***\n\n# One\n\nText.\n\n# Two\n\nMore.")
    assert pieces == ("# One\n\nText.", "# Two\n\nMore.")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *[(name, InputKind.PLAIN_TEXT) for name in ("a.txt", "A.TXT", "a.text", "folder.d/notes", "a b.txt")],
        *[(name, InputKind.SSML) for name in ("a.ssml", "a.XML", "folder/a.Ssml")],
    ],
)
def test_the_name_tells_the_kind(path: str, kind: InputKind) -> None:
    data = b'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">' + (
        b'<voice name="en-US-JennyNeural">Hello.</voice></speak>\n'
    )
    assert extract(path, data, input_characters=4000).kind is kind


@pytest.mark.parametrize("path", ["a.pdf", "a.docx", "a.md", "a.mp3", "a.txt.zip"])
def test_other_kinds_are_refused_with_those_that_are_taken(path: str) -> None:
    found = error(b"text", path)
    assert path[path.rfind(".") :] in found.why
    assert all(kind in found.remedy for kind in (".txt", ".ssml"))


def test_ssml_is_one_input_and_stays_as_it_is() -> None:
    text = (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">'
        '<voice name="en-US-JennyNeural">One.\n\nTwo. &amp; <break time="1s"/></voice></speak>'
    )
    assert extract("a.ssml", f"\n{text}\n".encode("utf-16"), input_characters=200) == Extracted(
        kind=InputKind.SSML, inputs=(text,), whole=True
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("<speak>\n  <p>\n</speak>", "line 3, column"),
        ("<speak>\n  <voice>Hello.</voice></speak>", "line 2, column 3"),
        ("not xml", "line 1, column"),
        ("<speak>\n<p>&nbsp;</p></speak>", "line 2, column"),
        ("<speak", "line 1, column"),
    ],
)
def test_broken_ssml_is_told_by_line_and_column(text: str, where: str) -> None:
    assert error(text.encode(), "a.ssml").where.startswith(where)


SHAPES = {
    "newlines": b"\n",
    "returns": b"\r",
    "spaces": b" ",
    "one long word": b"x",
    "blank lines with spaces": b"a\n \n",
    "sentences": b"He came. ",
    "dots": b".",
}


@pytest.mark.parametrize("name", SHAPES)
def test_eight_megabytes_of_any_shape_take_seconds(name: str) -> None:
    unit = SHAPES[name]
    data = unit * (8 * MIB // len(unit))
    begun = time.process_time()
    if unit.strip(b"\r\n ."):
        assert sum(map(len, inputs(data))) > 0
    else:
        assert error(data).why == "There is no text to speak in it"
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(8 * MIB), b"x" * (8 * MIB) + b"\x00"], ids=["begins", "ends"]
)
def test_a_binary_file_is_refused_without_a_copy_of_it(data: bytes) -> None:
    tracemalloc.start()
    try:
        error(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MIB
