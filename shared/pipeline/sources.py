"""The texts of a version, read again as they were taken in; and its end where its source is not that any more."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.documents import UNDER_WAY, Version, VersionEvent
from shared.domain.options import Options
from shared.domain.wording import written
from shared.errors import Conflict, Missing
from shared.extract import extract
from shared.pipeline.cleanup import enter_leftover
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.keeping import kept_texts
from shared.pipeline.store import version_rows


class SourceGone(Missing):
    """The blob was deleted: its owner cancels the version."""


class SourceChanged(Conflict):
    """The blob was replaced: its new content is another version."""


def texts_of(p: Pipeline, version: Version) -> tuple[str, ...]:
    """All inputs of a version, the same ones that intake made.

    Raises SourceGone, SourceChanged; Missing where the kept texts are lost, InputError where this release reads it
    otherwise.
    """
    if version.kept:
        info = p.inbox.head(version.path)
        if info is None:
            raise SourceGone(version.path)
        if info.etag != version.source_etag:
            raise SourceChanged(version.path)
        return kept_texts(p, version)
    try:
        data = p.inbox.read(version.path, etag=version.source_etag)
    except Missing as error:
        raise SourceGone(version.path) from error
    except Conflict as error:
        if _is_changed(p, version):
            raise SourceChanged(version.path) from error
        raise
    return _again(p, version, data)


def _again(p: Pipeline, version: Version, data: bytes) -> tuple[str, ...]:
    """What intake made of a document of one input."""
    extracted = extract(version.path, data, replace(p.extraction, input_characters=0))
    if extracted.kind == version.kind:
        return extracted.inputs
    return written(extracted.inputs, Options.of(version.options))


def _is_changed(p: Pipeline, version: Version) -> bool:
    info = p.inbox.head(version.path)
    return info is None or info.etag != version.source_etag


def is_still_there(p: Pipeline, version: Version) -> bool:
    """Whether its source is as it was taken in; where it is not, the version ends."""
    info = p.inbox.head(version.path)
    if info and info.etag == version.source_etag:
        return True
    end_version(p, version, gone=info is None)
    return False


def end_version(p: Pipeline, version: Version, *, gone: bool) -> None:
    """CANCELLED where the source is gone, else SUPERSEDED; nothing where the version has ended meanwhile."""
    event = VersionEvent.CANCEL if gone else VersionEvent.SUPERSEDE
    while True:
        rows = version_rows(p, version.document, version.sequence)
        if rows is None or rows.version.item.status not in UNDER_WAY:
            return
        if not gone:
            enter_leftover(p, version)
        ended = rows.version.item.on(event, ended=p.clock())
        try:
            p.documents.replace(ended.row(rows.version.etag))
        except Conflict:
            continue
        note_day(p, ended)
        return
