"""Sound files of one format as one file, without encoding anything again.

The files are read in order, once, in windows, and never held: a book of thirty hours takes no more memory than a note.
What cannot be known before the end, as a length that stands in front, is `head`, to be written before `chunks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from shared.audio.joining import Joining
from shared.audio.joining_frames import Amr, Mp3, Silk
from shared.audio.joining_ogg import Ogg
from shared.audio.joining_plain import Raw, Riff
from shared.audio.joining_webm import WebM
from shared.audio.source import Source
from shared.audio.tags import Tags
from shared.batchapi.formats import OutputFormat

JOININGS: Mapping[tuple[str, str], type[Joining]] = {
    ("pcm", "riff"): Riff,
    ("alaw", "riff"): Riff,
    ("mulaw", "riff"): Riff,
    ("pcm", ""): Raw,
    ("alaw", ""): Raw,
    ("mulaw", ""): Raw,
    ("g722", ""): Raw,
    ("mp3", ""): Mp3,
    ("amr-wb", ""): Amr,
    ("truesilk", ""): Silk,
    ("opus", "ogg"): Ogg,
    ("opus", ""): Ogg,
    ("opus", "webm"): WebM,
}
"""By codec and container: all formats of the API."""


class Combined:
    """One file of many. `head`, `starts` and `seconds` are known once `chunks` has ended."""

    def __init__(self, audio: OutputFormat, sources: Sequence[Source], tags: Tags) -> None:
        """Raises InputError: they are too much for one file, or a library is missing."""
        self._sources = sources
        self._joining = JOININGS[audio.codec, audio.container](audio, sources, tags)

    def chunks(self) -> Iterator[bytes]:
        """All but the head. Raises InputError: these files cannot be joined."""
        for source in self._sources:
            yield from self._joining.add(source)
        yield from self._joining.end()

    def head(self) -> bytes:
        """What goes before the chunks."""
        return self._joining.head()

    @property
    def starts(self) -> Sequence[Fraction]:
        """Seconds from the beginning at which the sound of each source begins."""
        return self._joining.starts

    @property
    def seconds(self) -> Fraction:
        """How long it all is."""
        return self._joining.seconds
