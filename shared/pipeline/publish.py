"""Publishes a version whose parts have all ended: manifest, status, row of the day. Whoever finds one does it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain import manifest, naming
from shared.domain.documents import Version, VersionEvent, VersionStatus
from shared.domain.extras import Extras
from shared.errors import Conflict, Missing, StorageError
from shared.pipeline.cleanup import enter_replaced
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.extras import extras_of
from shared.pipeline.keeping import contents_of
from shared.pipeline.notices import announce
from shared.pipeline.store import Stored, VersionRows, commit_all, newest_version, version_rows
from shared.ports import Replace

log = logging.getLogger(__name__)

_MOST_OF_A_MANIFEST = 32 * 1024 * 1024


def publish(p: Pipeline, document: str, sequence: int, made: Extras | None = None) -> None:
    """Does nothing where the version has ended, has parts still under way, or is not the newest.

    Its extras, unless they are `made` already, are made before; those that take long get a message of their own.
    """
    while not _published(p, document, sequence, made):
        pass


def _published(p: Pipeline, document: str, sequence: int, made: Extras | None) -> bool:
    """One try; False after a conflict: read again."""
    rows = version_rows(p, document, sequence)
    newest, _ = newest_version(p, document)
    if rows is None or newest is None:
        return True
    version = rows.version.item
    if version.ended:
        note_day(p, version)  # if an earlier try was killed before it did
        return True
    if newest.item.sequence != sequence or version.status is not VersionStatus.PENDING or not version.all_ended:
        return True
    extras = extras_of(p, rows) if made is None else made
    if extras is None:
        return True
    try:
        version = _told(p, rows, extras, read_manifest(p, version.path))
        announce(p, version)
        p.documents.replace(version.row(rows.version.etag))
        note_day(p, version)
    except (Conflict, Missing):
        return False
    return True


def publish_complete(p: Pipeline, found: Sequence[VersionRows]) -> bool:
    """Publishes those of whose versions all parts have ended; False: storage refused something of one of them.

    The rows are as they were just written. A version that is PENDING then is the newest, since the transaction that
    inserts a newer one ends it; so no row is read again.
    """
    complete = [rows for rows in found if rows.version.item.all_ended]
    told: list[Stored[Version]] = []
    again: list[Version] = []
    whole = True
    for rows in complete:
        version = rows.version.item
        try:
            extras = extras_of(p, rows)
            if extras is not None:
                existing = read_manifest(p, version.path) if version.sequence > 1 else None
                told.append(Stored(_told(p, rows, extras, existing), rows.version.etag))
        except (Conflict, Missing):  # there is another manifest than was to be expected
            again.append(version)
        except StorageError as error:
            log.warning("%s cannot be published now: %s", version.path, error)
            whole = False
    announce(p, *[stored.item for stored in told])
    written = commit_all(p.documents, [[Replace(stored.item.row(stored.etag))] for stored in told])
    note_day(p, *[stored.item for stored, etags in zip(told, written, strict=True) if etags])
    again += [stored.item for stored, etags in zip(told, written, strict=True) if etags is None]
    for version in again:
        publish(p, version.document, version.sequence)
    return whole


def _told(p: Pipeline, rows: VersionRows, extras: Extras, existing: Existing | None) -> Version:
    """Writes the manifest, after all that it lists; returns the version as it has ended by it. Raises Conflict."""
    version, parts = rows.version.item, [part.item for part in rows.parts]
    extension = p.extension(version.options["output_format"])
    previous = existing.value if existing else None
    new = manifest.build(
        version,
        parts,
        contents=contents_of(p, version),
        extras=extras,
        extension=extension,
        endpoint=p.settings.speech_endpoint,
        previous=previous,
        ended=p.clock(),
    )
    enter_replaced(p, version, new, previous)
    written = _write(p, version, new, existing)
    event = VersionEvent.FINISH if written["status"] == VersionStatus.FINISHED else VersionEvent.FAIL
    return version.on(event, ended=datetime.fromisoformat(written["ended"]))


@dataclass(frozen=True, slots=True)
class Existing:
    """A manifest as it lies there."""

    value: Mapping[str, Any]
    etag: str


def read_manifest(p: Pipeline, path: str) -> Existing | None:
    """None: there is none."""
    if not naming.has_manifest(path):
        return None
    found = p.results.peek(naming.manifest_blob(path), most=_MOST_OF_A_MANIFEST)
    return Existing(_read(found[1]), found[0].etag) if found else None


def _read(data: bytes) -> Mapping[str, Any]:
    """A manifest that somebody has made unreadable, or that is none, gives way to any."""
    try:
        return manifest.read(json.loads(data))
    except (ValueError, RecursionError):
        return manifest.NONE


def _write(p: Pipeline, version: Version, new: Mapping[str, Any], existing: Existing | None) -> Mapping[str, Any]:
    """Writes the manifest, unless the one there says as much or more; returns the one that holds. Raises Conflict."""
    if not naming.has_manifest(version.path):
        return new  # its row alone tells that its name is too long
    if existing and not manifest.gives_way(existing.value, version, new["status"]):
        return existing.value if existing.value["sequence"] == version.sequence else new
    data = json.dumps(new, ensure_ascii=False, indent=1).encode()
    etag = existing.etag if existing else None
    name = naming.manifest_blob(version.path)
    p.results.write(name, data, content_type="application/json", etag=etag, new=existing is None)
    return new
