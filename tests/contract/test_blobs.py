"""ports.Blobs: what every container does."""

from __future__ import annotations

import hashlib
import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Conflict, Missing, SpeechdropError
from shared.ports import BlobPage, Blobs
from tests.contract.conftest import Account, at_once

MIB = 1024 * 1024
ODD_NAME = "Ordner/it's 100% a+b&c=d?e#f é日本.txt"


def names(blobs: Blobs, prefix: str = "") -> list[str]:
    return [info.name for info in blobs.list(prefix)]


def in_minutes(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


class TestBlobs:
    def test_a_container_that_was_never_written_is_empty(self, blobs: Blobs) -> None:
        assert blobs.head("b") is None
        assert list(blobs.list()) == []
        blobs.delete("b")
        with pytest.raises(Missing, match="b"):
            blobs.read("b")
        with pytest.raises(Missing):
            blobs.copy("b", "c", content_type="text/plain")

    def test_deletes_many_at_once_and_those_that_are_gone_are_fine(self, blobs: Blobs) -> None:
        written = [f"{number} {ODD_NAME}" for number in range(3)]
        for name in [*written, "left"]:
            blobs.write(name, b"content")
        blobs.delete_all(name for name in [*written, "never there"])
        assert names(blobs) == ["left"]
        blobs.delete_all([])

    def test_deletes_more_than_fit_into_a_request(self, blobs: Blobs) -> None:
        blobs.write("b", b"content")
        blobs.delete_all([*(f"never there {number}" for number in range(300)), "b"])
        assert names(blobs) == []

    def test_reads_what_was_written(self, blobs: Blobs) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        etag = blobs.write("a/b", b"content", content_type="text/plain")
        info = blobs.head("a/b")
        assert info is not None
        assert (info.name, info.etag, info.size, info.content_type) == ("a/b", etag, 7, "text/plain")
        assert before <= info.modified <= datetime.now(UTC)
        assert blobs.read("a/b") == b"content"
        assert list(blobs.list()) == [info]
        assert pickle.loads(pickle.dumps(info)) == info

    def test_names_may_hold_what_urls_treat_specially(self, blobs: Blobs) -> None:
        blobs.write(ODD_NAME, b"content")
        assert names(blobs, "Ordner/") == [ODD_NAME]
        assert blobs.read(ODD_NAME) == b"content"
        blobs.copy(ODD_NAME, ODD_NAME + "2", content_type="text/plain")
        assert blobs.read(ODD_NAME + "2") == b"content"

    @pytest.mark.parametrize("content", [b"", b"012", b"0123456789"])
    def test_a_peek_is_a_head_with_the_beginning(self, blobs: Blobs, content: bytes) -> None:
        assert blobs.peek("b", most=3) is None
        blobs.write("b", content, content_type="text/plain")
        assert blobs.peek("b", most=3) == (blobs.head("b"), content[:3])

    def test_a_copy_needs_no_look_at_a_source_that_is_known(self, blobs: Blobs) -> None:
        blobs.write("a", b"content", content_type="audio/mpeg")
        known = blobs.head("a")
        assert known
        for content_type in ("audio/mpeg", "audio/wav"):
            blobs.copy("a", "b", content_type=content_type, known=known)
            copied = blobs.peek("b", most=100)
            assert copied
            assert (copied[0].content_type, copied[1]) == (content_type, b"content")
        with pytest.raises(Missing):
            blobs.copy("gone", "c", content_type="audio/mpeg", known=replace(known, name="gone"))

    def test_pages_follow_each_other_by_their_markers(self, blobs: Blobs) -> None:
        assert blobs.page() == BlobPage(items=(), marker="")
        for name in ("a", "b/c", "d e", "f", "g"):
            blobs.write(name, name.encode())
        pages = [blobs.page(most=2)]
        while pages[-1].marker:
            pages.append(blobs.page(pages[-1].marker, most=2))
        assert [len(page.items) for page in pages] == [2, 2, 1]
        assert [info for page in pages for info in page.items] == list(blobs.list())

    def test_reads_ranges(self, blobs: Blobs) -> None:
        blobs.write("b", b"0123456789")
        assert blobs.read("b", offset=2, length=3) == b"234"
        assert blobs.read("b", length=4) == b"0123"
        assert blobs.read("b", offset=7) == b"789"
        assert blobs.read("b", offset=7, length=100) == b"789"
        assert blobs.read("b", offset=3, length=0) == b""
        assert blobs.read("b", offset=10) == b""

    @pytest.mark.parametrize("length", [None, 3 * MIB], ids=["whole", "range"])
    def test_reading_takes_little_more_memory_than_what_is_read(self, blobs: Blobs, length: int | None) -> None:
        blobs.write("b", bytes(4 * MIB))
        blobs.read("b", length=1)
        tracemalloc.start()
        try:
            read = blobs.read("b", length=length)
            assert tracemalloc.get_traced_memory()[1] < 2.5 * len(read)
        finally:
            tracemalloc.stop()

    def test_an_empty_blob_is_a_blob(self, blobs: Blobs) -> None:
        for data in (b"", [], [b"", b""]):
            blobs.write("b", data)
            assert blobs.read("b") == blobs.read("b", offset=0, length=5) == b""
            info = blobs.head("b")
            assert info is not None
            assert info.size == 0

    def test_reads_only_the_content_of_that_etag(self, blobs: Blobs) -> None:
        old = blobs.write("b", b"old")
        assert blobs.read("b", etag=old) == b"old"
        new = blobs.write("b", b"new")
        with pytest.raises(Conflict):
            blobs.read("b", etag=old)
        with pytest.raises(Conflict):
            blobs.read("b", etag=old, offset=1, length=1)
        assert blobs.read("b", etag=new) == b"new"
        blobs.delete("b")
        with pytest.raises(Missing):
            blobs.read("b", etag=new)

    def test_the_same_content_written_again_has_another_etag(self, blobs: Blobs) -> None:
        assert blobs.write("b", b"same") != blobs.write("b", b"same")

    @pytest.mark.parametrize("size", [0, 10, 9 * MIB], ids=["empty", "small", "in blocks"])
    def test_writes_only_over_the_content_of_that_etag(self, blobs: Blobs, size: int) -> None:
        old = blobs.write("b", b"old")
        new = blobs.write("b", b"n" * size, etag=old)
        with pytest.raises(Conflict):
            blobs.write("b", b"x" * size, etag=old)
        with pytest.raises(Conflict):
            blobs.write("b", b"x" * size, new=True)
        with pytest.raises(Conflict):
            blobs.write("gone", b"x" * size, etag=old)
        assert blobs.read("b", etag=new) == b"n" * size
        assert blobs.write("c", b"x" * size, new=True)
        assert names(blobs) == ["b", "c"]

    def test_cannot_ask_for_new_and_an_etag_at_once(self, blobs: Blobs) -> None:
        with pytest.raises(ValueError, match="both"):
            blobs.write("b", b"", etag='"1"', new=True)

    def test_writes_a_stream_of_any_pieces(self, blobs: Blobs) -> None:
        digest = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            for number in range(100):
                piece = bytes([number]) * (10 * MIB // 100 + number)
                digest.update(piece)
                yield piece
            yield b""

        etag = blobs.write("b", pieces(), content_type="audio/wav")
        info = blobs.head("b")
        assert info is not None
        assert (info.etag, info.size, info.content_type) == (etag, 10 * MIB // 100 * 100 + 4950, "audio/wav")
        assert hashlib.sha256(blobs.read("b")).digest() == digest.digest()

    @pytest.mark.parametrize("size", [0, 5, 4 * MIB - 1, 4 * MIB, 9 * MIB])
    def test_a_head_goes_before_the_data_and_is_asked_for_after_it(self, blobs: Blobs, size: int) -> None:
        written: list[int] = []

        def pieces() -> Iterator[bytes]:
            for length in (size // 2, size - size // 2):
                written.append(length)
                yield b"x" * length

        blobs.write("b", pieces(), head=lambda: f"{sum(written)} bytes: ".encode())
        assert blobs.read("b") == f"{size} bytes: ".encode() + b"x" * size
        blobs.write("b", [b"x" * size], head=lambda: b"")
        assert blobs.read("b") == b"x" * size

    @pytest.mark.parametrize("size", [4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB])
    def test_writes_streams_whole_at_the_borders_of_blocks(self, blobs: Blobs, size: int) -> None:
        content = bytes(range(256)) * (size // 256 + 1)
        blobs.write("b", [content[:MIB], content[MIB:size]])
        assert hashlib.sha256(blobs.read("b")).digest() == hashlib.sha256(content[:size]).digest()

    def test_a_stream_that_breaks_leaves_what_was_there(self, blobs: Blobs) -> None:
        def breaking() -> Iterator[bytes]:
            yield b"x" * 5 * MIB
            raise OSError("the source broke")

        etag = blobs.write("b", b"old")
        with pytest.raises(OSError, match="broke"):
            blobs.write("b", breaking())
        assert blobs.read("b", etag=etag) == b"old"

    def test_deletes(self, blobs: Blobs) -> None:
        blobs.write("b", b"x")
        blobs.delete("b")
        blobs.delete("b")
        assert blobs.head("b") is None
        assert blobs.write("b", b"y", new=True)

    def test_deletes_only_the_content_of_that_etag(self, blobs: Blobs) -> None:
        old = blobs.write("b", b"old")
        new = blobs.write("b", b"new")
        with pytest.raises(Conflict):
            blobs.delete("b", etag=old)
        assert blobs.read("b") == b"new"
        blobs.delete("b", etag=new)
        blobs.delete("b", etag=new)
        blobs.delete("never there", etag=new)
        assert blobs.head("b") is None

    def test_lists_by_name_under_a_prefix(self, blobs: Blobs) -> None:
        for name in ("b/2", "a", "b/10", "b", "b/1/x"):
            blobs.write(name, name.encode())
        assert names(blobs) == ["a", "b", "b/1/x", "b/10", "b/2"]
        assert names(blobs, "b/") == ["b/1/x", "b/10", "b/2"]
        assert names(blobs, "b/1") == ["b/1/x", "b/10"]
        assert names(blobs, "c") == []
        assert [blobs.head(info.name) for info in blobs.list()] == list(blobs.list())

    def test_lists_all_of_many(self, blobs: Blobs) -> None:
        expected = [f"{number:04}" for number in range(250)]
        at_once([lambda part=part: [blobs.write(name, b"") for name in expected[part::8]] for part in range(8)])  # type: ignore[misc]
        assert names(blobs) == expected

    @pytest.mark.parametrize("content_type", ["audio/wav", "application/octet-stream"])
    def test_copies_whole_with_the_content_type_asked_for(self, blobs: Blobs, content_type: str) -> None:
        source = blobs.write("source", [b"x" * MIB] * 5)
        blobs.write("target/1", b"old", content_type="text/plain")
        blobs.copy("source", "target/1", content_type=content_type)
        copied = blobs.head("target/1")
        assert copied is not None
        assert (copied.size, copied.content_type) == (5 * MIB, content_type)
        assert blobs.read("target/1") == blobs.read("source", etag=source)

    def test_exactly_one_of_many_new_blobs_is_written(self, blobs: Blobs) -> None:
        def write(number: int) -> str:
            try:
                return blobs.write("b", [bytes([number]) * MIB] * 5, new=True)
            except Conflict:
                return ""

        written = at_once([lambda n=n: write(n) for n in range(8)])  # type: ignore[misc]
        (etag,) = filter(None, written)
        assert blobs.read("b", etag=etag) == bytes([written.index(etag)]) * 5 * MIB

    def test_compare_and_set_loses_no_count(self, blobs: Blobs) -> None:
        blobs.write("b", b"0")

        def count() -> None:
            for _ in range(5):
                while True:
                    info = blobs.head("b")
                    assert info is not None
                    try:
                        number = int(blobs.read("b", etag=info.etag))
                        blobs.write("b", str(number + 1).encode(), etag=info.etag)
                        break
                    except Conflict:
                        pass

        at_once([count] * 8)
        assert blobs.read("b") == b"40"


class TestLinks:
    def test_a_link_reads_its_blob(self, blobs: Blobs, fetch: Callable[[str], bytes]) -> None:
        blobs.write(ODD_NAME, b"content")
        assert fetch(blobs.link(ODD_NAME, expires=in_minutes(5))) == b"content"

    def test_a_link_ends(self, blobs: Blobs, fetch: Callable[[str], bytes]) -> None:
        blobs.write("b", b"content")
        link = blobs.link("b", expires=in_minutes(-1))
        with pytest.raises(SpeechdropError):
            fetch(link)

    def test_a_writable_link_gives_the_rights_it_names_and_no_more(self, account: Account, blobs: Blobs) -> None:
        blobs.write("old", b"old")
        opened = account.open_container(blobs.writable_link(starts=in_minutes(-15), expires=in_minutes(5)))
        opened.write("new", b"x", content_type="audio/wav")
        etag = opened.write("streamed", [b"x" * MIB] * 5, new=True)
        opened.write("old", b"changed")
        assert names(opened) == ["new", "old", "streamed"]
        assert opened.read("old") == b"changed"
        assert opened.head("streamed") == blobs.head("streamed")
        assert opened.read("streamed", etag=etag, length=1) == b"x"
        for refused in (
            lambda: opened.delete("old"),
            lambda: opened.copy("old", "copy", content_type="text/plain"),
            lambda: opened.link("old", expires=in_minutes(5)),
            lambda: opened.writable_link(starts=in_minutes(0), expires=in_minutes(5)),
        ):
            with pytest.raises(SpeechdropError):
                refused()
        assert names(blobs) == ["new", "old", "streamed"]

    @pytest.mark.parametrize(("starts", "expires"), [(-15, -1), (5, 15)], ids=["over", "to come"])
    def test_a_writable_link_holds_in_its_time_only(
        self, account: Account, blobs: Blobs, starts: float, expires: float
    ) -> None:
        blobs.write("b", b"x")
        link = blobs.writable_link(starts=in_minutes(starts), expires=in_minutes(expires))
        with pytest.raises(SpeechdropError):
            account.open_container(link).write("b", b"y")
        assert blobs.read("b") == b"x"

    def test_a_link_to_a_container_that_is_gone_makes_none(self, account: Account, unused: str) -> None:
        blobs = account.blobs(unused)
        link = blobs.writable_link(starts=in_minutes(-15), expires=in_minutes(5))
        with pytest.raises(SpeechdropError):
            account.open_container(link.replace(unused, unused + "x")).write("b", b"y")
        assert names(account.blobs(unused + "x")) == []
