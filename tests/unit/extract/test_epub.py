"""EPUB: chapters as the table of contents has them, what the book tells of itself; broken ones named file by file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import InputError
from shared.extract import Extracted
from tests.unit.extract import books
from tests.unit.extract.books import CONTAINER, JPEG, XHTML, files, navigation, package, read, texts, zipped

Files = dict[str, str | bytes]


def titles(found: Extracted) -> list[str]:
    return [chapter.title for chapter in found.contents.chapters]


def begins(found: Extracted) -> list[str]:
    """The first words of each chapter."""
    return [found.inputs[chapter.first - 1].partition("\n")[0] for chapter in found.contents.chapters]


def error(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.why
    assert caught.value.remedy.endswith(".")
    return caught.value


def test_each_entry_of_the_contents_is_a_chapter_with_its_title() -> None:
    found = read(books.book(20), characters=500)
    assert titles(found) == [f"The title of c{number}" for number in range(1, 21)]
    assert begins(found) == [f"Chapter {number}." for number in range(1, 21)]
    assert all(chapter.inputs > 1 for chapter in found.contents.chapters)
    assert sum(chapter.inputs for chapter in found.contents.chapters) == len(found.inputs)
    assert not found.whole


def test_a_book_tells_title_author_language_and_cover() -> None:
    found = read(books.book())
    contents = found.contents
    assert (contents.title, contents.author, contents.language) == ("The Tide Book", "Ann Lowe", "en-GB")
    assert (contents.cover, found.cover) == ("image/jpeg", JPEG)


def test_the_same_book_is_read_the_same_and_an_edited_chapter_alone_differs() -> None:
    bodies = texts(20)
    before = read(zipped(files(bodies)), characters=500)
    assert before == read(zipped(files(bodies), zipfile.ZIP_STORED), characters=500)
    bodies["c7.xhtml"] = bodies["c7.xhtml"].replace("Paragraph 3", "Yet another paragraph, not 3")
    after = read(zipped(files(bodies)), characters=500)
    chapter = before.contents.chapters[6]
    changed = {index + 1 for index, text in enumerate(before.inputs) if text not in after.inputs}
    assert changed
    assert changed <= set(range(chapter.first, chapter.first + chapter.inputs))


def with_contents(bodies: dict[str, str], **change: str | bytes | None) -> bytes:
    """A book with other files; None: without one."""
    changed = {**files(bodies), **{name: content for name, content in change.items() if content is not None}}
    return zipped({name: content for name, content in changed.items() if change.get(name, "") is not None})


def nested(*lines: str) -> str:
    return XHTML.format(f'<nav epub:type="toc"><ol>{"".join(lines)}</ol></nav>')


def entry(href: str, title: str, *below: str) -> str:
    inner = f"<ol>{''.join(below)}</ol>" if below else ""
    return f'<li><a href="{href}">{title}</a>{inner}</li>'


TWO = {
    "p.xhtml": "<h1 id='p1'>Part One</h1><h2 id='a'>A</h2><p>Text a.</p><h2 id='b'>B</h2><p>Text b.</p>",
    "c.xhtml": "<h2>C</h2><p>Text c.</p><h3 id='c1'>C 1</h3><p>Text c1.</p>",
}

CONTENTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "chapters below a part that is a mere title": (
        nested(entry("p.xhtml", "I", entry("p.xhtml#a", "IA"), entry("p.xhtml#b", "IB")), entry("c.xhtml", "II")),
        [("IA", "Part One."), ("IB", "B."), ("II", "C.")],
    ),
    "sections of a chapter are none": (
        nested(entry("p.xhtml", "I"), entry("c.xhtml", "II", entry("c.xhtml#c1", "II 1"))),
        [("I", "Part One."), ("II", "C.")],
    ),
    "a text of its own below a chapter": (
        nested(entry("p.xhtml", "I", entry("c.xhtml", "II"))),
        [("I", "Part One."), ("II", "C.")],
    ),
    "a part without a place": (
        nested("<li><span>I</span><ol>", entry("p.xhtml#a", "IA"), entry("p.xhtml#b", "IB"), "</ol></li>"),
        [("IA", "Part One."), ("IB", "B.")],
    ),
    "places that are not there": (
        nested(entry("p.xhtml", "I"), entry("gone.xhtml", "?"), entry("c.xhtml", "II"), entry("c.xhtml#gone", "?")),
        [("I", "Part One."), ("II", "C.")],
    ),
    "no more than one entry": (nested(entry("p.xhtml", "Start")), [("Part One", "Part One."), ("C", "C.")]),
    "none that can be read": ("", [("Part One", "Part One."), ("C", "C.")]),
    "names that lead outside": (
        nested(entry("../../etc/passwd", "?"), entry("/etc/passwd", "?"), entry("http://[", "?")),
        [("Part One", "Part One."), ("C", "C.")],
    ),
}


@pytest.mark.parametrize(("nav", "expected"), CONTENTS.values(), ids=CONTENTS)
def test_the_table_of_contents_says_where_chapters_begin(nav: str, expected: list[tuple[str, str]]) -> None:
    found = read(with_contents(TWO, **{"OEBPS/nav.xhtml": nav}))
    assert list(zip(titles(found), begins(found), strict=True)) == expected


def test_an_older_book_has_its_contents_in_an_ncx() -> None:
    ncx = """<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/ncx.dtd">
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>
<navPoint><navLabel><text>Part  I</text></navLabel><content src="p.xhtml"/>
<navPoint><navLabel><text>A</text></navLabel><content src="p.xhtml#a"/></navPoint>
<navPoint><navLabel><text>B</text></navLabel><content src="p.xhtml#b"/></navPoint></navPoint>
<navPoint><navLabel><text>II</text></navLabel><content src="c.xhtml"/></navPoint></navMap></ncx>"""
    manifest = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    cover = '<meta name="cover" content="i9"/>'
    manifest += '<item id="i9" href="images/cover.jpg" media-type="image/jpeg"/>'
    opf = package(list(TWO), version="2.0", manifest=manifest, metadata=cover)
    change = {"OEBPS/content.opf": opf, "OEBPS/toc.ncx": ncx, "OEBPS/nav.xhtml": None}
    found = read(with_contents(TWO, **change))
    assert titles(found) == ["A", "B", "II"]
    assert found.cover == JPEG


def test_without_contents_each_text_is_a_chapter() -> None:
    bodies = {"a.xhtml": "<p>Before it all.</p>", "b.xhtml": "<h1>One</h1><p>x</p>", "c.xhtml": "<img src='i.png'/>"}
    found = read(with_contents(bodies, **{"OEBPS/nav.xhtml": None}))
    assert titles(found) == ["", "One"]


def test_no_input_reaches_from_one_text_into_the_next() -> None:
    """A converter has cut a chapter in two: it is one chapter, and still each text has its own inputs."""
    bodies = {"a.xhtml": "<h1>One</h1><p>a</p>", "a2.xhtml": "<p>b</p>", "b.xhtml": "<h1>Two</h1><p>c</p>"}
    nav = navigation([("a.xhtml", "One"), ("b.xhtml", "Two")])
    found = read(with_contents(bodies, **{"OEBPS/nav.xhtml": nav}))
    assert found.inputs == ("One.\n\na", "b", "Two.\n\nc")
    assert [(chapter.title, chapter.inputs) for chapter in found.contents.chapters] == [("One", 2), ("Two", 1)]


def test_what_is_not_in_reading_order_is_not_read() -> None:
    opf = package(["a.xhtml", "b.xhtml"]).replace('idref="i1"', 'idref="i1" linear="no"')
    found = read(with_contents({"a.xhtml": "<p>a</p>"}, **{"OEBPS/content.opf": opf, "OEBPS/b.xhtml": None}))
    assert found.inputs == ("a",)


def test_the_contents_are_not_read_aloud() -> None:
    opf = package(["nav.xhtml", "a.xhtml"])
    found = read(with_contents({"a.xhtml": "<p>a</p>"}, **{"OEBPS/content.opf": opf}))
    assert found.inputs == ("a",)


def test_a_name_may_be_written_as_in_a_url() -> None:
    opf = package(["text/the%20first.xhtml"], manifest=books.NAVIGATION_ITEM)
    text = {"OEBPS/content.opf": opf, "OEBPS/text/the first.xhtml": XHTML.format("<p>a</p>")}
    assert read(with_contents({}, **text)).inputs == ("a",)


def encryption(*names: str) -> str:
    data = "".join(
        '<enc:EncryptedData><enc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>'
        f'<enc:CipherData><enc:CipherReference URI="{name}"/></enc:CipherData></enc:EncryptedData>'
        for name in names
    )
    namespaces = 'xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#"'
    return f"<encryption {namespaces}>{data}</encryption>"


def test_a_book_with_locked_texts_is_refused_by_the_first_of_them() -> None:
    found = error(with_contents(texts(3), **{"META-INF/encryption.xml": encryption("OEBPS/c2.xhtml")}))
    assert "DRM" in found.why
    assert found.where == "OEBPS/c2.xhtml"


def test_locked_fonts_are_no_hindrance() -> None:
    data = with_contents(texts(1), **{"META-INF/encryption.xml": encryption("OEBPS/fonts/a.otf")})
    assert read(data).inputs


def flagged(data: bytes) -> bytes:
    """Every entry said to be encrypted by the zip itself."""
    found = bytearray(data)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = found.find(mark)
        while place >= 0:
            found[place + offset] |= 1
            place = found.find(mark, place + 4)
    return bytes(found)


def changed(name: str, content: str | bytes | None) -> Callable[[], bytes]:
    return lambda: with_contents(texts(2), **{name: content})


BROKEN: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "no zip": (lambda: b"Once upon a time", "", "cannot be read"),
    "an empty file": (lambda: b"", "", "cannot be read"),
    "cut short": (lambda: books.book()[:-200], "", "cannot be read"),
    "locked by the zip": (lambda: flagged(books.book()), "META-INF/container.xml", "DRM"),
    "another zip": (lambda: zipped({"a.txt": "a"}), "", "container.xml is missing"),
    "a zip of books": (lambda: zipped({"a.epub": books.book(), "b.epub": b""}), "", "a zip with books in it"),
    "packed by another method": (lambda: zipped(files(texts(1)), zipfile.ZIP_LZMA), "META-INF/container.xml", "packed"),
    "a container without a package": (
        changed("META-INF/container.xml", "<container/>"),
        "META-INF/container.xml",
        "no package",
    ),
    "a container that is not XML": (
        changed("META-INF/container.xml", "<a"),
        "META-INF/container.xml, line 1, column",
        "well-formed",
    ),
    "a package that is missing": (changed("OEBPS/content.opf", None), "OEBPS/content.opf", "missing"),
    "a package outside": (
        changed("META-INF/container.xml", CONTAINER.replace("OEBPS/content.opf", "../../../etc/passwd")),
        "../../../etc/passwd",
        "missing",
    ),
    "a package that is not XML": (
        changed("OEBPS/content.opf", "<package><metadata>"),
        "OEBPS/content.opf, line 1",
        "well-formed",
    ),
    "a package in no encoding": (
        changed("OEBPS/content.opf", '<?xml version="1.0" encoding="no-such"?><package/>'),
        "OEBPS/content.opf",
        "XML",
    ),
    "a package without a spine": (changed("OEBPS/content.opf", "<package/>"), "OEBPS/content.opf", "reading order"),
    "a text that is missing": (changed("OEBPS/c2.xhtml", None), "OEBPS/c2.xhtml", "missing"),
    "a text that is not listed": (
        changed("OEBPS/content.opf", package(["c1.xhtml"]).replace('idref="i0"', 'idref="x"')),
        "OEBPS/content.opf",
        "'x'",
    ),
    "a text outside": (changed("OEBPS/content.opf", package(["../../etc/passwd"])), "../etc/passwd", "missing"),
    "a text that is none": (changed("OEBPS/c2.xhtml", b"a\x00b"), "OEBPS/c2.xhtml, byte 1", "control character"),
    "a book without words": (lambda: zipped(files({"a.xhtml": "<hr/>"})), "", "no text to speak"),
}


@pytest.mark.parametrize(("made", "where", "why"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named(made: Callable[[], bytes], where: str, why: str) -> None:
    found = error(made())
    assert found.where.startswith(where)
    assert bool(found.where) == bool(where)
    assert why in found.why


@pytest.mark.parametrize("name", ["x" * 60_000, "x/" * 30_000])
def test_a_name_without_end_is_shortened(name: str) -> None:
    assert len(error(with_contents({}, **{"OEBPS/content.opf": package([name])})).where) < 600


def test_damage_in_a_text_is_named() -> None:
    data = bytearray(zipped(files(texts(2)), zipfile.ZIP_STORED))
    data[data.rfind(b"Paragraph 3 of chapter 2")] ^= 0x55
    found = error(bytes(data))
    assert (found.where, found.why) == ("OEBPS/c2.xhtml", "It is damaged")


COVERS: dict[str, bytes | None] = {
    "not there": None,
    "too large": JPEG + bytes(5 * 1024 * 1024),
    "no image": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "empty": b"",
}


@pytest.mark.parametrize("cover", COVERS.values(), ids=COVERS)
def test_a_cover_of_no_use_is_left_out(cover: bytes | None) -> None:
    found = read(with_contents(texts(1), **{"OEBPS/images/cover.jpg": cover}))
    assert (found.contents.cover, found.cover) == ("", b"")
    assert found.inputs


@settings(suppress_health_check=[HealthCheck.data_too_large])
@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=8), cut=st.floats(0.5, 1))
def test_a_damaged_book_is_read_or_refused_and_nothing_else(places: list[tuple[float, int]], cut: float) -> None:
    data = bytearray(books.book(2))
    for place, change in places:
        data[int(place * (len(data) - 1))] ^= change
    with suppress(InputError):
        assert read(bytes(data[: int(len(data) * min(1, cut * 1.6))])).inputs
