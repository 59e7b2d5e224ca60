"""Files that decode again to what went in."""

from __future__ import annotations

import io
import tracemalloc
import wave
from collections.abc import Iterable, Iterator

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shared.audio import ENCODABLE, encode
from shared.errors import InputError

RIFF = "riff-24khz-16bit-mono-pcm"
MP3 = sorted(ENCODABLE - {RIFF})
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
def test_an_mp3_has_the_rate_bit_rate_and_duration_of_its_name(name: str) -> None:
    _, rate, bit_rate, *_ = name.split("-")
    sound, decoded_rate, decoded_bit_rate = _decoded(_file(name, _tone()))
    assert decoded_rate == int(rate.removesuffix("khz")) * 1000
    assert decoded_bit_rate == int(bit_rate.removesuffix("kbitrate")) * 1000
    assert len(sound) / decoded_rate == pytest.approx(SECONDS, abs=0.12)
    assert _level(sound, decoded_rate, FREQUENCY) == pytest.approx(12_000 / 32_768, rel=0.1)


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


@pytest.mark.parametrize("name", sorted(ENCODABLE))
def test_no_sound_is_a_file_all_the_same(name: str) -> None:
    assert len(_file(name, b"")) == (44 if name == RIFF else 0)


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


def _long(chunk: bytes, count: int) -> Iterable[bytes]:
    return (chunk for _ in range(count))


@pytest.mark.parametrize("name", [RIFF, "audio-48khz-96kbitrate-mono-mp3"])
def test_memory_stays_bounded(name: str) -> None:
    _file(name, _tone(seconds=1))
    chunk = _tone(seconds=10)
    tracemalloc.start()
    try:
        for _ in encode(name, _long(chunk, 12), sample_rate=24_000, samples=12 * len(chunk) // 2):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
