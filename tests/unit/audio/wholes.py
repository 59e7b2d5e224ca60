"""Files to be joined, and the whole that comes of them, as its writer lays it down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray

from shared.audio import encode
from shared.audio.join import Combined
from shared.audio.source import Source
from shared.audio.tags import Tags
from shared.batchapi.formats import FORMATS
from tests.unit.audio.decoding import SOURCE_RATE

TAGS = Tags(title="Die Gezeiten – eine Übersicht", author="Zoë")


def tone(seconds: float, hertz: float) -> NDArray[np.int16]:
    """A tone that begins and ends at full strength, so that its edges are seen in what is decoded."""
    times = np.arange(round(seconds * SOURCE_RATE)) / SOURCE_RATE
    sound: NDArray[np.int16] = (np.sin(2 * np.pi * hertz * times) * 12_000).astype(np.int16)
    return sound


@cache
def encoded(name: str, seconds: float, hertz: float) -> bytes:
    pcm = tone(seconds, hertz)
    return b"".join(encode(name, [pcm.tobytes()], sample_rate=SOURCE_RATE, samples=len(pcm)))


def image(kind: str, size: int = 16) -> bytes:
    """A black square, `jpeg` or `png`."""
    codec = {"jpeg": "mjpeg", "png": "png"}[kind]
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width = context.height = size
    context.pix_fmt = {"jpeg": "yuvj420p", "png": "rgb24"}[kind]
    context.time_base = Fraction(1, 25)
    frame = av.VideoFrame(size, size, context.pix_fmt)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def source_of(data: bytes, name: str = "0001") -> Source:
    return Source(name=name, size=len(data), read=lambda offset, length: data[offset : offset + length])


def sources_of(files: Iterable[bytes]) -> list[Source]:
    return [source_of(data, f"{number:04d}") for number, data in enumerate(files, 1)]


def joined(name: str, files: Sequence[bytes], tags: Tags = TAGS) -> tuple[bytes, Combined]:
    whole = Combined(FORMATS[name], sources_of(files), tags)
    rest = b"".join(whole.chunks())
    return whole.head() + rest, whole
