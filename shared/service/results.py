"""The files of a result, one after the other and never whole in memory: sounds, debug notes, `summary.json` last.

Consumed by whoever writes them, into a zip or into a container; the same work always makes the same files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from shared import ssml
from shared.audio import duration_ms, encode, payload_bytes
from shared.batchapi.billing import billable_characters
from shared.batchapi.formats import FORMATS, audio_name
from shared.batchapi.model import (
    InputResult,
    Outcome,
    Summary,
    SynthesisError,
    SynthesisRequest,
    SynthesisStatus,
)
from shared.batchapi.summary import write_summary
from shared.batchapi.versions import VERSIONS
from shared.batchapi.voices import find_voice
from shared.errors import InputError
from shared.service.boundaries import (
    PartTimes,
    Sentence,
    as_file,
    sentence_entries,
    sentences,
    word_entries,
)
from shared.service.items import Done
from shared.service.json_pieces import json_pieces
from shared.service.pace import Pace, pace
from shared.service.records import Record
from shared.service.scene import Scene
from shared.service.sounds import Kept, Piece, Reader
from shared.service.sources import NOTHING, Sources

LARGE = 1 << 29
"""Bytes of PCM as spoken: a file of no more stays far below 2 GiB in any format, where an entry of a zip that was not
announced as large breaks off."""
SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    content_type: str
    chunks: Iterable[bytes]
    large: bool = False


@dataclass(slots=True)
class Results:
    """Fills while the files are written; whole once the last one is."""

    entries: list[InputResult] = field(default_factory=list)
    succeeded: int = 0
    failed: int = 0

    @property
    def status(self) -> SynthesisStatus:
        return SynthesisStatus.SUCCEEDED if self.succeeded else SynthesisStatus.FAILED

    def add(self, entry: InputResult) -> None:
        self.entries.append(entry)
        if entry.succeeded:
            self.succeeded += len(entry.contents)
        else:
            self.failed += len(entry.contents)

    def outcome(self) -> Outcome:
        first = next((entry.error for entry in self.entries if entry.error), None)
        neural = sum(entry.billed_characters or 0 for entry in self.entries)
        return Outcome(
            succeeded=self.succeeded,
            failed=self.failed,
            size_bytes=sum(entry.size_bytes for entry in self.entries),
            duration_ms=sum(entry.duration_ms for entry in self.entries),
            billed_characters={"neural": neural} if neural else {},
            error=first if not self.succeeded else None,
        )


@dataclass(slots=True)
class _Sound:
    """A file to be: the inputs that it holds, by index, and their parts in order."""

    inputs: list[int]
    pieces: list[Piece]

    @property
    def is_file(self) -> bool:
        """Its worker made it."""
        return self.pieces[0].spoken.file

    @property
    def rate(self) -> int:
        return self.pieces[0].done.rate

    @property
    def samples(self) -> int:
        return sum(piece.spoken.samples for piece in self.pieces)

    @property
    def seconds(self) -> float:
        return self.samples / self.rate


def files(
    record: Record,
    request: SynthesisRequest,
    dones: Iterable[Done],
    kept: Kept,
    results: Results,
    sources: Sources = NOTHING,
    *,
    function_seconds: float,
) -> Iterator[File]:
    """Each file is to be consumed before the next is asked for, and all within the `function_seconds` that the host
    gives."""
    reader = Reader(kept)
    scene = Scene(request, sources)
    sounds, failures = _sounds(dones, joined=record.wishes.concatenate_result)
    entries: dict[int, InputResult] = {index: _failed(request, [index], error) for index, error in failures.items()}
    made = sum(sound.seconds for sound in sounds if not sound.is_file)
    paced = pace(record.wishes.output_format, made, function_seconds)
    for sound in sounds:
        number = 1 if record.wishes.concatenate_result else sound.inputs[0] + 1
        name = audio_name(number, FORMATS[record.wishes.output_format])
        try:
            opened = _Opened(_bytes(record.wishes.output_format, sound, reader, scene, paced))
        except InputError as refused:
            error = SynthesisError(code="InvalidInput", message=f"{refused} {refused.remedy}")
            entries[sound.inputs[0]] = _failed(request, sound.inputs, error)
            continue
        content_type = FORMATS[record.wishes.output_format].content_type
        yield File(name=name, content_type=content_type, chunks=opened, large=sound.samples * 2 > LARGE)
        entry = _succeeded(record, request, sound, name, opened.size)
        yield _debug(record, request, sound, number)
        words, sentences = _boundaries(record, sound, number, reader)
        entries[sound.inputs[0]] = replace(
            entry,
            word_boundary_file=words.name if words else None,
            sentence_boundary_file=sentences.name if sentences else None,
        )
        yield from filter(None, (words, sentences))
    for index in sorted(entries):
        results.add(entries[index])
    yield _summary(record, results)


def _sounds(dones: Iterable[Done], *, joined: bool) -> tuple[list[_Sound], dict[int, SynthesisError]]:
    """What becomes a file each, in order, and the inputs that do not, with their first reason."""
    by_input: dict[int, list[Piece]] = {}
    failures: dict[int, SynthesisError] = {}
    for done in dones:
        for spoken in done.spoken():
            by_input.setdefault(spoken.input, []).append(Piece(done, spoken))
            if spoken.error:
                failures.setdefault(spoken.input, spoken.error)
    good = [_Sound([index], pieces) for index, pieces in sorted(by_input.items()) if index not in failures]
    if joined and good:
        inputs = [index for sound in good for index in sound.inputs]
        good = [_Sound(inputs, [piece for sound in good for piece in sound.pieces])]
    return good, failures


def _bytes(output_format: str, sound: _Sound, reader: Reader, scene: Scene, paced: Pace) -> Iterator[bytes]:
    """Raises InputError, or its first piece does."""
    if sound.is_file:
        return reader.read(sound.pieces[0])
    paced.take(sound.seconds)
    pcm = scene.sound(sound.pieces, reader.read)
    return encode(output_format, pcm, sample_rate=sound.rate, samples=sound.samples, quick=paced.quick)


class _Opened:
    """A file's bytes, begun, so that a refusal comes before anything is written; counts what goes through."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chain([next(chunks, b"")], chunks)
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            yield chunk


def _succeeded(record: Record, request: SynthesisRequest, sound: _Sound, name: str, size: int) -> InputResult:
    contents = tuple(request.inputs[index] for index in sound.inputs)
    return InputResult(
        contents=contents,
        succeeded=True,
        audio_file=name,
        size_bytes=payload_bytes(record.wishes.output_format, size),
        duration_ms=duration_ms(sound.samples, sound.rate),
        billed_characters=sum(billable_characters(text, request.kind) for text in contents),
    )


def _failed(request: SynthesisRequest, inputs: Sequence[int], error: SynthesisError) -> InputResult:
    """Not billed: nothing was spoken."""
    return InputResult(contents=tuple(request.inputs[index] for index in inputs), succeeded=False, error=error)


def _boundaries(record: Record, sound: _Sound, number: int, reader: Reader) -> tuple[File | None, File | None]:
    """The times of words and of sentences, each if asked for; none of sentences where there is no word."""
    version, wishes = VERSIONS[record.version], record.wishes
    words = sentences = None
    if wishes.word_boundary:
        words = _times(number, "word", word_entries(version, _sentences(sound, reader)))
    if wishes.sentence_boundary:
        entries = sentence_entries(_sentences(sound, reader))
        first = next(entries, None)
        sentences = _times(number, "sentence", chain([first], entries)) if first else None
    return words, sentences


def _times(number: int, kind: str, entries: Iterator[dict[str, Any]]) -> File:
    return File(name=f"{number:04d}.{kind}.json", content_type="application/json", chunks=as_file(entries))


def _sentences(sound: _Sound, reader: Reader) -> Iterator[Sentence]:
    def parts() -> Iterator[PartTimes]:
        samples = 0
        for piece in sound.pieces:
            if piece.spoken.times:
                offset = duration_ms(samples, piece.done.rate)
                yield PartTimes(input=piece.spoken.input, offset=offset, written=reader.times(piece))
            samples += piece.spoken.samples

    return sentences(parts())


def _debug(record: Record, request: SynthesisRequest, sound: _Sound, number: int) -> File:
    """Its form may change at any time; the catalogue's choice of voices is told here."""
    named = (name for index in sound.inputs for name in _voice_names(request, index))
    voices = filter(None, map(find_voice, dict.fromkeys(named)))
    told = [{"name": voice.name, "engine": voice.engine, "engineVoice": voice.engine_voice} for voice in voices]
    content = {"id": f"{record.guid}-{number:04d}", "voices": told}
    return File(name=f"{number:04d}.debug.json", content_type="application/json", chunks=json_pieces(content))


def _voice_names(request: SynthesisRequest, index: int) -> Sequence[str]:
    return [request.config.voice] if request.config else ssml.voice_names(request.inputs[index])


def _summary(record: Record, results: Results) -> File:
    summary = Summary(job_id=record.guid, status=results.status, results=tuple(results.entries))
    content = write_summary(VERSIONS[record.version], summary)
    return File(name=SUMMARY, content_type="application/json", chunks=json_pieces(content))
