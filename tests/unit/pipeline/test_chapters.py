"""Books through the pipeline: chapters and what the book tells reach the manifest; an edited chapter alone changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.domain import naming
from shared.extract import extract
from shared.pipeline.intake import intake
from tests.crash.scenarios import note
from tests.unit.extract.books import JPEG, files, texts, zipped
from tests.unit.pipeline.running import Counting, Running

BORDER = "\x1f"


def take(running: Running, path: str, data: bytes) -> None:
    """Drops a file that is no plain text, and its event comes."""
    drop(running, path, data)
    intake(running.p, path)


def drop(running: Running, path: str, data: bytes) -> None:
    world = running.world
    world.inputs_of = lambda text: text.split(BORDER)
    etag = world.inbox.write(path, data)
    world.versions[path, etag] = BORDER.join(extract(path, data, running.p.extraction).inputs)


def book(bodies: Mapping[str, str]) -> bytes:
    return zipped(files(bodies))


def test_the_manifest_of_a_book_lists_its_chapters_and_tells_of_it(running: Running) -> None:
    take(running, "sea/book.epub", book(texts(20)))
    running.settle()
    audio = running.world.manifest("sea/book.epub")["audio"]
    assert (audio["title"], audio["author"], audio["language"]) == ("The Tide Book", "Ann Lowe", "en-GB")
    assert [chapter["title"] for chapter in audio["chapters"]] == [f"The title of c{n}" for n in range(1, 21)]
    assert sum(chapter["inputs"] for chapter in audio["chapters"]) == len(audio["inputs"])
    start = 0
    for chapter in audio["chapters"]:
        assert chapter["inputs"] > 1
        assert chapter["start_ms"] == start
        start += chapter["duration_ms"]
    assert start == audio["duration_ms"] > 0


def spoken_of(bodies: Mapping[str, str]) -> dict[str, list[str]]:
    """By chapter, digests of the texts that were sent."""
    running = Running.begin()
    take(running, "book.epub", book(bodies))
    running.settle()
    audio = running.world.manifest("book.epub")["audio"]
    return {
        chapter["title"]: [item["text_sha256"] for item in audio["inputs"]][chapter["first"] - 1 :][: chapter["inputs"]]
        for chapter in audio["chapters"]
    }


def test_an_edited_chapter_alone_has_other_texts() -> None:
    bodies = texts(20)
    before = spoken_of(bodies)
    after = spoken_of({**bodies, "c7.xhtml": bodies["c7.xhtml"].replace("Paragraph 3", "Another paragraph")})
    assert [title for title in before if before[title] != after[title]] == ["The title of c7"]


def test_editing_one_chapter_sends_that_chapter_only(running: Running) -> None:
    bodies = texts(20)
    take(running, "book.epub", book(bodies))
    running.settle()
    sent = len(running.sent())
    edited = {**bodies, "c7.xhtml": bodies["c7.xhtml"].replace("Paragraph 3", "Another paragraph")}
    running.world.paid_again = 1  # the other inputs of that chapter, if the edit moves their borders
    take(running, "book.epub", book(edited))
    running.settle()
    again = [text for texts in running.sent()[sent:] for text in texts]
    chapter = running.world.manifest("book.epub")["audio"]["chapters"][6]
    assert 1 <= len(again) <= chapter["inputs"]
    assert any("Another paragraph" in text for text in again)
    assert running.statuses("book.epub") == ["FINISHED", "FINISHED"]


def test_a_cover_is_kept_beside_the_texts(running: Running) -> None:
    take(running, "book.epub", book(texts(2)))
    (version,) = running.world.all_versions()
    name = naming.cover_blob(version.kept)
    info = running.world.work.head(name)
    assert info
    assert (running.world.work.read(name), info.content_type) == (JPEG, "image/jpeg")


def test_a_book_is_read_once(running: Running) -> None:
    """Whatever a later release would make of it: what intake made of it is what is sent."""
    calls: list[tuple[str, object]] = []
    drop(running, "book.epub", book(texts(2)))
    intake(replace(running.p, inbox=Counting(running.world.inbox, calls)), "book.epub")
    assert running.sent()
    assert [name for name, args in calls if args == ("book.epub",) and name != "head"] == ["peek"]


def test_a_page_of_one_input_has_its_title(running: Running) -> None:
    take(running, "a.html", b"<html lang=fr><title>La page</title><h1>Un</h1><p>Bonjour.")
    running.settle()
    audio = running.world.manifest("a.html")["audio"]
    assert (audio["title"], audio["language"], len(audio["inputs"])) == ("La page", "fr", 1)
    assert [(chapter["title"], chapter["start_ms"]) for chapter in audio["chapters"]] == [("Un", 0)]


def test_a_note_has_no_chapters_and_nothing_is_kept_of_it(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    assert running.world.manifest("a.txt")["audio"]["chapters"] == []
    assert not [info.name for info in running.world.work.list() if info.name.startswith("inputs/")]


def test_what_was_kept_and_is_gone_holds_up_no_manifest(running: Running) -> None:
    take(running, "book.epub", book(texts(2)))
    (version,) = running.world.all_versions()
    running.world.work.delete(version.kept)
    running.settle()
    assert running.world.manifest("book.epub")["audio"]["chapters"] == []


def test_a_broken_book_fails_with_the_name_of_the_file(running: Running) -> None:
    running.world.inbox.write("book.epub", zipped({**files(texts(2)), "OEBPS/content.opf": "<package/>"}))
    intake(running.p, "book.epub")
    assert running.error("book.epub")["where"] == "OEBPS/content.opf"
    assert running.statuses("book.epub") == ["FAILED"]
