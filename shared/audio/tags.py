"""Title and author as the containers that we write ourselves hold them: ID3v2.4, RIFF INFO, Vorbis comments."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

VENDOR = b"Speechdrop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """ "" is not written."""

    title: str = ""
    author: str = ""

    def named(self, title: str, author: str) -> Iterator[tuple[str, str]]:
        """The values that there are, under a container's own names."""
        yield from ((name, value) for name, value in ((title, self.title), (author, self.author)) if value)


def id3(tags: Tags) -> bytes:
    """https://id3.org/id3v2.4.0-structure; nothing where there is nothing to tell."""
    utf_8 = b"\x03"
    frames = b""
    for name, value in tags.named("TIT2", "TPE1"):
        body = utf_8 + value.encode()
        frames += name.encode() + _synchsafe(len(body)) + bytes(2) + body
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames if frames else b""


def id3_bytes(head: bytes) -> int:
    """How long the tag is that a file begins with, by its ten first bytes; 0: there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    footer = 10 * (head[5] >> 4 & 1)
    return 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)) + footer


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def riff_info(tags: Tags) -> bytes:
    """A LIST chunk of RIFF; nothing where there is nothing to tell."""
    items = b"".join(_chunk(name.encode(), value.encode() + b"\0") for name, value in tags.named("INAM", "IART"))
    return _chunk(b"LIST", b"INFO" + items) if items else b""


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def vorbis_comments(tags: Tags) -> bytes:
    """As an Opus file has them in its second packet, after the magic (RFC 7845, 5.2)."""
    comments = [f"{name}={value}".encode() for name, value in tags.named("TITLE", "ARTIST")]
    return _counted(VENDOR) + struct.pack("<I", len(comments)) + b"".join(map(_counted, comments))


def _counted(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def as_metadata(tags: Tags) -> Mapping[str, str]:
    """Under the names that FFmpeg turns into a container's own."""
    return dict(tags.named("title", "artist"))
