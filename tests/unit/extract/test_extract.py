"""Extract: what a file says, however it was saved; or what is wrong with it, where, and what to do."""

from __future__ import annotations

import codecs
import random
import time
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shared.extract as extracting
from shared.batchapi.model import InputKind
from shared.domain.contents import Chapter
from shared.errors import InputError
from shared.extract import Extracted, extract
from tests.unit.extract.books import LIMITS

MIB = 1024 * 1024


def inputs(data: bytes, path: str = "a.txt") -> tuple[str, ...]:
    return extract(path, data, LIMITS).inputs


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
        ("größer als eine Böe".encode() + b"\xff\xfe", "byte 22"),
        ("Käse, Öl und ".encode() * 100 + b"\xc3(", "byte 1500"),
        ("文文文".encode() + b"\xe4\xb8", "byte 9"),
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
    ("encoding", "text"),
    [
        ("windows-1252", "café au lait"),
        ("windows-1252", "She said, “It’s half past five – let’s go.” And so they went to the harbour together."),
        ("iso-8859-1", "Die Straße führt über den Fluß. Schöne Grüße aus München, wo es heute regnet."),
        ("iso-8859-1", "Les élèves étaient très fatigués après la journée passée à l'école."),
        ("windows-1250", "Zażółć gęślą jaźń. Wczoraj wieczorem poszliśmy na spacer nad rzekę i było bardzo pięknie."),
        ("iso-8859-2", "Zażółć gęślą jaźń. Wczoraj wieczorem poszliśmy na spacer nad rzekę i było bardzo pięknie."),
        ("windows-1251", "Вчера вечером мы пошли гулять к реке, и было очень красиво."),
        ("koi8-r", "Вчера вечером мы пошли гулять к реке, и было очень красиво."),
        ("windows-1253", "Χθες το βράδυ πήγαμε βόλτα στο ποτάμι και ήταν πολύ όμορφα."),
        ("windows-1254", "Dün akşam nehre yürüyüşe gittik ve çok güzeldi. Şehir ışıkları görünüyordu."),
        ("windows-1255", "אתמול בערב הלכנו לטייל ליד הנהר והיה יפה מאוד."),
        ("shift_jis", "昨日の夜、私たちは川へ散歩に行きました。とても美しかったです。"),
        ("euc-jp", "昨日の夜、私たちは川へ散歩に行きました。とても美しかったです。"),
        ("gb18030", "昨天晚上我们去河边散步，非常美丽。"),
        ("big5", "昨天晚上我們去河邊散步，非常美麗。"),
        ("euc-kr", "어제 저녁에 우리는 강으로 산책을 갔고 매우 아름다웠습니다."),
    ],
)
def test_an_older_encoding_is_guessed(encoding: str, text: str) -> None:
    assert inputs(text.encode(encoding)) == (text,)


def test_the_guess_is_made_where_the_text_leaves_ascii() -> None:
    text = "Plain words. " * 200_000 + "Dün akşam nehre yürüyüşe gittik ve çok güzeldi. Şehir ışıkları görünüyordu."
    assert inputs(text.encode("windows-1254"))[-1].endswith("Şehir ışıkları görünüyordu.")


DECLARATIONS = {
    "in XML": (".html", '<?xml version="1.0" encoding="{}"?><html><p>{}</p></html>'),
    "in HTML": (".html", "<!DOCTYPE html><html><head><meta charset='{}'></head><p>{}</p></html>"),
    "in old HTML": (".htm", '<html><meta http-equiv="Content-Type" content="text/html; charset={}"><p>{}</p></html>'),
}


@pytest.mark.parametrize(("suffix", "document"), DECLARATIONS.values(), ids=DECLARATIONS)
@pytest.mark.parametrize("encoding", ["iso-8859-7", "WINDOWS-1253", "utf-8"])
def test_what_a_document_declares_is_believed(suffix: str, document: str, encoding: str) -> None:
    """Too short to be guessed."""
    assert inputs(document.format(encoding, "ναι").encode(encoding), f"a{suffix}") == ("ναι",)


@pytest.mark.parametrize(
    "label", ["punycode", "hex", "utf-7", "unicode_escape", "idna", "no-such", "utf-16", "x" * 999]
)
def test_a_declaration_of_what_texts_are_not_in_is_not_believed(label: str) -> None:
    document = f"<html><meta charset='{label}'><p>größer als +AGE- \\x41</p></html>"
    assert inputs(document.encode(), "a.html") == ("größer als +AGE- \\x41",)


def test_a_declaration_that_is_not_true_is_not_believed() -> None:
    assert inputs("<meta charset=shift_jis><p>Zürich, Bögli – Öl</p>".encode(), "a.html") == ("Zürich, Bögli – Öl",)


def test_ssml_may_declare_its_encoding() -> None:
    text = (
        '<?xml version="1.0" encoding="iso-8859-1"?><speak version="1.0" xml:lang="fr-FR" '
        'xmlns="http://www.w3.org/2001/10/synthesis"><voice name="fr-FR-DeniseNeural">café</voice></speak>'
    )
    assert inputs(text.encode("iso-8859-1"), "a.ssml") == (text,)


def test_chapters_of_a_plain_text_begin_at_their_headings() -> None:
    filler = "The tide came in and went out again, as it does. " * 60
    text = f"Before.\n\nBook One\n\nChapter One\n\n{filler}\n\nPart of him agreed.\n\n{filler}\n\n# Two #\n\n{filler}"
    found = extract("a.txt", text.encode(), LIMITS)
    titles = [(chapter.title, found.inputs[chapter.first - 1][:8]) for chapter in found.contents.chapters]
    assert titles == [("", "Before."), ("Chapter One", "Book One"), ("Two", "# Two #\n")]
    assert sum(chapter.inputs for chapter in found.contents.chapters) == len(found.inputs)


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
    assert extract(path, data, LIMITS).kind is kind


@pytest.mark.parametrize("path", ["a.pdf", "a.docx", "a.rtf", "a.mp3", "a.txt.zip"])
def test_other_kinds_are_refused_with_those_that_are_taken(path: str) -> None:
    found = error(b"text", path)
    assert path[path.rfind(".") :] in found.why
    assert all(kind in found.remedy for kind in (".txt", ".md", ".html", ".epub", ".ssml"))


def test_whatever_a_reader_fails_at_is_a_report_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Extracted:
        raise ValueError("Call me Ishmael")

    monkeypatch.setitem(extracting._READERS, ".md", fail)
    with pytest.raises(InputError, match=r"ValueError in test_extract\.py, line \d+$"):
        extract("a.md", b"a", LIMITS)


@pytest.mark.parametrize("error", [MemoryError(), ImportError("lxml")])
def test_what_is_no_fault_of_the_file_is_no_report(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Extracted:
        raise error

    monkeypatch.setitem(extracting._READERS, ".md", fail)
    with pytest.raises(type(error)):
        extract("a.md", b"a", LIMITS)


def test_ssml_is_one_input_and_stays_as_it_is() -> None:
    text = (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">'
        '<voice name="en-US-JennyNeural">One.\n\nTwo. &amp; <break time="1s"/></voice></speak>'
    )
    found = extract("a.ssml", f"\n{text}\n".encode("utf-16"), replace(LIMITS, input_characters=200))
    assert (found.kind, found.inputs, found.whole) == (InputKind.SSML, (text,), True)
    assert found.contents.chapters == (Chapter(title="", first=1, inputs=1),)


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


@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.html"])
def test_a_changed_document_is_cut_where_it_was(path: str) -> None:
    """Whatever its kind: one input differs, although inputs may be longer by now."""
    limits = replace(LIMITS, input_characters=300)
    between = "</p>\n\n<p>" if path == "a.html" else "\n\n"
    paragraphs = [
        f"This is paragraph {number} of them, and it ends like no other: {number * 7919}." for number in range(40)
    ]
    before = extract(path, between.join(paragraphs).encode(), limits)
    paragraphs[20] = "Something else entirely stands here now, and it goes on for as long as the other did."
    data, limits = between.join(paragraphs).encode(), replace(limits, input_characters=400)
    after = extract(path, data, limits, frozenset(before.contents.borders))
    assert len(before.inputs) > 5
    assert len(set(after.inputs) - set(before.inputs)) == 1
    assert len(after.inputs) == len(before.inputs)
    assert len(set(extract(path, data, limits).inputs) - set(before.inputs)) > 1


def test_what_each_chapter_repeats_is_no_border_in_all_of_them() -> None:
    """One long chapter was cut beside it; the others are whole, and stay so."""
    rng = random.Random(7)
    for _ in range(20):
        repeated = "".join(rng.choices("abcdefgh ", k=110)).strip() + "."
        paragraphs = [" ".join("".join(rng.choices("ijklmnop", k=6)) for _ in range(40)) + "." for _ in range(150)]
        chapters = [paragraphs[place : place + (8 if place % 40 == 0 else 3)] for place in range(0, 150, 10)]
        text = "\n\n".join("\n\n".join([f"# Chapter {n}", *ps[:2], repeated, *ps[2:]]) for n, ps in enumerate(chapters))
        limits = replace(LIMITS, input_characters=1200)
        before = extract("a.md", text.encode(), limits)
        marks = frozenset(before.contents.borders)
        assert extract("a.md", text.encode(), limits, marks).inputs == before.inputs
        changed = extract("a.md", text.replace(paragraphs[11], "Other words.").encode(), limits, marks)
        assert len(set(changed.inputs) - set(before.inputs)) == 1


@pytest.mark.parametrize(("path", "heading"), [("a.md", "## The harbour"), ("a.html", "<h2>The harbour</h2>")])
def test_a_heading_that_is_put_in_stays_with_what_follows_it(path: str, heading: str) -> None:
    limits = replace(LIMITS, input_characters=800)
    paragraphs = [
        f"This is paragraph {number} of them. " + f"It goes on about {number * 7919}. " * 9 for number in range(40)
    ]
    html = [f"<p>{paragraph}</p>" if path == "a.html" else paragraph for paragraph in paragraphs]
    before = extract(path, "\n\n".join(html).encode(), limits)
    assert len(before.inputs) > 10
    for place in range(1, 40):
        text = "\n\n".join([*html[:place], heading, *html[place:]])
        after = extract(path, text.encode(), limits, frozenset(before.contents.borders))
        assert not any(text.rstrip(".") == "The harbour" for text in after.inputs)
        assert len(set(after.inputs) - set(before.inputs)) <= 2
