"""A job's files into the folders of their versions, inside the storage account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

from shared.batchapi.formats import FORMATS
from shared.domain import naming
from shared.domain.documents import Version
from shared.domain.jobs import Job
from shared.domain.options import Options
from shared.domain.outcome import Done, NotDone, Outcome, paid_for_nothing
from shared.errors import Missing
from shared.pipeline.context import Pipeline
from shared.ports import BlobInfo

_LARGE = 100 * 1024 * 1024
"""Bytes: such a file is looked at before it is copied, since what a summary says of its size then matters."""


class NotThereYet(Missing):
    """A file that the summary lists is not in the container, and may still come."""


def may_still_come(p: Pipeline, job: Job) -> bool:
    assert job.concluded
    return p.clock() < job.concluded + timedelta(seconds=p.settings.missing_file_seconds)


class Copier:
    """Copies files of one job. It looks at the first, as an endpoint gives all of them one content type."""

    def __init__(self, p: Pipeline, job: Job) -> None:
        self._p, self._job = p, job
        self._like: BlobInfo | None = None

    def copied(self, version: Version, outcome: Outcome) -> Outcome:
        """The outcome, its audio in the version's own folder; not done where the file never came.

        Raises NotThereYet, StorageError.
        """
        if isinstance(outcome, NotDone):
            return outcome
        output, options = FORMATS[self._job.output_format], Options.of(version.options)
        source = f"{self._job.prefix}/{outcome.file}"
        name = naming.result_blob(version.path, version.sequence, outcome.line.number, output.extension)
        try:
            known = self._known(source, outcome.bytes)
            self._p.results.copy(source, name, content_type=output.content_type, known=known)
        except Missing:
            if may_still_come(self._p, self._job):
                raise NotThereYet(source) from None
            return paid_for_nothing(outcome.line, f"{outcome.file} never came")
        if options.word_boundary:
            self._copy_boundaries(version, outcome, "word", outcome.words)
        if options.sentence_boundary:
            self._copy_boundaries(version, outcome, "sentence", outcome.sentences)
        return outcome

    def _copy_boundaries(self, version: Version, outcome: Done, kind: str, told: str) -> None:
        """A summary need not name the file; an endpoint gives none for voices and inputs without words."""
        source = f"{self._job.prefix}/{told or f'{PurePosixPath(outcome.file).stem}.{kind}.json'}"
        name = naming.boundary_blob(version.path, version.sequence, outcome.line.number, kind)
        try:
            self._p.results.copy(source, name, content_type="application/json")
        except Missing:
            if told and may_still_come(self._p, self._job):
                raise NotThereYet(source) from None

    def _known(self, source: str, size: int) -> BlobInfo:
        """Raises Missing."""
        if self._like and size < _LARGE:
            return replace(self._like, name=source, size=size)
        found = self._p.results.head(source)
        if found is None:
            raise Missing(source)
        self._like = self._like or found
        return found
