"""What a way of joining files does; one class for each family of containers, in the modules `joining_*`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from fractions import Fraction

from shared.audio.source import Source
from shared.audio.tags import Tags
from shared.batchapi.formats import OutputFormat
from shared.errors import InputError


class Joining(ABC):
    """Takes the files one after the other, each once."""

    def __init__(self, audio: OutputFormat, sources: Sequence[Source], tags: Tags) -> None:
        """Looks at the sizes alone. Raises InputError: they are too much for one file, or a library is missing."""
        self.audio, self.tags = audio, tags
        self.starts: list[Fraction] = []
        self.seconds = Fraction(0)

    @abstractmethod
    def add(self, source: Source) -> Iterator[bytes]:
        """What comes of the next file; notes where its sound begins. Raises InputError."""

    def end(self) -> Iterator[bytes]:
        """What comes after the last file."""
        return iter(())

    def head(self) -> bytes:
        """What goes before everything, once `end` has ended."""
        return b""


def unlike(source: Source, expected: str, *, at: int | None = None) -> InputError:
    """The error for a file that is not what its format's name says."""
    where = source.name if at is None else f"{source.name}, byte {at}"
    why = f"It is not {expected}, so it cannot be joined with the others"
    return InputError(why, where=where, remedy="Play the files one after another, or choose another format.")
