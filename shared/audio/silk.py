"""SILK by Skype's own encoder, which the package silk-python brings.

Its function `encode` works from file to file and gives nothing before the end; so the encoder below it is called, a
packet of 20 ms at a time. The file is the SILK SDK's: a magic, then packets, each with its length before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from shared.audio.stream import frames
from shared.batchapi.formats import OutputFormat

MAGIC = b"#!SILK_V3"
_BITRATES = {16_000: 24_000, 24_000: 36_000}
"""Mean bits per second, by rate: near the most that SILK takes up."""
BEST_COMPLEXITY, LEAST_COMPLEXITY = 2, 0
_LARGEST_PACKET = 1250


def encode(
    audio: OutputFormat, blocks: Iterator[bytes], samples: int, *, complexity: int = BEST_COMPLEXITY
) -> Iterator[bytes]:
    from pysilk.backends.cffi._silk import ffi, lib

    packet_samples = audio.rate // 50
    control = ffi.new("SKP_SILK_SDK_EncControlStruct *")
    control.API_sampleRate = control.maxInternalSampleRate = audio.rate
    control.packetSize = packet_samples
    control.bitRate = _BITRATES[audio.rate]
    control.complexity = complexity
    size, length = ffi.new("int32_t *"), ffi.new("int16_t *")
    _check(lib.SKP_Silk_SDK_Get_Encoder_Size(size))
    encoder, packet = ffi.new("uint8_t[]", size[0]), ffi.new("uint8_t[]", _LARGEST_PACKET)
    _check(lib.SKP_Silk_SDK_InitEncoder(encoder, ffi.new("SKP_SILK_SDK_EncControlStruct *")))
    yield MAGIC
    for frame in frames(blocks, packet_samples):
        length[0] = _LARGEST_PACKET
        pcm = ffi.from_buffer("int16_t[]", frame)
        _check(lib.SKP_Silk_SDK_Encode(encoder, control, pcm, packet_samples, packet, length))
        yield struct.pack("<h", length[0]) + bytes(ffi.buffer(packet, length[0]))


def _check(code: int) -> None:
    if code:
        raise ValueError(f"the SILK encoder answers {code}")
