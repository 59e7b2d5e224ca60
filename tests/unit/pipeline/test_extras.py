"""What options ask for besides: made once all is done, listed by the manifest, and never in the way of the audio."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import srt
import webvtt

from shared.adapters.memory import MemoryQueue
from shared.audio import ffmpeg
from shared.domain.documents import VersionStatus
from shared.domain.subtitles import SHORTEST_MS
from shared.errors import StorageError
from shared.pipeline.collector import tidy_up
from shared.pipeline.handed import nudged
from shared.pipeline.poisoned import drain_poison
from shared.pipeline.poll import poll
from shared.ports import BlobInfo
from tests.crash.scenarios import book, note
from tests.unit.audio.decoding import decode
from tests.unit.audio.wholes import encoded
from tests.unit.pipeline.running import Counting, Interrupted, Running

MP3 = "audio-24khz-48kbitrate-mono-mp3"
RAW = "raw-8khz-8bit-mono-mulaw"
SECONDS = 1.5


def spoken(text: str) -> bytes:
    """A tone for each text, as long as any other."""
    return encoded(MP3, SECONDS, 300 + 50 * (len(text) % 7))


def asking(options: dict[str, Any], **settings: Any) -> Running:
    """A world in which these options hold, and whose endpoint speaks MP3."""
    running = Running.begin(**{"extras_at_once_bytes": 10**9, **settings})
    running.world.inbox.write("_speechdrop.json", json.dumps(options).encode())
    running.world.endpoint.speak = spoken if "output_format" not in options else running.world.endpoint.speak
    running.world.endpoint.duration_ms = lambda text: int(SECONDS * 1000)
    return running


def concluded(running: Running) -> None:
    """The job has ended; its messages wait."""
    running.world.endpoint.work()
    running.wait(4)
    poll(running.p)


def audio(running: Running, path: str = "a.txt") -> dict[str, Any]:
    found: dict[str, Any] = running.world.manifest(path)["audio"]
    return found


def read(running: Running, name: str) -> bytes:
    return running.p.results.read(name)


def head(running: Running, name: str) -> BlobInfo:
    info = running.p.results.head(name)
    assert info
    return info


def test_without_a_wish_there_is_nothing_and_no_request() -> None:
    running = asking({})
    counting = Counting(running.p.results, [])
    running.p = replace(running.p, results=counting)
    running.take("a.txt", book("a"))
    running.settle()
    assert not {"combined", "m4b", "subtitles", "left_out"} & set(audio(running))
    assert "list" not in [name for name, _ in counting.calls]


def test_a_combined_file_holds_all_inputs_with_the_title() -> None:
    running = asking({"combined": True})
    running.take("tides.txt", book("a"))
    running.settle()
    found = audio(running, "tides.txt")["combined"]
    assert found["file"] == "tides.txt/1/combined.mp3"
    info = head(running, found["file"])
    assert (info.size, info.content_type) == (found["bytes"], "audio/mpeg")
    data = read(running, found["file"])
    assert b"tides" in data[:100]
    assert decode(MP3, data).seconds == pytest.approx(found["duration_ms"] / 1000, abs=0.001)
    assert found["duration_ms"] == pytest.approx(3 * SECONDS * 1000, abs=300)


def test_subtitles_follow_the_inputs_where_no_file_holds_them_all() -> None:
    running = asking({"subtitles": ["srt", "vtt"]})
    running.take("a.txt", book("a"))
    running.settle()
    listed = audio(running)["subtitles"]
    assert listed == [
        {"file": "a.txt/1/inputs.srt", "format": "srt", "of": "inputs"},
        {"file": "a.txt/1/inputs.vtt", "format": "vtt", "of": "inputs"},
    ]
    subtitles = list(srt.parse(read(running, "a.txt/1/inputs.srt").decode()))
    begins = [item.start for item in subtitles if "begins" in item.content]
    assert begins == [timedelta(seconds=n * SECONDS) for n in range(3)]
    assert [caption.text for caption in webvtt.from_string(read(running, "a.txt/1/inputs.vtt").decode()).captions] == [
        item.content for item in subtitles
    ]
    assert head(running, "a.txt/1/inputs.vtt").content_type == "text/vtt; charset=utf-8"


def test_subtitles_of_a_combined_file_follow_it() -> None:
    running = asking({"subtitles": ["srt"], "combined": True})
    running.take("a.txt", book("a"))
    running.settle()
    assert [item["of"] for item in audio(running)["subtitles"]] == ["combined"]
    subtitles = list(srt.parse(read(running, "a.txt/1/combined.srt").decode()))
    second = next(item.start for item in subtitles if "Paragraph 1" in item.content)
    assert second > timedelta(seconds=SECONDS)  # by the silence that the encoder left between the two


def test_boundary_files_are_listed_with_their_inputs() -> None:
    running = asking({"word_boundary": True})
    running.take("a.txt", book("a", 2))
    running.settle()
    for number, item in enumerate(audio(running)["inputs"], 1):
        assert item["words"] == f"a.txt/1/{number:04d}.word.json"
        assert "sentences" not in item
        assert json.loads(read(running, item["words"]))[0]["Text"] == "Paragraph"
        assert head(running, item["words"]).content_type == "application/json"


def test_a_voice_without_times_finishes_without_subtitles_and_says_so() -> None:
    running = asking({"subtitles": ["srt"], "combined": True})
    running.world.endpoint.gives_boundaries = False
    running.take("a.txt", book("a", 2))
    running.settle()
    assert "subtitles" not in audio(running)
    assert "combined" in audio(running)
    first, second = audio(running)["left_out"]
    assert (first["what"], first["where"], second["where"]) == ("subtitles", "input 1", "input 2")
    assert "voice" in first["remedy"]


def test_a_boundary_file_that_is_none_leaves_its_input_out() -> None:
    running = asking({"subtitles": ["srt"]})
    running.take("a.txt", book("a", 2))
    concluded(running)
    prefix = running.job().prefix
    for kind in ("word", "sentence"):
        running.world.storage.blobs("results").write(f"{prefix}/0001.{kind}.json", b"<html>")
    running.settle()
    assert [item["where"] for item in audio(running)["left_out"]] == ["a.txt/1/0001.word.json"]
    (file,) = audio(running)["subtitles"]
    shown = srt.parse(read(running, file["file"]).decode())
    assert all("Paragraph 0" not in item.content for item in shown)


def test_what_cannot_be_joined_is_left_out_and_the_version_finishes() -> None:
    running = asking({"combined": True})
    running.world.endpoint.speak = lambda text: b"no MP3"
    running.take("a.txt", book("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    (why,) = audio(running)["left_out"]
    assert (why["what"], why["where"]) == ("combined", "0001.mp3, byte 0")
    assert why["remedy"]


def test_a_file_that_somebody_took_away_is_named() -> None:
    running = asking({"combined": True}, extras_at_once_bytes=0)
    running.take("a.txt", book("a"))
    concluded(running)
    (message,) = running.world.queue.receive()
    nudged(running.p, message.text)
    running.world.queue.delete(message)
    running.p.results.delete("a.txt/1/0002.mp3")
    running.p = replace(running.p, results=running.world.storage.blobs("results"))  # the world would miss it as well
    (message,) = running.world.queue.receive()
    nudged(running.p, message.text)
    assert audio(running)["left_out"][0]["where"] == "a.txt/1/0002.mp3"


def test_a_failed_version_makes_nothing_and_lists_what_the_last_one_made() -> None:
    running = asking({"combined": True})
    running.take("a.txt", note("a"))
    running.settle()
    before = audio(running)
    running.world.endpoint.bad_texts = lambda text: True
    running.take("a.txt", note("another"))
    running.settle()
    assert running.world.manifest("a.txt")["status"] == "FAILED"
    assert audio(running) == before
    assert running.p.results.head(before["combined"]["file"])
    assert running.p.results.head("a.txt/2/combined.mp3") is None


class TestHandedOver:
    """What takes long has an entry and a message of its own."""

    @pytest.fixture
    def running(self) -> Running:
        """A book whose parts are all done, its slice as well; the message of its extras waits."""
        running = asking({"combined": True, "output_format": RAW}, extras_at_once_bytes=0)
        running.take("a.txt", book("a"))
        concluded(running)
        (message,) = running.world.queue.receive()
        nudged(running.p, message.text)
        running.world.queue.delete(message)
        return running

    def message(self, running: Running) -> str:
        (text,) = running.world.queue.texts()
        return str(text)

    def test_the_job_ends_and_the_version_waits_with_an_entry(self, running: Running) -> None:
        assert [job.status.value for job in running.world.all_jobs()] == ["ENDED"]
        assert running.statuses("a.txt") == ["PENDING"]
        assert running.open() == {"finishing": 1}
        running.settle()
        assert audio(running)["combined"]["file"] == "a.txt/1/combined.mulaw"
        assert running.open() == {}

    def test_a_repeated_message_changes_nothing(self, running: Running) -> None:
        message = self.message(running)
        nudged(running.p, message)
        before = running.all(), running.p.results.head("a.txt/manifest.json")
        nudged(running.p, message)
        assert (running.all(), running.p.results.head("a.txt/manifest.json")) == before

    def test_a_lost_message_is_sent_again(self, running: Running) -> None:
        for received in running.world.queue.receive():
            running.world.queue.delete(received)
        running.wait(running.world.settings.stuck_seconds + 1)
        poll(running.p)
        assert running.open() == {"finishing": 1}
        running.settle()
        assert running.statuses("a.txt") == ["FINISHED"]

    def test_a_message_that_failed_too_often_is_sent_again(self, running: Running) -> None:
        poisoned = MemoryQueue(running.world.clock, "speechdrop-finish-poison")
        (lost,) = running.world.queue.receive()
        running.world.queue.delete(lost)
        poisoned.send(lost.text)
        drain_poison(replace(running.p, poisoned_finishers=poisoned))
        assert poisoned.texts() == ()
        running.finish_all()
        assert running.statuses("a.txt") == ["FINISHED"]

    def test_a_second_maker_leaves_it_to_the_first(self, running: Running) -> None:
        message = self.message(running)
        seen: list[Any] = []

        def meanwhile() -> None:
            counting = Counting(running.p.results, [])
            nudged(replace(running.p, results=counting), message)
            seen.append(([name for name, _ in counting.calls], running.open()))

        mine = Interrupted(running.p.results, "write", meanwhile)
        nudged(replace(running.p, results=mine), message)
        assert seen == [([], {"finishing": 1})]
        assert running.statuses("a.txt") == ["FINISHED"]

    def test_a_maker_that_died_is_followed_when_its_lease_is_over(self, running: Running) -> None:
        message = self.message(running)

        def die() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            nudged(replace(running.p, results=Interrupted(running.p.results, "write", die)), message)
        nudged(running.p, message)
        assert running.statuses("a.txt") == ["PENDING"]
        running.wait(running.world.settings.lease_seconds)
        nudged(running.p, message)
        assert running.statuses("a.txt") == ["FINISHED"]
        assert "left_out" not in audio(running)

    def test_what_kills_its_maker_again_and_again_is_left_out(self, running: Running) -> None:
        message = self.message(running)

        def die() -> None:
            raise KeyboardInterrupt

        for _ in range(running.world.settings.max_starts):
            with pytest.raises(KeyboardInterrupt):
                nudged(replace(running.p, results=Interrupted(running.p.results, "write", die)), message)
            running.wait(running.world.settings.lease_seconds)
        nudged(running.p, message)
        assert running.statuses("a.txt") == ["FINISHED"]
        (why,) = audio(running)["left_out"]
        assert "5 times" in why["why"]

    def test_a_storage_that_fails_does_not_count(self, running: Running) -> None:
        message = self.message(running)

        def fail() -> None:
            raise StorageError("no answer")

        for _ in range(running.world.settings.max_starts + 1):
            with pytest.raises(StorageError):
                nudged(replace(running.p, results=Interrupted(running.p.results, "write", fail)), message)
        nudged(running.p, message)
        assert "left_out" not in audio(running)

    def test_a_version_that_is_superseded_meanwhile_is_not_published(self, running: Running) -> None:
        message = self.message(running)
        drop: Callable[[], None] = lambda: running.take("a.txt", note("another"))  # noqa: E731
        nudged(replace(running.p, results=Interrupted(running.p.results, "write", drop)), message)
        assert running.statuses("a.txt") == [VersionStatus.SUPERSEDED, VersionStatus.PENDING]
        assert running.p.results.head("a.txt/manifest.json") is None
        running.settle()
        assert running.world.manifest("a.txt")["sequence"] == 2
        running.wait(3600)
        tidy_up(running.p)
        left = [info.name for info in running.p.results.list("a.txt/")]
        assert left == ["a.txt/2/0001.mulaw", "a.txt/2/combined.mulaw", "a.txt/manifest.json"]

    def test_its_maker_stops_when_its_lease_is_lost(self, running: Running) -> None:
        """The lease is renewed as the work goes on: then it is noticed that the version is another's now."""
        message = self.message(running)
        reads = Interrupted(running.p.results, "read", lambda: self._taken_over(running))
        nudged(replace(running.p, results=reads), message)
        assert reads.happened
        assert running.p.results.head("a.txt/1/combined.mulaw") is None
        running.settle()
        assert audio(running)["sequence"] == 2

    def _taken_over(self, running: Running) -> None:
        running.wait(running.world.settings.lease_seconds)
        running.take("a.txt", note("another"))

    def test_what_takes_too_long_is_left_out(self, running: Running) -> None:
        late = running.world.settings.function_timeout_seconds
        reads = Interrupted(running.p.results, "read", lambda: running.wait(late))
        nudged(replace(running.p, results=reads), self.message(running))
        (why,) = audio(running)["left_out"]
        assert "more than 24 seconds" in why["why"]
        assert running.statuses("a.txt") == ["FINISHED"]


def test_an_audio_book_is_made_with_its_subtitles() -> None:
    running = asking({"m4b": True, "subtitles": ["srt"]})
    running.take("a.txt", book("a"))
    running.settle()
    found = audio(running)
    assert found["m4b"]["file"] == "a.txt/1/book.m4b"
    assert found["m4b"]["duration_ms"] == 3 * SECONDS * 1000
    assert found["m4b"]["chapters"] == [{"title": "a", "first": 1, "start_ms": 0}]
    info = head(running, "a.txt/1/book.m4b")
    assert (info.size, info.content_type) == (found["m4b"]["bytes"], "audio/mp4")
    subtitles = list(srt.parse(read(running, "a.txt/1/book.srt").decode()))
    assert [item.start for item in subtitles if "begins" in item.content] == [
        timedelta(seconds=n * SECONDS) for n in range(3)
    ]
    assert subtitles[-1].end - subtitles[-1].start >= timedelta(milliseconds=SHORTEST_MS)


def test_where_ffmpeg_is_not_installed_the_book_is_left_out_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    running = asking({"m4b": True, "combined": True})
    monkeypatch.setattr(ffmpeg, "find_spec", lambda name: None)
    running.take("a.txt", book("a"))
    running.settle()
    assert "combined" in audio(running)
    assert "m4b" not in audio(running)
    (why,) = audio(running)["left_out"]
    assert (why["what"], "requirements-m4b.txt" in why["remedy"]) == ("m4b", True)
