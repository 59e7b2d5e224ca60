"""An EPUB of twenty chapters: its audio by chapter, and an audio book in which a public tool finds them."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import pairwise
from zipfile import ZipFile

import pytest
import srt

from shared.pipeline.intake import intake
from tests.conftest import Probe
from tests.unit.audio.wholes import image
from tests.unit.pipeline.running import Running
from tests.unit.pipeline.test_extras import SECONDS, asking, audio, read

CHAPTERS = 20
TITLE, AUTHOR = "Ebbe & Flut", "Zoë Ó Súilleabháin"
CONTAINER = """<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="b/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<package version="3.0" xmlns="http://www.idpf.org/2007/opf" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">1</dc:identifier>
<dc:title>Ebbe &amp; Flut</dc:title><dc:creator>Zoë Ó Súilleabháin</dc:creator><dc:language>de</dc:language></metadata>
<manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
<item id="cover" href="cover.jpg" properties="cover-image" media-type="image/jpeg"/>{items}</manifest>
<spine>{spine}</spine></package>"""
PAGE = '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>{}</body></html>'


def title(number: int) -> str:
    return f"Chapter {number}: on {'the sea ' * (number % 3)}again"


def chapter(number: int) -> str:
    """Of one to three inputs."""
    said = "and it goes on for a good while, as paragraphs of a book do, until it comes to its end at last"
    texts = [f"Paragraph {part} of chapter {number} begins here, {said}." for part in range(1 + number % 3)]
    return f"<h1>{title(number)}</h1>" + "".join(f"<p>{text}</p>" for text in texts)


def epub() -> bytes:
    numbers = range(1, CHAPTERS + 1)
    items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in numbers)
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    toc = "".join(f'<li><a href="c{n}.xhtml">{title(n)}</a></li>' for n in numbers)
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("b/package.opf", PACKAGE.format(items=items, spine=spine))
        archive.writestr("b/nav.xhtml", PAGE.format(f'<nav epub:type="toc"><ol>{toc}</ol></nav>'))
        archive.writestr("b/cover.jpg", image("jpeg"))
        for number in numbers:
            archive.writestr(f"b/c{number}.xhtml", PAGE.format(chapter(number)))
    return data.getvalue()


@pytest.fixture(scope="module")
def running() -> Running:
    """The book is spoken, and all that can be asked for besides is made."""
    running = asking({"m4b": True, "combined": True, "subtitles": ["srt", "vtt"]})
    world = running.world
    world.inputs_of = lambda _: [text for texts in running.sent() for text in texts]
    etag = world.inbox.write("tides.epub", epub())
    world.versions["tides.epub", etag] = ""
    intake(running.p, "tides.epub")
    running.settle()
    return running


def firsts(running: Running) -> list[int]:
    """Of each chapter, the number of its first input."""
    return [found["first"] for found in audio(running, "tides.epub")["chapters"]]


def test_each_chapter_has_audio_of_its_own(running: Running) -> None:
    found = audio(running, "tides.epub")
    assert [item["title"] for item in found["chapters"]] == [title(n) for n in range(1, CHAPTERS + 1)]
    assert len(found["inputs"]) > 2 * CHAPTERS - 5
    assert "left_out" not in found


def test_a_public_tool_finds_the_chapters_where_they_are(running: Running, probe: Probe) -> None:
    found = probe(read(running, "tides.epub/1/book.m4b"), "-show_chapters", "-show_streams")
    assert [item["tags"]["title"] for item in found["chapters"]] == [title(n) for n in range(1, CHAPTERS + 1)]
    for first, item in zip(firsts(running), found["chapters"], strict=True):
        assert float(item["start_time"]) == pytest.approx((first - 1) * SECONDS, abs=0.05)
    assert (found["format"]["tags"]["title"], found["format"]["tags"]["artist"]) == (TITLE, AUTHOR)
    assert any(stream["disposition"]["attached_pic"] for stream in found["streams"])


@pytest.mark.parametrize(("member", "stem"), [("m4b", "book"), ("combined", "combined")])
def test_subtitles_and_chapters_of_a_file_agree(running: Running, member: str, stem: str) -> None:
    subtitles = list(srt.parse(read(running, f"tides.epub/1/{stem}.srt").decode()))
    listed = audio(running, "tides.epub")[member]["chapters"]
    begins = {timedelta(milliseconds=item["start_ms"]) for item in listed}
    assert len(begins) == CHAPTERS
    assert begins <= {item.start for item in subtitles}
    assert all(item.end <= later.start for item, later in pairwise(subtitles))


def test_title_and_author_are_in_the_combined_file(running: Running, probe: Probe) -> None:
    tags = probe(read(running, "tides.epub/1/combined.mp3"))["format"]["tags"]
    assert (tags["title"], tags["artist"]) == (TITLE, AUTHOR)
