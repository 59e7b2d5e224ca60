"""PCM and G.711, bare or in a RIFF file: the formats whose bytes follow sample by sample."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from shared.audio.stream import SAMPLE_BYTES
from shared.batchapi.formats import OutputFormat
from shared.errors import InputError

LARGEST_RIFF = 2**32 - 1
TAGS = {"pcm": 1, "alaw": 6, "mulaw": 7}
"""WAVE_FORMAT_* of the `fmt ` chunk, and which codecs are of this module."""


def encode(audio: OutputFormat, blocks: Iterator[bytes], samples: int) -> Iterator[bytes]:
    """Raises InputError before the first byte where a RIFF file would pass 4 GiB."""
    law = _LEVELS.get(audio.codec)
    data = (_companded(audio.codec, block) for block in blocks) if law else blocks
    return _riff(audio, data, samples) if audio.container == "riff" else data


def header_bytes(audio: OutputFormat) -> int:
    """Bytes before the first sample."""
    return len(header(audio, 0)) if audio.container == "riff" else 0


def _sample_bytes(audio: OutputFormat) -> int:
    return 1 if audio.codec in _LEVELS else SAMPLE_BYTES


def _riff(audio: OutputFormat, data: Iterator[bytes], samples: int) -> Iterator[bytes]:
    if samples * _sample_bytes(audio) + header_bytes(audio) > LARGEST_RIFF:
        raise InputError(
            f"its speech lasts {samples / audio.rate / 3600:.1f} hours, and a RIFF file holds at most 4 GiB",
            remedy="Choose an MP3 format, or divide the text into several inputs.",
        )
    yield header(audio, samples)
    yield from data
    yield bytes(samples * _sample_bytes(audio) % 2)  # chunks of a RIFF file begin at even places


def header(audio: OutputFormat, samples: int, *, more: int = 0) -> bytes:
    """RIFF, the `fmt ` chunk and the head of the `data` chunk: 44 bytes for PCM. G.711 has a `fact` chunk besides.

    `more` bytes of other chunks follow the samples.
    """
    width = _sample_bytes(audio)
    form = struct.pack("<HHIIHH", TAGS[audio.codec], 1, audio.rate, audio.rate * width, width, 8 * width)
    fact = b""
    if audio.codec != "pcm":
        form += struct.pack("<H", 0)
        fact = struct.pack("<4sII", b"fact", 4, samples)
    data_bytes = samples * width
    head = b"WAVE" + struct.pack("<4sI", b"fmt ", len(form)) + form + fact + struct.pack("<4sI", b"data", data_bytes)
    return struct.pack("<4sI", b"RIFF", len(head) + data_bytes + data_bytes % 2 + more) + head


def _companded(law: str, block: bytes) -> bytes:
    import numpy as np

    return bytes(_table(law)[np.frombuffer(block, dtype="<u2")].tobytes())


@cache
def _table(law: str) -> Any:
    """The code of each of the 65,536 samples, as an unsigned number: the code whose level is nearest."""
    import numpy as np

    codes = np.arange(255, -1, -1)  # from above, as zero is 0xFF in µ-law, and 0x7F is minus nothing
    levels, first = np.unique([_LEVELS[law](int(code)) for code in codes], return_index=True)
    samples = np.arange(2**16, dtype="<u2").view("<i2")
    nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, samples)
    return codes[first][nearest].astype(np.uint8)


def _alaw_level(code: int) -> int:
    """The sample that an A-law byte stands for (ITU-T G.711, table 1, at 16 bits)."""
    code ^= 0x55
    segment, step = code >> 4 & 7, (code & 15) * 16 + 8
    level = step if segment == 0 else step + 256 << segment - 1
    return level if code & 0x80 else -level


def _mulaw_level(code: int) -> int:
    """The sample that a µ-law byte stands for (ITU-T G.711, table 2, at 16 bits)."""
    code ^= 0xFF
    level = ((code & 15) * 8 + 132 << (code >> 4 & 7)) - 132
    return -level if code & 0x80 else level


_LEVELS: Mapping[str, Callable[[int], int]] = {"alaw": _alaw_level, "mulaw": _mulaw_level}
