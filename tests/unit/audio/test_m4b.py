"""Audio books: a public tool finds title, author, cover and chapters, and each chapter begins where its sound does."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest
import soxr

from shared.audio import ENCODABLE, ffmpeg
from shared.audio.m4b import Book, Mark
from shared.audio.source import Source
from shared.audio.tags import Tags
from shared.batchapi.formats import FORMATS
from shared.errors import InputError, StorageError
from tests.conftest import Probe
from tests.unit.audio.decoding import COMPARED_RATE
from tests.unit.audio.test_join import MP3, begin_of
from tests.unit.audio.wholes import TAGS, encoded, image, source_of, sources_of

PARTS = ((1.013, 300), (0.5, 500), (2.2, 700), (0.3, 900))
CHAPTERS = (
    Mark(title="Erstes Kapitel: Ebbe & Flut", first=0),
    Mark(title="二章", first=2),
    Mark(title="3", first=3),
)
READABLE = sorted(name for name in ENCODABLE if FORMATS[name].codec != "truesilk")


def bound(
    name: str, cover: bytes = b"", parts: Any = PARTS, chapters: Any = CHAPTERS, tags: Tags = TAGS
) -> tuple[bytes, Book]:
    files = [encoded(name, seconds, hertz) for seconds, hertz in parts]
    book = Book(FORMATS[name], sources_of(files), tags=tags, chapters=chapters, cover=cover)
    rest = b"".join(book.chunks())
    return book.head() + rest, book


def heard(file: bytes) -> Any:
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.audio[0]
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(stream)])
        return soxr.resample(sound, stream.rate, COMPARED_RATE)


@pytest.mark.parametrize("name", READABLE)
def test_chapters_begin_where_their_sounds_do(name: str, probe: Probe) -> None:
    file, book = bound(name)
    found = probe(file, "-show_chapters")
    sound = heard(file)
    assert [chapter["tags"]["title"] for chapter in found["chapters"]] == [chapter.title for chapter in CHAPTERS]
    for chapter, written in zip(CHAPTERS, found["chapters"], strict=True):
        assert float(written["start_time"]) == pytest.approx(begin_of(sound, PARTS[chapter.first][1]), abs=0.05)
        before = sum(seconds for seconds, _ in PARTS[: chapter.first])
        assert float(written["start_time"]) == pytest.approx(before, abs=0.05)
    assert float(found["chapters"][-1]["end_time"]) == pytest.approx(float(book.seconds), abs=0.001)
    assert float(found["format"]["duration"]) == pytest.approx(float(book.seconds), abs=0.001)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_public_tool_finds_title_author_and_cover(kind: str, probe: Probe) -> None:
    cover = image(kind)
    file, book = bound(MP3, cover)
    found = probe(file, "-show_streams")
    tags = found["format"]["tags"]
    assert (tags["title"], tags["artist"], tags["genre"]) == (TAGS.title, TAGS.author, "Audiobook")
    assert tags["major_brand"] == "M4B "
    sound, _, picture = found["streams"]
    assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == ("aac", "24000", 1)
    assert (picture["disposition"]["attached_pic"], picture["width"]) == (1, 16)
    assert book.has_cover
    with av.open(io.BytesIO(file), "r") as container:
        assert bytes(next(container.demux(video=0))) == cover


@pytest.mark.parametrize(
    "cover", [b"", b"GIF89a" + bytes(50), b"\xff\xd8\xff" + bytes(9), b"\x89PNG\r\n\x1a\n", b"#EXTM3U\n"]
)
def test_what_is_no_cover_is_left_out(cover: bytes) -> None:
    file, book = bound(MP3, cover)
    assert not book.has_cover
    assert file == bound(MP3)[0]


def test_a_book_may_have_no_title_and_one_chapter(probe: Probe) -> None:
    file, _ = bound(MP3, chapters=(Mark(title="All", first=0),), tags=Tags())
    found = probe(file, "-show_chapters")
    assert [chapter["start_time"] for chapter in found["chapters"]] == ["0.000000"]
    assert not {"title", "artist", "album"} & set(found["format"]["tags"])


def test_many_chapters_of_many_files_do_not_drift(probe: Probe) -> None:
    parts = ((0.517, 400),) * 300
    chapters = [Mark(title=f"Chapter {number} {'of many ' * 20}", first=number) for number in range(300)]
    file, _ = bound(MP3, parts=parts, chapters=chapters)
    found = probe(file, "-show_chapters")["chapters"]
    assert len(found) == 300
    assert all(float(c["start_time"]) == pytest.approx(n * 0.517, abs=0.001) for n, c in enumerate(found))


def test_the_same_sound_is_the_same_book() -> None:
    assert bound(MP3, image("png"))[0] == bound(MP3, image("png"))[0]


def test_silk_is_refused() -> None:
    with pytest.raises(InputError, match="SILK"):
        bound("raw-24khz-16bit-mono-truesilk")


@pytest.mark.parametrize("name", [name for name in READABLE if FORMATS[name].container or FORMATS[name].codec == "mp3"])
def test_a_file_that_is_no_sound_is_refused_by_name(name: str) -> None:
    sources = sources_of([encoded(name, *PARTS[0]), b"no sound at all " * 100])
    book = Book(FORMATS[name], sources, tags=TAGS, chapters=CHAPTERS[:1])
    with pytest.raises(InputError) as caught:
        list(book.chunks())
    assert caught.value.where == "0002"


def test_a_storage_that_fails_is_not_taken_for_a_bad_file() -> None:
    def read(offset: int, length: int) -> bytes:
        raise StorageError("no answer")

    sources = [source_of(encoded(MP3, *PARTS[0])), Source(name="0002", size=5000, read=read)]
    with pytest.raises(StorageError):
        list(Book(FORMATS[MP3], sources, tags=TAGS, chapters=CHAPTERS[:1]).chunks())


def test_without_ffmpeg_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        bound(MP3)
    assert "requirements-m4b.txt" in caught.value.remedy
