"""EPUBs made by code: a small sound one, and ways to break it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from shared.extract import Extracted, Limits, extract

LIMITS = Limits(
    input_characters=4000,
    book_entries=10_000,
    book_bytes=32 * 1024 * 1024,
    book_ratio=100,
    cover_bytes=4 * 1024 * 1024,
)
JPEG = b"\xff\xd8\xff\xe0" + b"a picture" * 20
CONTAINER = """<?xml version="1.0"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
XHTML = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{}</body></html>'
)


def paragraphs(chapter: str, count: int = 8) -> str:
    filler = "and it goes on for a good while, as paragraphs of a book do, until it comes to its end at last"
    return "".join(f"<p>Paragraph {number} of {chapter} begins here, {filler}.</p>" for number in range(count))


def texts(count: int) -> dict[str, str]:
    """Bodies by file name."""
    numbers = range(1, count + 1)
    return {f"c{n}.xhtml": f"<h1>Chapter {n}</h1>{paragraphs(f'chapter {n}')}" for n in numbers}


def navigation(entries: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<li><a href={quoteattr(href)}>{escape(title)}</a></li>" for href, title in entries)
    return XHTML.format(f'<nav epub:type="toc"><ol>{items}</ol></nav><nav epub:type="landmarks"><ol>{items}</ol></nav>')


def package(names: Sequence[str], *, version: str = "3.0", metadata: str = "", manifest: str = "") -> str:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(names)
    )
    refs = "".join(f'<itemref idref="i{n}"/>' for n in range(len(names)))
    return f"""<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="{version}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
<dc:title>The Tide Book</dc:title><dc:creator>Ann Lowe</dc:creator><dc:language>en-GB</dc:language>{metadata}</metadata>
<manifest>{items}{manifest}</manifest><spine toc="ncx">{refs}</spine></package>"""


NAVIGATION_ITEM = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
COVER_ITEM = '<item id="cover" href="images/cover.jpg" properties="cover-image" media-type="image/jpeg"/>'


def files(bodies: Mapping[str, str]) -> dict[str, str | bytes]:
    """A whole book of these bodies, each a chapter of the table of contents."""
    titles = [(name, f"The title of {name.partition('.')[0]}") for name in bodies]
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": package(list(bodies), manifest=NAVIGATION_ITEM + COVER_ITEM),
        "OEBPS/nav.xhtml": navigation(titles),
        "OEBPS/images/cover.jpg": JPEG,
        **{f"OEBPS/{name}": XHTML.format(body) for name, body in bodies.items()},
    }


def zipped(contents: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return file.getvalue()


def book(count: int = 3) -> bytes:
    return zipped(files(texts(count)))


def read(data: bytes, *, characters: int = 4000) -> Extracted:
    limits = Limits(
        input_characters=characters,
        book_entries=LIMITS.book_entries,
        book_bytes=LIMITS.book_bytes,
        book_ratio=LIMITS.book_ratio,
        cover_bytes=LIMITS.cover_bytes,
    )
    return extract("a.epub", data, limits)
