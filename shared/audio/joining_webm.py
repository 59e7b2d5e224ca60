"""Joins WebM Opus files by FFmpeg's demuxer and muxer in `av`: packets are moved in time, not changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from shared.audio.ffmpeg import REPEATABLE, need_av
from shared.audio.joining import Joining, unlike
from shared.audio.sink import FrontedSink
from shared.audio.source import Source
from shared.audio.tags import Tags, as_metadata
from shared.batchapi.formats import OutputFormat

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer

_TAKEN = 512
"""Packets between two pieces."""
_PRE_SKIP, _PRE_SKIP_RATE = slice(10, 12), 48_000
"""Of OpusHead, which the file holds as the codec's own data (RFC 7845, 5.1)."""


class WebM(Joining):
    def __init__(self, audio: OutputFormat, sources: Sequence[Source], tags: Tags) -> None:
        super().__init__(audio, sources, tags)
        need_av("WebM files are joined")
        self._sink = FrontedSink()
        self._container: OutputContainer | None = None
        self._stream: AudioStream | None = None
        self._skipped = Fraction(0)

    def add(self, source: Source) -> Iterator[bytes]:
        import av

        try:
            with av.open(source.opened(), "r", format="webm") as given:
                yield from self._packets(given)
        except av.error.FFmpegError as error:
            raise unlike(source, "whole WebM") from error

    def _packets(self, given: InputContainer) -> Iterator[bytes]:
        sound = given.streams.audio[0]
        assert sound.time_base, "FFmpeg sets it"
        head = sound.codec_context.extradata or bytes(_PRE_SKIP.stop)
        pre_skip = Fraction(int.from_bytes(head[_PRE_SKIP], "little"), _PRE_SKIP_RATE)
        container, stream = self._opened(sound, pre_skip)
        self.starts.append(self.seconds + pre_skip - self._skipped)
        shift, first = round(self.seconds / sound.time_base), None
        for number, packet in enumerate(given.demux(sound), 1):
            if packet.pts is None:
                continue  # what comes last is no packet
            first = packet.pts if first is None else first
            packet.pts = packet.dts = shift + packet.pts - first
            self.seconds = (packet.pts + (packet.duration or 0)) * sound.time_base
            packet.stream = stream
            container.mux_one(packet)
            if number % _TAKEN == 0:
                yield self._sink.take()

    def _opened(self, like: AudioStream, pre_skip: Fraction) -> tuple[OutputContainer, AudioStream]:
        import av

        if self._container is None or self._stream is None:
            self._container = av.open(self._sink, "w", format="webm", options=dict(REPEATABLE))
            self._container.metadata.update(as_metadata(self.tags))
            self._stream = self._container.add_stream_from_template(like)
            self._skipped = pre_skip
        return self._container, self._stream

    def end(self) -> Iterator[bytes]:
        if self._container:
            self._container.close()
        yield self._sink.take()

    def head(self) -> bytes:
        return self._sink.front
