"""What a text says and how, free of markup: SSML and plain text become spans, and spans become segments.

Pure: no I/O, no clock. Which voices exist is not decided here.
"""

from shared.ssml.reading import background, check, parse
from shared.ssml.segments import segments
from shared.ssml.spans import Clip, Lasting, Pause, Say, Span, pauses, plain
from shared.ssml.voices import voice_names

__all__ = ["Clip", "Lasting", "Pause", "Say", "Span"]
__all__ += ["background", "check", "parse", "pauses", "plain", "segments", "voice_names"]
