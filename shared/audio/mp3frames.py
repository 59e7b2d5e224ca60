"""MPEG audio, Layer III, as frames: the headers that they begin with, and the `Info` frame that tells a file's length.

The tag within that frame, with LAME's extension, is described at http://gabriel.mp3-tech.org/mp3infotag.html.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

HEADER_BYTES = 4
DECODER_DELAY = 529
"""Samples by which every decoder is late, besides the encoder's own delay."""
_KBITS: Mapping[bool, tuple[int, ...]] = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By whether it is MPEG-1; the index in a header is one more."""
_RATES = (44_100, 48_000, 32_000)
_RATE_DIVISORS: Mapping[int, int] = {3: 1, 2: 2, 0: 4}
"""By a header's version bits: MPEG-1, MPEG-2, MPEG-2.5."""
_MONO = 3
_TAG = struct.Struct(">4sIII")
_LAME_BYTES = 36
_HAS_FRAMES_AND_BYTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    bytes: int
    """Header included."""
    samples: int
    rate: int
    """Samples per second."""
    kbits: int
    side_bytes: int
    """Between the header and the place where an `Info` tag may be."""


@cache
def frame(header: bytes) -> Frame | None:
    """What a frame's four first bytes say of it; None: they begin no frame of Layer III."""
    first, second, third, fourth = header
    version, bits, rate = second >> 3 & 3, third >> 4, third >> 2 & 3
    is_layer_3 = first == 0xFF and second >> 5 == 7 and second >> 1 & 3 == 1
    if not is_layer_3 or version not in _RATE_DIVISORS or bits in (0, 15) or rate == 3:
        return None
    mpeg_1, mono = version == 3, fourth >> 6 == _MONO
    kbits, samples_per_second = _KBITS[mpeg_1][bits - 1], _RATES[rate] // _RATE_DIVISORS[version]
    samples = 1152 if mpeg_1 else 576
    side_bytes = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}[mpeg_1, mono]
    size = samples // 8 * kbits * 1000 // samples_per_second + (third >> 1 & 1)
    return Frame(bytes=size, samples=samples, rate=samples_per_second, kbits=kbits, side_bytes=side_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Samples that the encoder put around the sound, as LAME's extension tells them."""

    before: int
    after: int


def info_frame(header: bytes, *, frames: int, sound_bytes: int, silence: Silence | None) -> bytes:
    """A frame without sound that tells how many follow, in how many bytes; b"" where such a frame has no room for it.

    `header` is that of any frame of the file: at a constant bit rate all are alike.
    """
    shape = frame(header)
    assert shape, "it was read from a frame"
    file_bytes = sound_bytes + shape.bytes
    told = _TAG.pack(b"Info", _HAS_FRAMES_AND_BYTES, frames, file_bytes)
    if silence:
        constant, unknown = 1, 0
        told += struct.pack(">9sBBII", b"LAME3.100", constant, *[unknown] * 3)
        told += struct.pack(">BB", unknown, shape.kbits & 255) + (silence.before << 12 | silence.after).to_bytes(
            3, "big"
        )
        told += struct.pack(">BBHIHH", *[unknown] * 3, file_bytes, *[unknown] * 2)
    whole = header + bytes(shape.side_bytes) + told
    return whole.ljust(shape.bytes, b"\0") if len(whole) <= shape.bytes else b""


def read_info(data: bytes) -> tuple[bool, Silence | None]:
    """Of a file's first frame: whether it is an `Info` frame, without sound; and what it tells of silence."""
    shape = frame(data[:HEADER_BYTES])
    assert shape, "it was read from a frame"
    tag = data[HEADER_BYTES + shape.side_bytes :]
    if tag[:4] not in (b"Info", b"Xing"):
        return False, None
    flags = int.from_bytes(tag[4:8], "big")
    counts, table, quality = 4 * (flags & 1) + 4 * (flags >> 1 & 1), 100 * (flags >> 2 & 1), 4 * (flags >> 3 & 1)
    lame = tag[8 + counts + table + quality :][:_LAME_BYTES]
    if not lame[:4].strip(b"\0"):
        return True, None
    told = int.from_bytes(lame[21:24], "big")
    return True, Silence(before=told >> 12, after=told & 0xFFF)
