"""Publishes a version whose parts have all ended: manifest, status, row of the day. Whoever finds one does it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain import manifest, naming
from shared.domain.documents import Version, VersionEvent, VersionStatus
from shared.errors import Conflict, Missing
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.keeping import contents_of
from shared.pipeline.store import newest_version, version_rows


def publish(p: Pipeline, document: str, sequence: int) -> None:
    """Does nothing where the version has ended, has parts still under way, or is not the newest."""
    while not _published(p, document, sequence):
        pass


def _published(p: Pipeline, document: str, sequence: int) -> bool:
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
    try:
        existing = read_manifest(p, version.path)
        parts = [part.item for part in rows.parts]
        extension = p.extension(version.options["output_format"])
        new = manifest.build(
            version,
            parts,
            contents=contents_of(p, version),
            extension=extension,
            previous=existing.value if existing else None,
            ended=p.clock(),
        )
        written = _write(p, version, new, existing)
        event = VersionEvent.FINISH if written["status"] == VersionStatus.FINISHED else VersionEvent.FAIL
        version = version.on(event, ended=datetime.fromisoformat(written["ended"]))
        p.documents.replace(version.row(rows.version.etag))
        note_day(p, version)
    except (Conflict, Missing):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Existing:
    """A manifest as it lies there."""

    value: Mapping[str, Any]
    etag: str


def read_manifest(p: Pipeline, path: str) -> Existing | None:
    """None: there is none. Raises Conflict or Missing where it is being replaced right now."""
    name = naming.manifest_blob(path)
    info = p.results.head(name)
    return Existing(_read(p.results.read(name, etag=info.etag)), info.etag) if info else None


def _read(data: bytes) -> Mapping[str, Any]:
    """A manifest that somebody has made unreadable, or that is none, gives way to any."""
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    return value if isinstance(value, dict) and "sequence" in value else {"sequence": 0, "status": "", "audio": None}


def _write(p: Pipeline, version: Version, new: Mapping[str, Any], existing: Existing | None) -> Mapping[str, Any]:
    """Writes the manifest, unless the one there says as much or more; returns the one that holds. Raises Conflict."""
    if existing and not manifest.gives_way(existing.value, version, new["status"]):
        return existing.value if existing.value["sequence"] == version.sequence else new
    data = json.dumps(new, ensure_ascii=False, indent=1).encode()
    etag = existing.etag if existing else None
    name = naming.manifest_blob(version.path)
    p.results.write(name, data, content_type="application/json", etag=etag, new=existing is None)
    return new
