"""AMR-WB by VisualOn's encoder, a library of the system (Debian: libvo-amrwbenc0).

The file is RFC 4867's storage format, one channel, at the codec's best bit rate.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import suppress

from shared.audio.stream import frames
from shared.batchapi.formats import OutputFormat

LIBRARY = "libvo-amrwbenc"
MAGIC = b"#!AMR-WB\n"
FRAME_SAMPLES = 320
_FILES = (f"{LIBRARY}.so.0", f"{LIBRARY}.0.dylib")
_MODE = 8
"""23.85 kbit/s."""
FRAME_BYTES: Mapping[int, int] = {
    **dict(enumerate((18, 24, 33, 37, 41, 47, 51, 59, 61))),
    9: 6,
    14: 1,
    15: 1,
}
"""By frame type: the modes, comfort noise, lost, nothing; the head included, as RFC 4867 stores them."""


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
    coded = ctypes.create_string_buffer(max(FRAME_BYTES.values()))
    encoder = begin()
    try:
        yield MAGIC
        for frame in frames(blocks, FRAME_SAMPLES):
            length = step(encoder, _MODE, frame, coded, 0)
            yield coded.raw[:length]
    finally:
        end(encoder)
