"""Decodes files of every output format with other code than encodes them, and compares them with what went in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from shared.batchapi.formats import FORMATS, OutputFormat

SOURCE_RATE = 24_000
COMPARED_RATE = 8_000
"""Sounds are compared at the lowest rate of all formats."""
LONGEST_LAG = 0.1
"""Seconds."""
OPUS_HEAD_RATE = slice(12, 16)
"""Where an Opus header tells the encoder's input rate (RFC 7845, 5.1); decoders always give 48 kHz."""

_DEMUXERS: Mapping[tuple[str, str], str] = {
    ("pcm", ""): "s16le",
    ("alaw", ""): "alaw",
    ("mulaw", ""): "mulaw",
    ("g722", ""): "g722",
    ("mp3", ""): "mp3",
}
"""FFmpeg's names for files that do not say what they are, or are too short for it to be sure."""
_TELL_NOTHING = {"s16le", "alaw", "mulaw"}
CODECS: Mapping[str, str] = {
    "pcm": "pcm_s16le",
    "alaw": "pcm_alaw",
    "mulaw": "pcm_mulaw",
    "mp3": "mp3float",
    "opus": "opus",
    "g722": "g722",
    "amr-wb": "amrwb",
    "truesilk": "silk",
}
"""By the API's codec, what is to be found in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    codec: str
    rate: int
    """Samples per second as the file tells; of a file that tells nothing, the format's."""
    channels: int
    seconds: float
    sound: NDArray[np.float64]
    """At COMPARED_RATE; full scale is 1."""


def source(seconds: float) -> NDArray[np.int16]:
    """Two tones that swell four times a second, a gliding one, and noise 30 dB below; at SOURCE_RATE."""
    times = np.arange(round(seconds * SOURCE_RATE)) / SOURCE_RATE
    tones = np.sin(2 * np.pi * 440 * times) + np.sin(2 * np.pi * 880 * times)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * times)
    glide = np.sin(2 * np.pi * (300 * times + 200 * (times % 3) ** 2))
    noise = np.random.default_rng(0).normal(0, 0.05, times.size)
    sound: NDArray[np.int16] = ((swell * tones + glide + noise) * 7_000).astype(np.int16)
    return sound


def decode(name: str, file: bytes) -> Decoded:
    audio = FORMATS[name]
    return _silk(audio, file) if audio.codec == "truesilk" else _ffmpeg(audio, file)


def _ffmpeg(audio: OutputFormat, file: bytes) -> Decoded:
    demuxer = _DEMUXERS.get((audio.codec, audio.container))
    options = {"sample_rate": str(audio.rate), "ch_layout": "mono"} if demuxer in _TELL_NOTHING else {}
    with av.open(io.BytesIO(file), "r", format=demuxer, options=options) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray().ravel() for frame in container.decode(stream)]
        sound = np.concatenate([_scaled(frame) for frame in frames])
        head = stream.codec_context.extradata
        told = int.from_bytes(head[OPUS_HEAD_RATE], "little") if audio.codec == "opus" and head else stream.rate
        return Decoded(
            codec=stream.codec_context.name,
            rate=told,
            channels=stream.codec_context.layout.nb_channels,
            seconds=len(sound) / stream.rate,
            sound=soxr.resample(sound, stream.rate, COMPARED_RATE),
        )


def _silk(audio: OutputFormat, file: bytes) -> Decoded:
    import pysilk

    pcm = io.BytesIO()
    pysilk.decode(io.BytesIO(file), pcm, audio.rate)
    sound = _scaled(np.frombuffer(pcm.getvalue(), dtype="<i2"))
    compared = soxr.resample(sound, audio.rate, COMPARED_RATE)
    return Decoded(codec="silk", rate=audio.rate, channels=1, seconds=len(sound) / audio.rate, sound=compared)


def _scaled(samples: NDArray[Any]) -> NDArray[np.float64]:
    return samples.astype(float) / (2**15 if samples.dtype.kind == "i" else 1)


def correlation(decoded: Decoded, pcm: NDArray[np.int16]) -> tuple[float, float]:
    """How alike the sounds are, at most 1, and how many milliseconds the decoded one is late where they are most so."""
    original = soxr.resample(_scaled(pcm), SOURCE_RATE, COMPARED_RATE)
    size = len(original) + len(decoded.sound)
    spectra = np.fft.rfft(decoded.sound, size) * np.conj(np.fft.rfft(original, size))
    most = round(LONGEST_LAG * COMPARED_RATE)
    by_lag = np.roll(np.fft.irfft(spectra, size), most)[: 2 * most + 1]
    best = int(np.argmax(by_lag))
    alike = by_lag[best] / np.linalg.norm(original) / np.linalg.norm(decoded.sound)
    return float(alike), (best - most) * 1000 / COMPARED_RATE
