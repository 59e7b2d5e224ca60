"""Speech as files: PCM in, an encoded file out, in bounded memory.

Takes mono, signed 16 bit little endian samples in pieces of any size and gives the bytes of one file. Which formats
there are is a table; libraries are imported when a format that needs them is encoded, so that asking `ENCODABLE`
costs nothing.
"""

from shared.audio.encoding import encode
from shared.audio.formats import ENCODABLE, duration_ms, payload_bytes

__all__ = ["ENCODABLE", "duration_ms", "encode", "payload_bytes"]
