"""Joins files that are frames one after the other: MP3, AMR-WB and SILK. Each frame is looked at, none is changed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from fractions import Fraction

from shared.audio import amrwb, silk
from shared.audio.joining import Joining, unlike
from shared.audio.mp3frames import DECODER_DELAY, HEADER_BYTES, Frame, Silence, frame, info_frame, read_info
from shared.audio.source import Source
from shared.audio.tags import id3, id3_bytes

_FIRST_BYTES = 4096
"""Enough for the largest frame, and for a magic."""
_ID3V1 = b"TAG"
_FRAME_SECONDS = Fraction(20, 1000)
"""Of AMR-WB by its definition, of SILK by its SDK's default."""


class Framed(Joining):
    frames = 0
    """Written so far."""
    sound_bytes = 0
    """That these take."""

    @abstractmethod
    def size(self, source: Source, held: bytes, at: int) -> int:
        """Of the frame at a place in what is held; 0: it is not there whole, or there is none. Raises InputError."""

    def framed(self, source: Source, start: int) -> Iterator[bytes]:
        """The frames from there on, in pieces of whole ones; what is cut off at the end of the file is left out."""
        held = b""
        for window in source.chunks(start):
            held += window
            at = 0
            while at < len(held) and (size := self.size(source, held, at)) and at + size <= len(held):
                self.frames += 1
                at += size
            self.sound_bytes += at
            yield held[:at]
            held = held[at:]


class Mp3(Framed):
    """Frames stay as they are, so the silence that each file's encoder put around its sound stays between the sounds.

    Players are told of the first file's silence before, and of the last one's after, and leave them out.
    """

    first: Frame | None = None
    """The first frame of all, and `header` how it begins."""
    header = b""
    lead: int | None = None
    """Samples before the first file's sound; None: it does not tell."""
    after = 0
    """Silent samples at the end of the last file."""

    def add(self, source: Source) -> Iterator[bytes]:
        start = id3_bytes(source.read(0, 10))
        begins = source.read(start, _FIRST_BYTES)
        shape = self._shape(source, begins[:HEADER_BYTES], start)
        is_info, silence = read_info(begins)
        if self.first is None:
            self.first, self.header, self.lead = shape, begins[:HEADER_BYTES], _lead(silence)
        skipped, lead = self.lead or 0, _lead(silence)
        late = 0 if lead is None else lead - skipped
        self.starts.append(Fraction(self.frames * shape.samples + late, shape.rate))
        yield from self.framed(source, start + (shape.bytes if is_info else 0))
        self.after = silence.after if silence else 0
        silent = skipped + max(0, self.after - DECODER_DELAY)
        self.seconds = Fraction(self.frames * shape.samples - silent, shape.rate)

    def size(self, source: Source, held: bytes, at: int) -> int:
        header = held[at : at + HEADER_BYTES]
        if len(header) < HEADER_BYTES or header.startswith(_ID3V1):
            return 0
        return self._shape(source, header, None).bytes

    def _shape(self, source: Source, header: bytes, at: int | None) -> Frame:
        shape = frame(header) if len(header) == HEADER_BYTES else None
        if shape is None or (self.first and shape.rate != self.first.rate):
            raise unlike(source, f"MP3 of {self.audio.rate} samples per second", at=at)
        return shape

    def head(self) -> bytes:
        if self.first is None:
            return id3(self.tags)
        silence = None if self.lead is None else Silence(before=self.lead - DECODER_DELAY, after=self.after)
        return id3(self.tags) + info_frame(
            self.header, frames=self.frames, sound_bytes=self.sound_bytes, silence=silence
        )


def _lead(silence: Silence | None) -> int | None:
    return silence.before + DECODER_DELAY if silence else None


class _Marked(Framed):
    """After a magic, frames that last equally long."""

    magic: bytes
    what: str

    def add(self, source: Source) -> Iterator[bytes]:
        start = source.read(0, _FIRST_BYTES).find(self.magic)
        if start not in (0, 1):  # some SILK writers put a byte before
            raise unlike(source, self.what)
        self.starts.append(self.frames * _FRAME_SECONDS)
        yield from self.framed(source, start + len(self.magic))
        self.seconds = self.frames * _FRAME_SECONDS

    def head(self) -> bytes:
        return self.magic


class Amr(_Marked):
    magic, what = amrwb.MAGIC, "AMR-WB"

    def size(self, source: Source, held: bytes, at: int) -> int:
        size = amrwb.FRAME_BYTES.get(held[at] >> 3 & 15)
        if size is None:
            raise unlike(source, self.what)
        return size


class Silk(_Marked):
    magic, what = silk.MAGIC, "SILK"

    def size(self, source: Source, held: bytes, at: int) -> int:
        length = int.from_bytes(held[at : at + 2], "little", signed=True)
        return 2 + length if len(held) - at > 2 and length > 0 else 0  # -1 is how some writers end
