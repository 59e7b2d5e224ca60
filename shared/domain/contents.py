"""What a document tells of itself, and its chapters; and the blob that keeps this and its inputs' texts, wherever
extracting them again would be costly or could differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A run of inputs under one title. Its border is hard: no input reaches across it."""

    title: str
    """"": it has none."""
    first: int
    """Number of its first input, from 1."""
    inputs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    title: str = ""
    author: str = ""
    language: str = ""
    """A BCP 47 tag, as the document gives it."""
    cover: str = ""
    """The media type of the cover kept beside (`naming.cover_blob`); "": there is none."""
    chapters: tuple[Chapter, ...] = ()
    """In reading order; all inputs, each in one of them."""
    borders: tuple[int, ...] = ()
    """Marks of where its text was cut, so that a changed one is cut there too."""

    def timed(self, durations_ms: Sequence[int]) -> list[dict[str, Any]]:
        """A manifest's list of chapters: where each begins and how long it is; from a duration for each input."""
        chapters, start = [], 0
        for chapter in self.chapters:
            duration = sum(durations_ms[chapter.first - 1 : chapter.first - 1 + chapter.inputs])
            chapters.append({**asdict(chapter), "start_ms": start, "duration_ms": duration})
            start += duration
        return chapters


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the blob holds."""

    texts: tuple[str, ...]
    """Of all inputs."""
    contents: Contents

    def to_bytes(self) -> bytes:
        value = {"schema": SCHEMA, "texts": self.texts, "contents": asdict(self.contents)}
        return json.dumps(value, ensure_ascii=False).encode()

    @classmethod
    def of(cls, data: bytes) -> Kept:
        value = json.loads(data)
        contents = value["contents"]
        chapters = tuple(Chapter(**chapter) for chapter in contents["chapters"])
        borders = tuple(contents.get("borders", ()))
        told = Contents(**{**contents, "chapters": chapters, "borders": borders})
        return cls(texts=tuple(value["texts"]), contents=told)
