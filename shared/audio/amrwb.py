"""AMR-WB by VisualOn's encoder, a library of the system (Debian: libvo-amrwbenc0).

The file is RFC 4867's storage format, one channel, at the codec's best bit rate.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import suppress

from shared.audio.stream import frames
from shared.batchapi.formats import OutputFormat

LIBRARY = "libvo-amrwbenc"
MAGIC = b"#!AMR-WB\n"
FRAME_SAMPLES = 320
_FILES = (f"{LIBRARY}.so.0", f"{LIBRARY}.0.dylib")
_MODE = 8
"""23.85 kbit/s."""
_LARGEST_FRAME = 61
"""Bytes: 477 bits and the head, as RFC 4867 stores them."""


def found() -> bool:
    """Whether the library is there. It has 68 KB: opening it is cheaper than `find_library`, which starts processes."""
    return _library() is not None


def _library() -> ctypes.CDLL | None:
    for name in _FILES:
        with suppress(OSError):
            return ctypes.CDLL(name)
    return None


def encode(audio: OutputFormat, blocks: Iterator[bytes], samples: int) -> Iterator[bytes]:
    library = _library()
    if library is None:
        raise OSError(f"the library {LIBRARY} is not there")
    begin, step, end = library.E_IF_init, library.E_IF_encode, library.E_IF_exit
    begin.argtypes, begin.restype = [], ctypes.c_void_p
    step.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
    end.argtypes, end.restype = [ctypes.c_void_p], None
    coded = ctypes.create_string_buffer(_LARGEST_FRAME)
    encoder = begin()
    try:
        yield MAGIC
        for frame in frames(blocks, FRAME_SAMPLES):
            length = step(encoder, _MODE, frame, coded, 0)
            yield coded.raw[:length]
    finally:
        end(encoder)
