"""Joining: each format's packets stay as they are, the whole is one proper file, and each part begins where it says."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from shared.audio import ENCODABLE
from shared.audio.join import JOININGS, Combined
from shared.audio.source import WINDOW, Source
from shared.audio.tags import Tags, id3
from shared.batchapi.formats import FORMATS
from shared.errors import InputError, StorageError
from tests.conftest import Probe
from tests.unit.audio.decoding import COMPARED_RATE, decode
from tests.unit.audio.wholes import TAGS, encoded, joined, source_of

PARTS = ((1.013, 300), (0.5, 500), (2.2, 700))
"""Seconds and pitch."""
MP3 = "audio-24khz-48kbitrate-mono-mp3"
OGG = "ogg-24khz-16bit-mono-opus"
RIFF = "riff-24khz-16bit-mono-pcm"
WEBM = "webm-24khz-16bit-mono-opus"
FFMPEGS = {"mp3": "mp3", "ogg": "ogg", "opus": "ogg", "webm": "webm", "wav": "wav", "amr": "amr"}
"""By extension, the demuxers of what has packets."""
TAGGED = {"mp3", "ogg", "opus", "webm", "wav"}
"""Extensions of containers that hold title and author."""

every_format = pytest.mark.parametrize("name", sorted(ENCODABLE))


def parts(name: str) -> list[bytes]:
    return [encoded(name, seconds, hertz) for seconds, hertz in PARTS]


def packets(name: str, file: bytes) -> list[bytes]:
    with av.open(io.BytesIO(file), "r", format=FFMPEGS[FORMATS[name].extension]) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def begin_of(sound: NDArray[np.float64], hertz: int) -> float:
    """Seconds at which a tone begins."""
    times = np.arange(len(sound)) / COMPARED_RATE
    window = np.ones(COMPARED_RATE // 20)
    strength = np.abs(np.convolve(sound * np.exp(-2j * np.pi * hertz * times), window, "same"))
    return float(np.flatnonzero(strength > strength.max() / 2)[0] / COMPARED_RATE)


def test_every_format_has_a_way() -> None:
    assert {(audio.codec, audio.container) for audio in FORMATS.values()} == set(JOININGS)


@every_format
def test_each_sound_begins_where_it_is_said_to(name: str) -> None:
    data, whole = joined(name, parts(name))
    heard = decode(name, data)
    assert heard.seconds == pytest.approx(float(whole.seconds), abs=0.01)
    for start, (_, hertz) in zip(whole.starts, PARTS, strict=True):
        assert begin_of(heard.sound, hertz) == pytest.approx(float(start), abs=0.02)


@pytest.mark.parametrize("name", sorted(name for name in ENCODABLE if FORMATS[name].extension in FFMPEGS))
def test_no_packet_is_changed(name: str) -> None:
    files = parts(name)
    data, _ = joined(name, files)
    expected = b"".join(packet for file in files for packet in packets(name, file))
    assert b"".join(packets(name, data)) == expected


@pytest.mark.parametrize("name", sorted(name for name in ENCODABLE if FORMATS[name].extension in TAGGED))
def test_a_public_tool_reads_length_title_and_author(name: str, probe: Probe) -> None:
    data, whole = joined(name, parts(name))
    found = probe(data, "-show_streams")
    counts_silence = FORMATS[name].codec == "mp3"  # this ffprobe leaves nothing of an MP3's frames out
    length = float(found["format"]["duration"])
    assert length == pytest.approx(float(whole.seconds), abs=0.11 if counts_silence else 0.01)
    tags = {**found["streams"][0].get("tags", {}), **found["format"].get("tags", {})}
    told = {key.lower(): value for key, value in tags.items()}
    assert (told["title"], told["artist"]) == (TAGS.title, TAGS.author)


@pytest.mark.parametrize("name", [MP3, RIFF])
def test_without_a_title_there_is_no_tag(name: str, probe: Probe) -> None:
    data, _ = joined(name, parts(name), Tags())
    assert "tags" not in probe(data)["format"]


@every_format
def test_one_file_is_a_whole_as_well(name: str) -> None:
    file = parts(name)[0]
    data, whole = joined(name, [file])
    alone, together = decode(name, file), decode(name, data)
    assert together.seconds == pytest.approx(alone.seconds, abs=0.001)
    assert list(whole.starts) == [Fraction(0)]


@every_format
@pytest.mark.parametrize(
    "junk", [b"", b"RIFF", b"no sound at all, but a text " * 200], ids=["nothing", "short", "text"]
)
def test_what_is_no_sound_is_refused_or_taken_as_samples(name: str, junk: bytes) -> None:
    audio = FORMATS[name]
    if audio.container == "" and audio.codec in ("pcm", "alaw", "mulaw", "g722"):
        joined(name, [junk])
        return
    with pytest.raises(InputError) as caught:
        joined(name, [encoded(name, *PARTS[1]), junk])
    assert caught.value.where.startswith("0002")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "other"), [(MP3, "audio-48khz-96kbitrate-mono-mp3"), (RIFF, "riff-8khz-8bit-mono-mulaw")]
)
def test_a_file_of_another_kind_is_refused(name: str, other: str) -> None:
    with pytest.raises(InputError, match="0002"):
        joined(name, [encoded(name, *PARTS[0]), encoded(other, *PARTS[0])])


class TestMp3:
    def test_tags_of_the_files_are_left_out(self) -> None:
        files = parts(MP3)
        tagged = [
            id3(Tags(title="x" * size)) + file + b"TAG" + bytes(125)
            for size, file in zip((1, 200, 9000), files, strict=True)
        ]
        assert joined(MP3, tagged)[0] == joined(MP3, files)[0]

    def test_files_without_an_info_frame_are_played_whole(self, probe: Probe) -> None:
        bare = [file[144:] for file in parts(MP3)]  # the Info frame is as long as any at 48 kbit/s
        data, whole = joined(MP3, bare)
        frames = sum(len(file) // 144 for file in bare)
        assert whole.seconds == Fraction(frames * 576, 24_000)
        assert float(probe(data)["format"]["duration"]) == pytest.approx(float(whole.seconds), abs=0.001)

    def test_a_frame_that_is_cut_off_is_left_out(self) -> None:
        files = parts(MP3)
        assert joined(MP3, [files[0][:-1], files[1]])[0] == joined(MP3, [files[0][:-144], files[1]])[0]

    def test_a_variable_bit_rate_is_taken_as_well(self) -> None:
        """Each frame says how long it is."""
        files = [
            encoded("audio-24khz-96kbitrate-mono-mp3", *PARTS[0]),
            encoded("audio-24khz-160kbitrate-mono-mp3", *PARTS[1]),
        ]
        data, whole = joined(MP3, files)
        assert decode(MP3, data).seconds == pytest.approx(float(whole.seconds), abs=0.001)

    def test_noise_between_frames_is_refused_with_its_place(self) -> None:
        file = encoded(MP3, *PARTS[0])
        with pytest.raises(InputError, match="0001"):
            joined(MP3, [file[:1440] + b"xx" + file[1440:]])


class TestRiff:
    def test_more_than_four_gibibytes_is_refused_before_anything_is_read(self) -> None:
        def read(offset: int, length: int) -> bytes:
            raise AssertionError("it was read")

        hour = Source(name="0001", size=24_000 * 2 * 3600 + 44, read=read)
        Combined(FORMATS[RIFF], [hour] * 24, TAGS)
        with pytest.raises(InputError, match=r"4\.0 GiB"):
            Combined(FORMATS[RIFF], [hour] * 25, TAGS)

    @pytest.mark.parametrize("told", [0xFFFFFFFF, 0x7FFFFFFF])
    def test_a_length_that_was_never_filled_in_means_the_rest(self, told: int) -> None:
        files = parts(RIFF)
        streamed = [file[:40] + told.to_bytes(4, "little") + file[44:] for file in files]
        assert joined(RIFF, streamed)[0] == joined(RIFF, files)[0]

    def test_other_chunks_are_left_out(self) -> None:
        files = parts(RIFF)
        odd = b"odd " + (3).to_bytes(4, "little") + b"abc\0"
        chunked = [file[:12] + odd + file[12:] + odd for file in files]
        assert joined(RIFF, chunked)[0] == joined(RIFF, files)[0]


class TestOgg:
    def test_it_is_one_stream_that_ends_once(self) -> None:
        data, _ = joined(OGG, parts(OGG))
        places = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
        pages = [(data[at + 5], int.from_bytes(data[at + 18 : at + 22], "little")) for at in places]
        assert [number for _, number in pages] == list(range(len(pages)))
        assert [flags & 2 for flags, _ in pages] == [2] + [0] * (len(pages) - 1)
        assert [flags & 4 for flags, _ in pages] == [0] * (len(pages) - 1) + [4]

    def test_a_packet_over_several_pages_is_counted_once(self) -> None:
        """Long packets, which no encoder of ours makes: 120 ms at a high bit rate fill more than a page's table."""
        toc = bytes([3 << 3 | 3, 2])  # SILK, 60 ms, two frames
        packet = toc + bytes(255 * 300)
        data, whole = joined(OGG, [_ogg([packet, packet])] * 2)
        assert [float(start) for start in whole.starts] == [0, 0.24]
        assert float(whole.seconds) == pytest.approx(0.48 - 312 / 48_000)  # less the first file's pre-skip
        assert packets(OGG, data) == [packet] * 4


def _ogg(packets: Sequence[bytes]) -> bytes:
    sink = io.BytesIO()
    template = encoded(OGG, *PARTS[1])
    with av.open(io.BytesIO(template), "r", format="ogg") as given, av.open(sink, "w", format="ogg") as container:
        stream = container.add_stream_from_template(given.streams.audio[0])
        for number, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.duration = stream, number * 5760, number * 5760, 5760
            assert stream.time_base
            packet.time_base = stream.time_base
            container.mux(packet)
    return sink.getvalue()


@pytest.mark.parametrize("name", [MP3, OGG, RIFF, WEBM])
def test_a_storage_that_fails_is_not_taken_for_a_bad_file(name: str) -> None:
    file = encoded(name, *PARTS[0])

    def read(offset: int, length: int) -> bytes:
        raise StorageError("no answer")

    broken = Source(name="0002", size=len(file), read=read)
    with pytest.raises(StorageError):
        list(Combined(FORMATS[name], [source_of(file), broken], TAGS).chunks())


def test_a_file_longer_than_a_window_is_read_in_windows() -> None:
    file = encoded("riff-48khz-16bit-mono-pcm", 60.0, 300)
    assert len(file) > WINDOW
    asked: list[tuple[int, int]] = []

    def read(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return file[offset : offset + length]

    whole = Combined(FORMATS["riff-48khz-16bit-mono-pcm"], [Source(name="0001", size=len(file), read=read)], Tags())
    rest = b"".join(whole.chunks())
    assert whole.head() + rest == file
    assert max(length for _, length in asked) <= WINDOW


def test_thirty_hours_are_joined_in_little_memory() -> None:
    """In a process of its own: what it holds at most, beyond what it held before, while 648 MB go through it."""
    code = """
from tests.peak import most_memory
from tests.unit.audio.test_join import MP3
from tests.unit.audio.wholes import FORMATS, TAGS, Combined, encoded, sources_of
file = encoded(MP3, 240.0, 300)
before = most_memory()
whole = Combined(FORMATS[MP3], sources_of([file] * 450), TAGS)
total = sum(map(len, whole.chunks()))
print(total, int(whole.seconds / 3600), most_memory() - before)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=100, check=True
    )
    total, hours, grown = map(int, done.stdout.split())
    assert (hours, total > 640_000_000) == (30, True)
    assert grown < 20 * 1024 * 1024
