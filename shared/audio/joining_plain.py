"""Joins files whose bytes follow sample by sample: PCM, G.711 and G.722, bare or in a RIFF file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from shared.audio.joining import Joining, unlike
from shared.audio.source import Source
from shared.audio.tags import Tags, riff_info
from shared.audio.waves import LARGEST_RIFF, TAGS, header
from shared.batchapi.formats import OutputFormat
from shared.errors import InputError

_SAMPLES_PER_BYTE: Mapping[str, Fraction] = {
    "pcm": Fraction(1, 2),
    "alaw": Fraction(1),
    "mulaw": Fraction(1),
    "g722": Fraction(2),
}
_FIRST_BYTES = 4096
"""Enough for every chunk of a RIFF file that comes before its samples."""


class Raw(Joining):
    """G.722's decoder finds its way in a few milliseconds of the silence that each file begins with."""

    samples = 0
    """Written so far."""

    def add(self, source: Source) -> Iterator[bytes]:
        yield from self._samples(source, 0, source.size)

    def _samples(self, source: Source, start: int, end: int) -> Iterator[bytes]:
        self.starts.append(Fraction(self.samples, self.audio.rate))
        samples = int((end - start) * _SAMPLES_PER_BYTE[self.audio.codec])
        self.samples += samples
        self.seconds = Fraction(self.samples, self.audio.rate)
        yield from source.chunks(start, start + int(samples / _SAMPLES_PER_BYTE[self.audio.codec]))


class Riff(Raw):
    def __init__(self, audio: OutputFormat, sources: Sequence[Source], tags: Tags) -> None:
        super().__init__(audio, sources, tags)
        size = sum(source.size for source in sources)
        if size > LARGEST_RIFF:
            raise InputError(
                f"It would take {size / 2**30:.1f} GiB, and a RIFF file holds at most 4",
                remedy="Choose an MP3 or Opus format, or divide the text into several files.",
            )

    def add(self, source: Source) -> Iterator[bytes]:
        first = source.read(0, min(_FIRST_BYTES, source.size))
        start, length = _samples_in(source, first, TAGS[self.audio.codec])
        yield from self._samples(source, start, min(source.size, start + length))

    def end(self) -> Iterator[bytes]:
        yield self._after

    def head(self) -> bytes:
        return header(self.audio, self.samples, more=len(riff_info(self.tags)))

    @property
    def _after(self) -> bytes:
        data_bytes = int(self.samples / _SAMPLES_PER_BYTE[self.audio.codec])
        return bytes(data_bytes % 2) + riff_info(self.tags)


def _samples_in(source: Source, first: bytes, tag: int) -> tuple[int, int]:
    """Where the samples begin, and how many bytes the `data` chunk says that they are. Raises InputError."""
    at, is_right = 12, False
    while first[:4] == b"RIFF" and first[8:12] == b"WAVE" and at + 8 <= len(first):
        name, length = first[at : at + 4], int.from_bytes(first[at + 4 : at + 8], "little")
        if name == b"fmt ":
            is_right = int.from_bytes(first[at + 8 : at + 10], "little") == tag
        if name == b"data" and is_right:
            return at + 8, length
        at += 8 + length + length % 2
    raise unlike(source, "a RIFF file of its format")
