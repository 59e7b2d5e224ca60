"""Encodes a stream of PCM into one file of a named format, about a second at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.audio.families import FAMILIES
from shared.audio.stream import BLOCK_BYTES, counted, pieces, resample, resampled
from shared.audio.waves import header_bytes
from shared.batchapi.formats import FORMATS


def encode(format_name: str, chunks: Iterable[bytes], *, sample_rate: int, samples: int) -> Iterator[bytes]:
    """Yields the file of `format_name` made of `chunks`, which hold exactly `samples` samples in all.

    Raises InputError before the first byte where the file would pass the format's largest size, KeyError for a
    format that is not the API's, ImportError or OSError for one that is not in ENCODABLE, ValueError where `chunks`
    hold more or less than `samples`.
    """
    audio = FORMATS[format_name]
    length = resampled(samples, sample_rate, audio.rate)
    blocks = counted(pieces(chunks, BLOCK_BYTES), samples)
    if sample_rate != audio.rate:
        blocks = resample(blocks, sample_rate, audio.rate, length)
    yield from FAMILIES[audio.codec].encode(audio, blocks, length)


def duration_ms(samples: int, sample_rate: int) -> int:
    """Whole milliseconds of sound in `samples`."""
    return samples * 1000 // sample_rate


def payload_bytes(format_name: str, file_bytes: int) -> int:
    """`sizeInBytes` of a file: its size without a RIFF header (the published example counts 120000 bytes for 2.5 s)."""
    return file_bytes - header_bytes(FORMATS[format_name])
