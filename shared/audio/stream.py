"""PCM on its way to a codec: cut into blocks, counted, and brought to the file's rate.

Other rates come from `soxr`: LAME's own resampler mirrors 9 kHz to 7 kHz only 22 dB down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

SAMPLE_BYTES = 2
BLOCK_BYTES = 48_000
"""PCM handed to a codec at a time: one second at 24 kHz."""


def resampled(samples: int, source: int, target: int) -> int:
    """Samples at the rate `target` that last as long as `samples` at the rate `source`."""
    return (samples * target + source // 2) // source


def pieces(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the last one shorter; nothing for nothing."""
    held = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            room = size - len(held)
            held += view[:room]
            view = view[room:]
            if len(held) == size:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def frames(blocks: Iterable[bytes], samples: int) -> Iterator[bytes]:
    """The same sound in frames of exactly `samples` samples, the last one filled up with silence."""
    size = samples * SAMPLE_BYTES
    return (piece.ljust(size, b"\0") for piece in pieces(blocks, size))


def counted(blocks: Iterable[bytes], samples: int) -> Iterator[bytes]:
    """`blocks` as they are. Raises ValueError at their end unless they held exactly `samples` samples."""
    found = 0
    for block in blocks:
        found += len(block)
        yield block
    if found != samples * SAMPLE_BYTES:
        raise ValueError(f"the sound has {found} bytes, not the {samples * SAMPLE_BYTES} of {samples} samples")


def resample(blocks: Iterable[bytes], source: int, target: int, length: int) -> Iterator[bytes]:
    """`blocks` at another rate, cut or padded to exactly `length` samples (soxr may give a few more or less).

    No block is empty.
    """
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(source, target, 1, dtype="int16", quality="HQ")
    missing = length * SAMPLE_BYTES
    for block in chain(blocks, (b"",)):
        given = stream.resample_chunk(np.frombuffer(block, dtype="<i2"), last=not block).tobytes()[:missing]
        missing -= len(given)
        if given:
            yield given
    if missing:
        yield bytes(missing)
