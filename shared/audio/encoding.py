"""Encodes a stream of PCM into one file of a named format, about a second at a time.

MP3 comes from LAME through `lameenc` (some five times faster than FFmpeg's way to the same library). Other rates come
from `soxr`: LAME's own resampler mirrors 9 kHz to 7 kHz only 22 dB down, and `av`, whose would do, is 100 MB.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from shared.audio.formats import FORMATS, RIFF_HEADER_BYTES, AudioFormat, Codec
from shared.errors import InputError

SAMPLE_BYTES = 2
BLOCK_BYTES = 48_000
"""PCM handed to a codec at a time: one second at 24 kHz."""
LARGEST_RIFF = 2**32 - 1
LAME_QUALITY = 5
"""LAME's scale from 0 (best) to 9. From 7 on it is up to twice as fast, as it no longer shapes its noise."""


def encode(format_name: str, chunks: Iterable[bytes], *, sample_rate: int, samples: int) -> Iterator[bytes]:
    """Yields the file of `format_name` made of `chunks`, which hold exactly `samples` samples in all.

    Raises InputError before the first byte where the file would pass the format's largest size, KeyError for a
    format that is not in ENCODABLE, ValueError where `chunks` hold more or less than `samples`.
    """
    audio = FORMATS[format_name]
    length = _resampled(samples, sample_rate, audio.rate)
    blocks = _counted(_blocks(chunks), samples)
    if sample_rate != audio.rate:
        blocks = _resample(blocks, sample_rate, audio.rate, length)
    yield from _CODECS[audio.codec](audio, blocks, length)


def _resampled(samples: int, source: int, target: int) -> int:
    """Samples at the rate `target` that last as long as `samples` at the rate `source`."""
    return (samples * target + source // 2) // source


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of BLOCK_BYTES, the last one shorter."""
    held = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            room = BLOCK_BYTES - len(held)
            held += view[:room]
            view = view[room:]
            if len(held) == BLOCK_BYTES:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def _counted(blocks: Iterable[bytes], samples: int) -> Iterator[bytes]:
    counted = 0
    for block in blocks:
        counted += len(block)
        yield block
    if counted != samples * SAMPLE_BYTES:
        raise ValueError(f"the sound has {counted} bytes, not the {samples * SAMPLE_BYTES} of {samples} samples")


def _resample(blocks: Iterable[bytes], source: int, target: int, length: int) -> Iterator[bytes]:
    """`blocks` at another rate, cut or padded to exactly `length` samples (soxr may give a few more or less)."""
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(source, target, 1, dtype="int16", quality="HQ")
    missing = length * SAMPLE_BYTES
    for block in chain(blocks, (b"",)):
        given = stream.resample_chunk(np.frombuffer(block, dtype="<i2"), last=not block).tobytes()[:missing]
        missing -= len(given)
        yield given
    yield bytes(missing)


def _riff(audio: AudioFormat, blocks: Iterable[bytes], length: int) -> Iterator[bytes]:
    data_bytes = length * SAMPLE_BYTES
    if data_bytes + RIFF_HEADER_BYTES > LARGEST_RIFF:
        hours = length / audio.rate / 3600
        raise InputError(
            f"its speech lasts {hours:.1f} hours, and a RIFF file holds at most 4 GiB",
            remedy="Choose an MP3 format, or divide the text into several inputs.",
        )
    yield _riff_header(audio.rate, data_bytes)
    yield from blocks


def _riff_header(rate: int, data_bytes: int) -> bytes:
    """RIFF, a 16 byte `fmt ` chunk (PCM, mono, 16 bit) and the head of the `data` chunk."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        data_bytes + RIFF_HEADER_BYTES - 8,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        rate * SAMPLE_BYTES,
        SAMPLE_BYTES,
        8 * SAMPLE_BYTES,
        b"data",
        data_bytes,
    )


def _mp3(audio: AudioFormat, blocks: Iterable[bytes], length: int) -> Iterator[bytes]:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(audio.rate)
    encoder.set_out_sample_rate(audio.rate)
    encoder.set_bit_rate(audio.kilobits)
    encoder.set_quality(LAME_QUALITY)
    for block in blocks:
        yield bytes(encoder.encode(block))
    if length:
        yield bytes(encoder.flush())


_CODECS: Mapping[Codec, Callable[[AudioFormat, Iterable[bytes], int], Iterator[bytes]]] = {
    Codec.RIFF_PCM: _riff,
    Codec.MP3: _mp3,
}
