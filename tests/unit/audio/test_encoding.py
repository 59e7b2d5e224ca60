"""Files that decode again to what went in."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shared.audio import ENCODABLE, encode
from shared.batchapi.formats import FORMATS
from shared.errors import InputError

RIFF = "riff-24khz-16bit-mono-pcm"
MP3 = sorted(name for name in ENCODABLE if FORMATS[name].codec == "mp3")
SECONDS = 3
FREQUENCY = 440


def _tone(frequency: int = FREQUENCY, rate: int = 24_000, seconds: int = SECONDS) -> bytes:
    times = np.arange(rate * seconds) / rate
    return (np.sin(2 * np.pi * frequency * times) * 12_000).astype("<i2").tobytes()


def _file(name: str, pcm: bytes, rate: int = 24_000) -> bytes:
    return b"".join(encode(name, [pcm], sample_rate=rate, samples=len(pcm) // 2))


def _decoded(file: bytes) -> tuple[NDArray[np.float64], int, int]:
    """Samples (full scale is 1), their rate, and the file's bit rate."""
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray().ravel() for frame in container.decode(stream)]
        return np.concatenate(frames).astype(float), stream.rate, stream.bit_rate or 0


def _level(sound: NDArray[np.float64], rate: int, frequency: int) -> float:
    """Amplitude at a frequency in the second after the first."""
    window = sound[rate : 2 * rate]
    times = np.arange(rate) / rate
    return float(abs(np.mean(window * np.exp(-2j * np.pi * frequency * times))) * 2)


def test_a_riff_has_the_44_byte_header_and_the_very_samples() -> None:
    pcm = _tone()
    file = _file(RIFF, pcm)
    assert len(file) == 44 + len(pcm)
    with wave.open(io.BytesIO(file)) as read:
        assert read.getparams()[:4] == (1, 2, 24_000, 24_000 * SECONDS)
        assert read.readframes(10**9) == pcm


@pytest.mark.parametrize("name", MP3)
@pytest.mark.parametrize("samples", [1, 575, 576, 577, 72_000])
def test_an_mp3_tells_its_true_length_first(name: str, samples: int) -> None:
    """How many frames and bytes follow, and what of them is sound: so says the tag, and LAME must agree."""
    file = _file(name, _tone()[: samples * 2])
    tag = file.index(b"Info")
    _, frames, size = struct.unpack(">III", file[tag + 4 : tag + 16])
    delay, padding = divmod(int.from_bytes(file[tag + 37 : tag + 40], "big"), 4096)
    rate = FORMATS[name].rate
    frame_samples = 1152 if rate == 48_000 else 576
    assert size == len(file)
    assert (frames + 1) * (size // (frames + 1)) == size
    assert frames * frame_samples - delay - padding == round(samples * rate / 24_000)
    if samples == 72_000:
        sound, _, _ = _decoded(file)
        assert len(sound) == SECONDS * rate
        assert _level(sound, rate, FREQUENCY) == pytest.approx(12_000 / 32_768, rel=0.1)


@pytest.mark.parametrize(("law", "codec"), [("alaw", "pcm_alaw"), ("mulaw", "pcm_mulaw")])
def test_g711_is_as_near_to_the_sound_as_ffmpegs(law: str, codec: str) -> None:
    """Every sample that there is, coded by us and by FFmpeg: no level is nearer than ours."""
    every = np.arange(-(2**15), 2**15, dtype="<i2")
    ours = _file(f"raw-8khz-8bit-mono-{law}", every.tobytes(), 8_000)
    frame = av.AudioFrame.from_ndarray(every[None, :], "s16", "mono")
    frame.sample_rate = 8_000
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 8_000, "mono", "s16"
    theirs = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    assert np.all(abs(_levels(ours, codec) - every) <= abs(_levels(theirs, codec) - every))


def _levels(codes: bytes, codec: str) -> NDArray[np.int64]:
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout = 8_000, "mono"
    return np.concatenate([f.to_ndarray().ravel() for f in decoder.decode(av.Packet(codes))]).astype(np.int64)


@pytest.mark.parametrize(("law", "tag"), [("alaw", 6), ("mulaw", 7)])
def test_g711_in_a_riff_has_a_fact_chunk_and_an_even_length(law: str, tag: int) -> None:
    file = _file(f"riff-8khz-8bit-mono-{law}", bytes(2 * 101), 8_000)
    assert struct.unpack("<4sI4s4sIHHIIHHH", file[:38]) == (
        *(b"RIFF", len(file) - 8, b"WAVE", b"fmt ", 18),
        *(tag, 1, 8_000, 8_000, 1, 8, 0),
    )
    assert struct.unpack("<4sII4sI", file[38:58]) == (b"fact", 4, 101, b"data", 101)
    assert len(file) == 58 + 101 + 1


def test_resampling_folds_nothing_back() -> None:
    """9 kHz does not exist at 16 kHz, and must not come back as 7 kHz."""
    sound, rate, _ = _decoded(_file("audio-16khz-128kbitrate-mono-mp3", _tone(9_000)))
    assert _level(sound, rate, 7_000) < 0.001


@pytest.mark.parametrize("rate", [22_050, 16_000, 48_000])
def test_an_engine_of_another_rate_gives_the_same_duration(rate: int) -> None:
    file = _file(RIFF, _tone(rate=rate), rate)
    assert len(file) == 44 + 2 * 24_000 * SECONDS
    sound, _, _ = _decoded(file)
    assert _level(sound / 32_768, 24_000, FREQUENCY) == pytest.approx(12_000 / 32_768, rel=0.02)


@given(st.lists(st.binary(max_size=60_000), max_size=6), st.sampled_from([RIFF, MP3[0], MP3[3]]))
def test_how_the_sound_is_cut_changes_nothing(chunks: list[bytes], name: str) -> None:
    chunks = [_tone()[:12_000], *chunks]  # LAME leaves bytes to chance where all the sound is less than a frame
    whole = b"".join(chunks)
    if len(whole) % 2:
        chunks, whole = [*chunks, b"\0"], whole + b"\0"
    file = b"".join(encode(name, chunks, sample_rate=24_000, samples=len(whole) // 2))
    assert file == _file(name, whole)


HEADS = {
    "wav": b"RIFF",
    "ogg": b"OggS",
    "opus": b"OggS",
    "webm": b"\x1aE\xdf\xa3",
    "amr": b"#!AMR-WB\n",
    "silk": b"#!SILK_V3",
}
"""How a file begins, by its extension; the others hold nothing but sound."""


@pytest.mark.parametrize("name", sorted(ENCODABLE))
def test_no_sound_is_a_file_all_the_same(name: str) -> None:
    file, head = _file(name, b""), HEADS.get(FORMATS[name].extension)
    assert file.startswith(head) if head else file == b""


@pytest.mark.parametrize("samples", [71_999, 72_001])
@pytest.mark.parametrize("name", [RIFF, "audio-16khz-32kbitrate-mono-mp3"])
def test_a_wrong_number_of_samples_is_an_error(name: str, samples: int) -> None:
    with pytest.raises(ValueError, match="not the"):
        list(encode(name, [_tone()], sample_rate=24_000, samples=samples))


def test_a_riff_beyond_four_gigabytes_is_refused_at_once() -> None:
    def unread() -> Iterator[bytes]:
        raise AssertionError("read")
        yield b""

    with pytest.raises(InputError, match=r"lasts 24\.9 hours") as caught:
        next(encode(RIFF, unread(), sample_rate=24_000, samples=2**31 - 22))
    assert "MP3" in caught.value.remedy
    with pytest.raises(AssertionError, match="read"):
        list(encode(RIFF, unread(), sample_rate=24_000, samples=2**31 - 23))
