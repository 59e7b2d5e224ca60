"""What is done to PCM (mono, signed 16 bit little endian) besides encoding it: pitch, pace, ends, reading recordings.

Pitch and pace go through FFmpeg's filters in `av`: its `atempo` keeps the pitch as it changes the pace, and a sound
played faster and then stretched to its old length is higher. `numpy` and `av` are imported when they are needed.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from shared.errors import InputError

SAMPLE_BYTES = 2
FULL_SCALE = 32_767
FRAME_SECONDS = 0.01
"""Looked at together for the ends of a sound."""
THRESHOLD = 131
"""Amplitude below which nothing is heard of a voice at full volume: -48 dB."""
MARGIN_SECONDS = 0.02
"""Kept before the first and after the last audible frame: a consonant begins softly."""


def changed(pcm: bytes, *, sample_rate: int, pitch: float = 1.0, pace: float = 1.0) -> bytes:
    """At `pitch` times the pitch and `pace` times the pace, each from 0.5 to 2."""
    if not pcm or pitch == pace == 1:
        return pcm
    length = round(len(pcm) // SAMPLE_BYTES / pace) * SAMPLE_BYTES
    filters = {"asetrate": round(sample_rate * pitch), "atempo": pace / pitch, "aresample": sample_rate}
    # A filter gives a few samples more or less.
    return _filtered(pcm, sample_rate, filters)[:length].ljust(length, b"\0")


def _filtered(pcm: bytes, sample_rate: int, filters: Mapping[str, float]) -> bytes:
    import av
    import numpy as np

    graph = av.filter.Graph()
    nodes = [
        graph.add_abuffer(sample_rate=sample_rate, format="s16", layout="mono", time_base=Fraction(1, sample_rate)),
        *(graph.add(name, str(value)) for name, value in filters.items()),
        graph.add("aformat", "sample_fmts=s16:channel_layouts=mono"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2")[None], format="s16", layout="mono")
    frame.sample_rate = sample_rate
    graph.push(frame)
    graph.push(None)
    return b"".join(_pulled(graph))


def _pulled(graph: Any) -> Iterator[bytes]:
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.error.EOFError, av.error.BlockingIOError):
            return
        yield frame.to_ndarray().tobytes()


def audible(pcm: bytes, *, sample_rate: int, volume: float = 1.0) -> tuple[int, int] | None:
    """The samples from which and up to which a voice at `volume` is heard, a margin included; None: nowhere."""
    import numpy as np

    size = round(sample_rate * FRAME_SECONDS)
    samples = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    frames = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size).max(axis=1, initial=0)
    heard = np.flatnonzero(frames > max(1, THRESHOLD * volume))
    if not len(heard):
        return None
    margin = round(sample_rate * MARGIN_SECONDS)
    first, last = int(heard[0]) * size - margin, (int(heard[-1]) + 1) * size + margin
    return max(first, 0), min(last, len(samples))


def silence(milliseconds: int, *, sample_rate: int) -> bytes:
    return bytes(milliseconds * sample_rate // 1000 * SAMPLE_BYTES)


_ONLY_FILES = {"format_whitelist": "mp3,wav,ogg,flac,asf,mov,matroska,aac", "protocol_whitelist": "none"}
"""Of all that FFmpeg reads, what is one file with sound in it: a description of a session, or a list of others, would
have it open sockets and files by a stranger's word."""
_LEAST_RATE = 4_000
"""Of a recording, per second. A frame of 65,535 samples at 1 Hz would become 3 GB."""


def decode(recording: bytes, *, sample_rate: int, seconds: float) -> bytes:
    """The first `seconds` of a recording, whose format is found by its content. Raises InputError: it is none."""
    import av

    found = bytearray()
    most = round(seconds * sample_rate) * SAMPLE_BYTES
    try:
        with av.open(io.BytesIO(recording), mode="r", options=_ONLY_FILES) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=sample_rate)
            for frame in container.decode(audio=0):
                if frame.sample_rate < _LEAST_RATE:
                    raise ValueError(f"{frame.sample_rate} samples a second")
                for part in resampler.resample(frame):
                    found += part.to_ndarray().tobytes()
                if len(found) >= most:
                    break
            else:
                for part in resampler.resample(None):
                    found += part.to_ndarray().tobytes()
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise InputError("a recording cannot be decoded", remedy="Use MP3, WAV, Opus, FLAC or WMA.") from error
    return bytes(found[:most])


def mixed(
    chunks: Iterable[bytes],
    behind: bytes,
    *,
    samples: int,
    sample_rate: int,
    volume: float,
    fade_in: int,
    fade_out: int,
) -> Iterator[bytes]:
    """`chunks`, of `samples` in all, with `behind` again and again behind them; it fades by so many milliseconds."""
    import numpy as np

    recording = np.frombuffer(behind, "<i2")
    starts, ends = max(fade_in * sample_rate // 1000, 1), max(fade_out * sample_rate // 1000, 1)
    place, odd = 0, b""
    for chunk in chunks:
        whole = odd + chunk
        odd = whole[len(whole) // SAMPLE_BYTES * SAMPLE_BYTES :]
        speech = np.frombuffer(whole, "<i2", count=len(whole) // SAMPLE_BYTES).astype(np.float32)
        times = np.arange(place, place + len(speech))
        loudness = np.clip(np.minimum((times + 1) / starts, (samples - times) / ends), 0, 1)
        speech += recording[times % len(recording)] * (loudness * volume)
        place += len(speech)
        yield np.clip(speech, -FULL_SCALE, FULL_SCALE).astype("<i2").tobytes()
    yield odd
