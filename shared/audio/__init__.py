"""Speech as files: PCM in, an encoded file out, in bounded memory.

Takes mono, signed 16 bit little endian samples in pieces of any size and gives the bytes of one file. Which codec is
whose is a table (`families`); libraries are imported when a format that needs them is encoded, so that asking
`ENCODABLE` costs nothing.
"""

from shared.audio.encoding import duration_ms, encode, payload_bytes, speed
from shared.audio.families import ENCODABLE, MISSING

__all__ = ["ENCODABLE", "MISSING", "duration_ms", "encode", "payload_bytes", "speed"]
