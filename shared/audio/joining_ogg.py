"""Joins Ogg Opus files (RFC 3533, RFC 7845) as one stream: pages are numbered anew, packets stay as they are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from shared.audio.joining import Joining, unlike
from shared.audio.source import Source
from shared.audio.tags import vorbis_comments

_PAGE = struct.Struct("<4sBBqIIIB")
_CAPTURE = b"OggS"
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_NOTHING_ENDS = -1
"""The granule position of a page on which no packet ends."""
_FULL = 255
"""Length of a segment that is not the last one of its packet."""
_RATE = 48_000
"""Granule positions count samples at this rate, whatever the file's own."""
_SERIAL = 1
_HEAD, _TAGS = b"OpusHead", b"OpusTags"
_PRE_SKIP = slice(10, 12)
_SILK, _HYBRID, _CELT = (10, 20, 40, 60), (10, 20), (2.5, 5, 10, 20)
_FRAME_SAMPLES = tuple(int(ms * _RATE / 1000) for ms in (*_SILK * 3, *_HYBRID * 2, *_CELT * 4))
"""By a packet's configuration number (RFC 6716, table 2)."""
_FRAMES = (1, 2, 2)
"""By a packet's code; one of code 3 says so itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    flags: int
    granule: int
    lacing: bytes
    body: bytes

    def written(self, number: int) -> bytes:
        fields = (_CAPTURE, 0, self.flags, self.granule, _SERIAL, number)
        rest = self.lacing + self.body
        checksum = _checksum(_PAGE.pack(*fields, 0, len(self.lacing)) + rest)
        return _PAGE.pack(*fields, checksum, len(self.lacing)) + rest

    def samples(self, begun: int) -> tuple[int, int]:
        """Of the packets that end here, and of one that goes on; `begun`: of the one that goes on from before."""
        at = ended = 0
        packet = begun if self.flags & _CONTINUED else None
        for length in self.lacing:
            packet = _samples(self.body[at : at + length]) if packet is None else packet
            at += length
            if length < _FULL:
                ended, packet = ended + packet, None
        return ended, packet or 0


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _checksum(data: bytes) -> int:
    """Ogg's CRC-32 is zlib's with each byte and the result mirrored, and without its inversions."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _samples(packet: bytes) -> int:
    """That an Opus packet lasts, by its one or two first bytes."""
    if not packet:
        return 0
    code = packet[0] & 3
    frames = _FRAMES[code] if code < len(_FRAMES) else packet[1] & 63 if len(packet) > 1 else 0
    return frames * _FRAME_SAMPLES[packet[0] >> 3]


def _pages(source: Source) -> Iterator[_Page]:
    """Raises InputError: it is not Ogg. A page that is cut off at the end is left out."""
    file = source.opened()
    while len(head := file.read(_PAGE.size)) == _PAGE.size:
        capture, _, flags, granule, _, _, _, segments = _PAGE.unpack(head)
        if capture != _CAPTURE:
            raise unlike(source, "Ogg Opus", at=file.tell() - len(head))
        lacing = file.read(segments)
        body = file.read(sum(lacing))
        if len(body) == sum(lacing):
            yield _Page(flags=flags, granule=granule, lacing=lacing, body=body)


class Ogg(Joining):
    """The pre-skip of each file but the first stays in: a decoder warms up with it."""

    samples = 0
    """Of all packets so far."""
    pages = 0
    """Written so far."""
    skipped = 0
    """The first file's pre-skip."""
    trimmed = 0
    """Samples of the last packets that are not sound: told of the last file alone (RFC 7845, 4.4)."""
    held: _Page | None = None
    """The last page, until it is known whether another file follows."""

    def add(self, source: Source) -> Iterator[bytes]:
        pages = _pages(source)
        head = _read_headers(source, pages)
        pre_skip = int.from_bytes(head[_PRE_SKIP], "little")
        if not self.pages:
            self.skipped = pre_skip
            yield from self._headers(head)
        self.starts.append(Fraction(self.samples + pre_skip - self.skipped, _RATE))
        before = begun = 0
        for page in pages:
            yield from self._let_go()
            ended, begun = page.samples(begun)
            self.samples += ended
            if page.granule != _NOTHING_ENDS:
                self.trimmed, before = max(0, ended - (page.granule - before)), page.granule
            granule = self.samples if page.granule != _NOTHING_ENDS else _NOTHING_ENDS
            self.held = replace(page, granule=granule, flags=page.flags & _CONTINUED)
        self.seconds = Fraction(self.samples - self.trimmed - self.skipped, _RATE)

    def _headers(self, head: bytes) -> Iterator[bytes]:
        comments = _TAGS + vorbis_comments(self.tags)
        for flags, packet in ((_FIRST, head), (0, comments)):
            lacing = bytes([_FULL] * (len(packet) // _FULL) + [len(packet) % _FULL])
            yield self._written(_Page(flags=flags, granule=0, lacing=lacing, body=packet))

    def _let_go(self) -> Iterator[bytes]:
        if self.held:
            yield self._written(self.held)

    def _written(self, page: _Page) -> bytes:
        self.pages += 1
        return page.written(self.pages - 1)

    def end(self) -> Iterator[bytes]:
        if self.held:
            self.held = replace(self.held, granule=self.samples - self.trimmed, flags=self.held.flags | _LAST)
        return self._let_go()


def _read_headers(source: Source, pages: Iterator[_Page]) -> bytes:
    """The first header packet, which has a page of its own; the second one ends a page as well. Raises InputError."""
    head = next(pages, None)
    if head is None or not head.body.startswith(_HEAD):
        raise unlike(source, "Ogg Opus")
    for page in pages:
        if page.lacing and page.lacing[-1] < _FULL:
            return head.body
    raise unlike(source, "whole Ogg Opus")
