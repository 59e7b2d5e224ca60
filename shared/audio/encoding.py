"""Encodes a stream of PCM into one file of a named format, about a second at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.audio.families import FAMILIES
from shared.audio.stream import BLOCK_BYTES, counted, pieces, resample, resampled
from shared.audio.waves import header_bytes
from shared.batchapi.formats import FORMATS


def encode(
    format_name: str, chunks: Iterable[bytes], *, sample_rate: int, samples: int, quick: bool = False
) -> Iterator[bytes]:
    """Yields the file of `format_name` made of `chunks`, which hold exactly `samples` samples in all.

    `quick`: with less care than there is time for in a shorter sound, where the codec knows such a way.

    Raises InputError before the first byte where the file would pass the format's largest size, KeyError for a
    format that is not the API's, ImportError or OSError for one that is not in ENCODABLE, ValueError where `chunks`
    hold more or less than `samples`.
    """
    audio = FORMATS[format_name]
    length = resampled(samples, sample_rate, audio.rate)
    blocks = counted(pieces(chunks, BLOCK_BYTES), samples)
    if sample_rate != audio.rate:
        blocks = resample(blocks, sample_rate, audio.rate, length)
    family = FAMILIES[audio.codec]
    made = family.quick if quick and family.quick else family.encode
    yield from made(audio, blocks, length)


def speed(format_name: str, *, quick: bool = False) -> int:
    """Seconds of sound that `encode` makes into a file in one, to be relied on."""
    family = FAMILIES[FORMATS[format_name].codec]
    return family.quick_speed if quick and family.quick else family.speed


def duration_ms(samples: int, sample_rate: int) -> int:
    """Whole milliseconds of sound in `samples`."""
    return samples * 1000 // sample_rate


def payload_bytes(format_name: str, file_bytes: int) -> int:
    """`sizeInBytes` of a file: its size without a RIFF header (the published example counts 120000 bytes for 2.5 s)."""
    return file_bytes - header_bytes(FORMATS[format_name])
