"""Times of words and sentences: kept by a worker behind the sound of its part, put together for the result's files.

A sentence may be spoken in several chunks, utterances and parts; it ends with its punctuation, at a pause, with its
paragraph, or with its input.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from shared.batchapi.versions import ApiVersion
from shared.ports import SAMPLE_RATE, Chunk, WordTime
from shared.ssml.sentences import ended

SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    text: str
    words: tuple[WordTime, ...]

    def joined(self, other: Sentence) -> Sentence:
        text = " ".join(text for text in (self.text, other.text) if text)
        return Sentence(text=text, words=self.words + other.words)

    def later(self, milliseconds: int) -> Sentence:
        moved = tuple(replace(word, offset=word.offset + milliseconds) for word in self.words)
        return replace(self, words=moved)


class Times:
    """Collects the times of one part from the chunks of its sound."""

    def __init__(self) -> None:
        self._sentences: list[Sentence] = []
        self._samples = 0
        self._goes_on = False
        """The next chunk that says something goes on with the last sentence."""

    def chunk(self, chunk: Chunk) -> None:
        said = Sentence(text=chunk.text, words=chunk.words).later(self._samples * 1000 // SAMPLE_RATE)
        self._samples += len(chunk.pcm) // SAMPLE_BYTES
        if not said.text and not said.words:
            self._goes_on = self._goes_on and not chunk.ends_sentence
            return
        if self._goes_on:
            self._sentences[-1] = self._sentences[-1].joined(said)
        else:
            self._sentences.append(said)
        self._goes_on = not chunk.ends_sentence or not ended(self._sentences[-1].text)

    def written(self) -> bytes:
        content = {"open": self._goes_on, "sentences": [_written(sentence) for sentence in self._sentences]}
        return json.dumps(content, separators=(",", ":")).encode()


def _written(sentence: Sentence) -> list[Any]:
    words = [[word.text, word.offset, word.duration, int(word.punctuation)] for word in sentence.words]
    return [sentence.text, words]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTimes:
    """What a worker wrote of one part."""

    input: int
    offset: int
    """Of the part in its file, in milliseconds."""
    written: bytes


def sentences(parts: Iterable[PartTimes]) -> Iterator[Sentence]:
    """The sentences of one file, their times counted from its start."""
    held: Sentence | None = None
    held_input = -1
    for part in parts:
        content = json.loads(part.written)
        for text, words in content["sentences"]:
            times = tuple(WordTime(text=w, offset=o, duration=d, punctuation=bool(p)) for w, o, d, p in words)
            found = Sentence(text=text, words=times).later(part.offset)
            if held and held_input == part.input:
                held = held.joined(found)
                held_input = -1
                continue
            if held:
                yield held
            held, held_input = found, -1
        held_input = part.input if content["open"] else -1
    if held:
        yield held


def word_entries(version: ApiVersion, found: Iterable[Sentence]) -> Iterator[dict[str, Any]]:
    """The entries of `nnnn.word.json`."""
    for sentence in found:
        first = True
        for word in sentence.words:
            if word.punctuation and not version.words_with_punctuation:
                continue
            lower = first and version.words_begin_lower and word.text.istitle()
            first = False
            yield _entry(word.text.lower() if lower else word.text, word.offset, word.duration)


def sentence_entries(found: Iterable[Sentence]) -> Iterator[dict[str, Any]]:
    """The entries of `nnnn.sentence.json`; none for what has no word."""
    for sentence in found:
        words = [word for word in sentence.words if not word.punctuation]
        if words:
            end = words[-1].offset + words[-1].duration
            yield _entry(sentence.text, words[0].offset, end - words[0].offset)


def _entry(text: str, offset: int, duration: int) -> dict[str, Any]:
    return {"Text": text, "AudioOffset": offset, "Duration": duration}


def as_file(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A JSON array, entry by entry."""
    separators = chain(["[\n  "], iter(lambda: ",\n  ", ""))
    begun = False
    for entry, separator in zip(entries, separators, strict=False):
        begun = True
        yield (separator + json.dumps(entry, ensure_ascii=False)).encode("utf-8", "replace")
    yield b"\n]\n" if begun else b"[]\n"
