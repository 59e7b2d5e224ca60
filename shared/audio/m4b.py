"""An audio book: the sound of many files as one AAC stream in MP4, with chapters, title, author and cover.

FFmpeg does it all, through `av`. Silence that an encoder put around a file's sound is left out where the file tells of
it, so that a file begins when the durations of those before it say. The muxer's table of packets stays in memory: 6 MB
for an hour.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from shared.audio.ffmpeg import BITEXACT, REPEATABLE, need_av
from shared.audio.joining import unlike
from shared.audio.sink import FrontedSink
from shared.audio.source import Source
from shared.audio.tags import Tags, as_metadata
from shared.batchapi.formats import OutputFormat
from shared.errors import InputError

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import OutputContainer
    from av.container.core import Chapter

CONTENT_TYPE = "audio/mp4"
_DEMUXERS: Mapping[tuple[str, str], str] = {
    ("pcm", "riff"): "wav",
    ("alaw", "riff"): "wav",
    ("mulaw", "riff"): "wav",
    ("pcm", ""): "s16le",
    ("alaw", ""): "alaw",
    ("mulaw", ""): "mulaw",
    ("g722", ""): "g722",
    ("mp3", ""): "mp3",
    ("amr-wb", ""): "amr",
    ("opus", "ogg"): "ogg",
    ("opus", ""): "ogg",
    ("opus", "webm"): "webm",
}
"""FFmpeg's names for the API's codecs and containers. It never guesses: what it would try may reach outside."""
_TELL_NOTHING = {"s16le", "alaw", "mulaw"}
_IMAGES: Mapping[bytes, str] = {b"\xff\xd8\xff": "jpeg_pipe", b"\x89PNG": "png_pipe"}
"""By how a file begins, FFmpeg's demuxer; both kinds may be covers in MP4."""
_BITS_PER_SAMPLE = Fraction(8, 3)
"""64 kbit/s at 24 kHz: speech in one channel is clean there."""
_LEAST_BITRATE = 32_000
_PIECE_BYTES = 256 * 1024
_MILLISECOND = Fraction(1, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A chapter."""

    title: str
    first: int
    """Index, from 0, of the file with which it begins."""


class Book:
    """The file. `head`, `starts`, `seconds` and `has_cover` are known once `chunks` has ended."""

    def __init__(
        self,
        audio: OutputFormat,
        sources: Sequence[Source],
        *,
        tags: Tags,
        chapters: Sequence[Mark],
        cover: bytes = b"",
    ) -> None:
        self._audio, self._sources, self._tags, self._chapters, self._cover = audio, sources, tags, chapters, cover
        self._sink = FrontedSink()
        self._rate = audio.rate
        self._samples = 0
        self.starts: list[Fraction] = []
        """Seconds from the beginning at which the sound of each source begins."""
        self.has_cover = False
        """False, with a cover given: it is no image that MP4 takes."""

    @property
    def seconds(self) -> Fraction:
        return Fraction(self._samples, self._rate)

    def head(self) -> bytes:
        """What goes before the chunks."""
        return self._sink.front

    def chunks(self) -> Iterator[bytes]:
        """All but the head. Raises InputError: FFmpeg is not there, or cannot read these files."""
        need_av("Audio books are made")
        if (self._audio.codec, self._audio.container) not in _DEMUXERS:
            raise InputError("FFmpeg cannot read SILK", remedy="Choose an MP3 or Opus format.")
        import av

        with av.open(self._sink, "w", format="mp4", options={**REPEATABLE, "brand": "M4B "}) as container:
            container.metadata.update({**as_metadata(self._tags), "album": self._tags.title, "genre": "Audiobook"})
            stream = self._sound(container)
            self._add_cover(container)
            for frame in self._frames():
                container.mux(stream.encode(frame))
                if self._sink.waiting >= _PIECE_BYTES:
                    yield self._sink.take()
            container.mux(stream.encode(None))
            container.set_chapters(self._timed_chapters())
        yield self._sink.take()

    def _sound(self, container: OutputContainer) -> AudioStream:
        stream = container.add_stream("aac", rate=self._audio.rate, layout="mono")
        stream.bit_rate = max(_LEAST_BITRATE, int(self._audio.rate * _BITS_PER_SAMPLE))
        stream.codec_context.flags |= BITEXACT
        return stream

    def _frames(self) -> Iterator[AudioFrame]:
        """The sound of all files as one, each frame with its time in it."""
        for source in self._sources:
            self.starts.append(self.seconds)
            for frame in self._decoded(source):
                self._rate = frame.sample_rate
                frame.pts, frame.time_base = self._samples, Fraction(1, self._rate)
                self._samples += frame.samples
                yield frame

    def _decoded(self, source: Source) -> Iterator[AudioFrame]:
        import av

        demuxer = _DEMUXERS[self._audio.codec, self._audio.container]
        told = {"sample_rate": str(self._audio.rate), "ch_layout": "mono"} if demuxer in _TELL_NOTHING else {}
        try:
            with av.open(source.opened(), "r", format=demuxer, options=told) as given:
                yield from given.decode(given.streams.audio[0])
        except (av.error.FFmpegError, IndexError) as error:
            raise unlike(source, "sound that FFmpeg reads") from error

    def _add_cover(self, container: OutputContainer) -> None:
        import av

        demuxer = next((name for magic, name in _IMAGES.items() if self._cover.startswith(magic)), None)
        if demuxer is None:
            return
        try:
            with av.open(io.BytesIO(self._cover), "r", format=demuxer) as image:
                given = image.streams.video[0]
                name, width, height = given.codec_context.name, given.width, given.height
        except (av.error.FFmpegError, IndexError):
            return
        if not width or not height:
            return
        stream = container.add_mux_stream(name, width=width, height=height)
        stream.disposition = av.stream.Disposition.attached_pic
        packet = av.Packet(self._cover)
        packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, _MILLISECOND
        container.mux(packet)
        self.has_cover = True

    def _timed_chapters(self) -> list[Chapter]:
        begins = [round(self.starts[chapter.first] * 1000) for chapter in self._chapters]
        ends = [*begins[1:], round(self.seconds * 1000)]
        return [
            {"id": number, "start": begin, "end": end, "time_base": _MILLISECOND, "metadata": {"title": chapter.title}}
            for number, (chapter, begin, end) in enumerate(zip(self._chapters, begins, ends, strict=True))
        ]
