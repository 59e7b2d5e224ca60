"""Opus and G.722 by FFmpeg's encoders and muxers, through `av`.

The file goes to a sink that cannot seek, so nothing waits for the end. What a muxer would go back to fill in is told
beforehand, or left out: WebM gets its duration but no index. Nothing is drawn by lot: same sound, same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from shared.audio.sink import Sink
from shared.batchapi.formats import OutputFormat
from shared.errors import InputError

BITEXACT = 0x800000
"""AV_CODEC_FLAG_BITEXACT of FFmpeg."""
REPEATABLE = {"fflags": "+bitexact"}
"""Options of a muxer that draws nothing by lot and tells no time."""
_CONSTANT = {"vbr": "off"}
_OPUS_BITRATES = {16_000: 32_000, 24_000: 48_000, 48_000: 64_000}
"""Mean bits per second where the format's name leaves them open, by rate: speech in one channel is clean there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    muxer: str
    encoder: str
    named: Mapping[str, str] = field(default_factory=dict)
    """The encoder's options where the format's name has a bit rate."""


_OPUS = "libopus"
_RECIPES: Mapping[tuple[str, str], _Recipe] = {
    ("opus", "ogg"): _Recipe(muxer="ogg", encoder=_OPUS),
    ("opus", "webm"): _Recipe(muxer="webm", encoder=_OPUS, named=_CONSTANT),
    # Bare Opus packets cannot be told apart; RFC 7845 makes Ogg what an .opus file holds.
    ("opus", ""): _Recipe(muxer="ogg", encoder=_OPUS, named=_CONSTANT),
    ("g722", ""): _Recipe(muxer="g722", encoder="g722"),
}


def need_av(what: str) -> None:
    """Raises InputError where `av`, by which `what` is done, is not installed."""
    if find_spec("av") is None:
        remedy = "Add what requirements-m4b.txt lists to the deployment's requirements, and retry the document."
        raise InputError(f"{what} by the package av, which this deployment does not have", remedy=remedy)


def encode(
    audio: OutputFormat, blocks: Iterator[bytes], samples: int, *, complexity: int | None = None
) -> Iterator[bytes]:
    """`complexity`: Opus's, from 0 to 10, where it is not to be its best."""
    import av
    import numpy as np

    recipe = _RECIPES[audio.codec, audio.container]
    sink = Sink()
    with av.open(sink, "w", format=recipe.muxer, options=REPEATABLE) as container:
        options = dict(recipe.named) if audio.bitrate else {}
        options |= {} if complexity is None else {"compression_level": str(complexity)}
        stream = container.add_stream(recipe.encoder, rate=audio.rate, layout="mono", options=options)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = audio.bitrate or _OPUS_BITRATES[audio.rate]
        stream.codec_context.flags |= BITEXACT
        stream.metadata["DURATION"] = f"{samples / audio.rate:.6f}"
        container.start_encoding()
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(np.frombuffer(block, dtype="<i2")[None, :], "s16", "mono")
            frame.sample_rate = audio.rate
            container.mux(stream.encode(frame))
            yield sink.take()
        if samples:
            container.mux(stream.encode(None))
    yield sink.take()
