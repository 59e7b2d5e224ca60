"""Boundary files of a version's inputs: which there are, and the subtitles that come of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from shared.batchapi.boundaries import Boundary, read_boundaries
from shared.domain import naming
from shared.domain.cues import sentences_of
from shared.domain.extras import BOUNDARIES, SENTENCES, WORDS, left_out, milliseconds
from shared.domain.subtitles import FORMS, Cue, cues, whole
from shared.errors import InputError, Missing
from shared.pipeline.wholes import Given

_REMEDY = "Choose a voice that gives times of words, and drop the document again."


def boundary_files(given: Given) -> dict[int, dict[str, str]]:
    """Those that are there, by input and member."""
    return {item.number: files for item in given.inputs if (files := _files_of(given, item.number))}


def _files_of(given: Given, number: int) -> dict[str, str]:
    version = given.version
    names = {
        member: naming.boundary_blob(version.path, version.sequence, number, kind)
        for member, kind in BOUNDARIES.items()
    }
    return {member: name for member, name in names.items() if name in given.there}


def make_subtitles(
    given: Given, files: Mapping[int, Mapping[str, str]], timelines: Mapping[str, Sequence[Fraction]]
) -> list[dict[str, str]]:
    """The manifest's list of subtitles: of each timeline, by its stem, a file of each form that is asked for.

    Raises StorageError.
    """
    if not given.options.subtitles:
        return []
    by_input = [list(_cues_of(given, item.number, files.get(item.number, {}))) for item in given.inputs]
    if not any(by_input):
        return []
    made = []
    for stem, starts in timelines.items():
        placed = list(whole(zip(milliseconds(starts), by_input, strict=True)))
        for form in given.options.subtitles:
            name = given.name(f"{stem}.{form}")
            text = "".join(FORMS[form].write(placed)).encode()
            given.p.results.write(name, text, content_type=FORMS[form].content_type)
            made.append({"file": name, "format": form, "of": stem})
    return made


def _cues_of(given: Given, number: int, files: Mapping[str, str]) -> Iterator[Cue]:
    """None, and a word on it in the manifest, where nobody tells what was said when."""
    try:
        if not files:
            raise InputError("The endpoint gave no times of words", where=f"input {number}", remedy=_REMEDY)
        read = {member: _read(given, name) for member, name in files.items()}
        yield from cues(sentences_of(read.get(WORDS, ()), read.get(SENTENCES, ())))
    except InputError as error:
        given.left_out.append(left_out("subtitles", error))


def _read(given: Given, name: str) -> tuple[Boundary, ...]:
    try:
        return read_boundaries(given.p.results.read(name))
    except (Missing, ValueError) as error:
        raise InputError("It tells no times of words", where=name, remedy=_REMEDY) from error
