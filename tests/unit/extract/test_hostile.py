"""Files that are meant to harm: read or refused, in bounded time and memory, and nothing outside of them is touched."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import InputError
from shared.extract import extract
from tests.unit.extract.books import LIMITS, XHTML, book, files, package, texts, zipped

ROOT = Path(__file__).parents[3]
MIB = 1024 * 1024
SIZE = MIB // 4
SECONDS = 6.0
"""Processor time for a quarter of a MiB of the worst shape; a square of its length would take hours."""

HTML = {
    unit: unit * (SIZE // len(unit))
    for unit in [
        *("<div>", "<p>", "<b>", "<sup>", "<ul><li>", "<table><tr><td>", "<svg><g>", "</b>", "<a href=#x>1"),
        *("<", "<a", "&", "&a", "&#1;", "<!--", "<![CDATA[", "<?", "<title>", "<script>", "<a b='", "<a/"),
        *("<h1>a<p>b", "<h1>a", "<li>a", "<tr><td>a", "<br>a", "<img alt='x y'>", "<i id='a'/>", "<p hidden>"),
        *("<p style='display   :'>a", '."""', "x ", "<b><p>x</b>", "<pre>\n a", "<nav><ol><li>"),
    ]
} | {"attributes": "<p " + " ".join(f"a{number}=''" for number in range(SIZE // 10)) + ">x"}

MARKDOWN = {
    unit: unit * (SIZE // len(unit))
    for unit in [
        *("*a ", "a**b", "[", "[a](", "![[]()", "> ", "- a\n", "1. ", "`a``b```", "<a ", "[a]: u\n", "# a\n"),
        *("|a|b|\n|-|-|\n|c|d|\n", "[^a]: b\n\n", "*_", "---\n", "a\n-\n", "[^1]", "\n"),
    ]
} | {
    "YAML in itself": f"---\na: {'[' * 16_000}\n---\nb",
    "YAML's laughs": "---\na0: &a0 x\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    + "---\nb",
}


@pytest.mark.parametrize("text", HTML.values(), ids=HTML)
def test_html_of_any_shape_takes_bounded_time(text: str) -> None:
    begun = time.process_time()
    with suppress(InputError):
        extract("a.html", text.encode(), LIMITS)
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("text", MARKDOWN.values(), ids=MARKDOWN)
def test_markdown_of_any_shape_takes_bounded_time(text: str) -> None:
    begun = time.process_time()
    with suppress(InputError):
        extract("a.md", text.encode(), LIMITS)
    assert time.process_time() - begun < SECONDS


def bomb(*, told: int = 1024 * MIB) -> bytes:
    """Two megabytes that unpack to a gigabyte, and say of themselves that they do, or to less."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(b"<p>x</p>" * (MIB // 8)) + packer.flush(zlib.Z_FULL_FLUSH)
    opf = package(["b.xhtml"])
    file = io.BytesIO(zipped({**files({}), "OEBPS/content.opf": opf}))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("OEBPS/b.xhtml", piece * 1024 + packer.flush())
        entry = archive.getinfo("OEBPS/b.xhtml")
        entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, told
    return file.getvalue()


def again_and_again() -> bytes:
    """One text, read ten thousand times."""
    opf = package(["a.xhtml"]).replace("</spine>", '<itemref idref="i0"/>' * 10_000 + "</spine>")
    body = "".join(f"<p>{number} words.</p>" for number in range(2_000))
    return zipped({**files({"a.xhtml": body}), "OEBPS/content.opf": opf})


def entries(count: int, *, told: int | None = None) -> bytes:
    """A zip of so many empty files, the number told at its end another one if given."""
    name = b"%08d"
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, 8, 0) + b"00000000"
    head = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
    directory = b"".join(head + name % number for number in range(count))
    told = min(count, 65_535) if told is None else told
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, told, told, len(directory), len(local), 0)
    return local + directory + end


def of(name: str, content: str | bytes) -> Callable[[], bytes]:
    return lambda: zipped({**files(texts(1)), name: content}, zipfile.ZIP_STORED)


LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY a{n + 1} '{f'&a{n or str()};' * 10}'>" for n in range(10))
    + "]>"
)
FILE = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'><!ENTITY a9 SYSTEM 'http://127.0.0.1:9/'>]>"
OPF = package(["c1.xhtml"]).partition("?>")[2]
NAV = files({})["OEBPS/nav.xhtml"]

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (bomb, "unpacks to more"),
    "a bomb that says it is small": (lambda: bomb(told=1000), "damaged"),
    "one text again and again": (again_and_again, "unpacks to more"),
    "a million files": (lambda: entries(1_000_000), "more than 10,000 files"),
    "a million files that are said to be one": (lambda: entries(1_000_000, told=1), "more than 10,000 files"),
    "a few too many files": (lambda: entries(10_001), "more than 10,000 files"),
    "laughs in the package": (of("OEBPS/content.opf", LAUGHS + OPF.replace("Tide", "&a9;")), "entities of its own"),
    "a file in the package": (of("OEBPS/content.opf", FILE + OPF.replace("Tide", "&a;")), "entities of its own"),
    "elements in each other": (of("OEBPS/content.opf", "<a>" * 300_000), "well-formed"),
    "a package of megabytes": (of("OEBPS/content.opf", OPF + " " * 5 * MIB), "unpacks to more"),
    "attributes": (of("OEBPS/content.opf", "<a " + " ".join(f"a{n}=''" for n in range(200_000)) + ">"), "well-formed"),
}


@pytest.mark.parametrize(("made", "why"), REFUSED.values(), ids=REFUSED)
def test_these_books_are_refused_at_once(made: Callable[[], bytes], why: str) -> None:
    data = made()
    begun = time.process_time()
    with pytest.raises(InputError, match=why) as caught:
        extract("a.epub", data, LIMITS)
    assert time.process_time() - begun < SECONDS
    assert len(str(caught.value)) + len(caught.value.remedy) < 500


READ: dict[str, Callable[[], bytes]] = {
    "laughs in a text": of("OEBPS/c1.xhtml", LAUGHS + XHTML.format("<p>Once &a9;&a; upon</p>").partition("?>")[2]),
    "a file in a text": of("OEBPS/c1.xhtml", FILE + XHTML.format("<p>Once &a9;&a; upon</p>").partition("?>")[2]),
    "laughs in the contents": of(
        "OEBPS/nav.xhtml", LAUGHS + "<nav epub:type='toc'><ol><li><a href='c1.xhtml'>&a9;</a>"
    ),
    "lists in each other": of(
        "OEBPS/nav.xhtml", "<nav epub:type='toc'>" + "<ol><li><a href='c1.xhtml'>a</a>" * 100_000
    ),
    "elements in each other": of("OEBPS/c1.xhtml", "<div>" * 200_000 + "Once upon"),
    "names that lead outside": lambda: zipped({**files(texts(1)), "../../outside.txt": "a", "/etc/outside": "b"}),
    "one name twice": lambda: twice(book(1)),
}


def twice(data: bytes) -> bytes:
    file = io.BytesIO(data)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("OEBPS/c1.xhtml", XHTML.format("<p>Once upon</p>"))
    return file.getvalue()


@pytest.mark.parametrize("made", READ.values(), ids=READ)
def test_these_books_are_read_without_what_would_harm(made: Callable[[], bytes]) -> None:
    data = made()
    begun = time.process_time()
    found = extract("a.epub", data, LIMITS)
    assert time.process_time() - begun < SECONDS
    assert sum(map(len, found.inputs)) < 2000
    assert not any("root:" in text or "haha" in text for text in found.inputs)


@pytest.mark.parametrize("change", [{"book_entries": 5}, {"book_bytes": 2000}])
def test_who_meets_a_limit_is_told_its_setting(change: dict[str, int]) -> None:
    with pytest.raises(InputError) as caught:
        extract("a.epub", book(3), replace(LIMITS, **change))
    assert "MAX_BOOK" in caught.value.remedy


MEASURED = """
import sys, time
from shared.errors import InputError
from shared.extract import extract
from tests.peak import most_memory
from tests.unit.extract.books import LIMITS
data = sys.stdin.buffer.read()
extract(sys.argv[1], b"a warm-up", LIMITS) if sys.argv[1] != "a.epub" else None
seconds, memory = time.process_time(), most_memory()
try:
    extract(sys.argv[1], data, LIMITS)
except InputError as error:
    pass
print(time.process_time() - seconds, (most_memory() - memory) / 2**20)
"""

LARGE: dict[str, tuple[str, Callable[[], bytes], int]] = {
    "a line of 50 MB": ("a.html", lambda: b"<p>" + b"word &amp; other words " * (50 * MIB // 23), 700),
    "elements in each other": ("a.html", lambda: b"<div><b>" * (MIB // 2), 200),
    "a bomb": ("a.epub", bomb, 100),
    "a million files": ("a.epub", lambda: entries(1_000_000), 100),
}
"""File, content, and MiB that reading it may take besides the content."""


@pytest.mark.parametrize(("name", "made", "most"), LARGE.values(), ids=LARGE)
def test_memory_is_bounded(name: str, made: Callable[[], bytes], most: int) -> None:
    """In a process of its own: what C libraries take is seen by nothing else."""
    command = [sys.executable, "-c", MEASURED, name]
    done = subprocess.run(command, cwd=ROOT, input=made(), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    seconds, mib = map(float, done.stdout.split())
    assert seconds < 20
    assert mib < most
