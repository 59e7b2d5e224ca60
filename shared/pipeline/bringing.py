"""Brings over what a changed document has in common with its last finished version: files of its manifest, copied.

Under the new version's rows, so that only its own handlers write into its folder. Repeated, it copies the same bytes;
what is gone at the copy is sent, and paid, after all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.domain import naming
from shared.domain.billing import recounted
from shared.domain.documents import UNDER_WAY, Part, PartStatus, SpokenInput, Version
from shared.domain.extras import BOUNDARIES
from shared.domain.manifest import LISTED
from shared.domain.packing import READY, Ready, group_of
from shared.domain.reuse import Listed, brought, listed_in, to_be_copied
from shared.errors import Conflict, Missing
from shared.pipeline.context import Pipeline
from shared.pipeline.keeping import texts_to_count
from shared.pipeline.publish import read_manifest
from shared.pipeline.store import VersionRows, commit_all, remove_entries, version_rows
from shared.ports import Insert, Operation, Replace


def bring_over(p: Pipeline, document: str, sequence: int) -> None:
    """Copies what is to be taken over, and marks it. Does nothing where all is there, or the version has ended.

    Raises StorageError.
    """
    while not _brought_over(p, document, sequence):
        pass


def _brought_over(p: Pipeline, document: str, sequence: int) -> bool:
    """One try; False after a conflict: read again."""
    rows = version_rows(p, document, sequence)
    if rows is None or rows.version.item.status not in UNDER_WAY:
        return True
    waiting = [stored for stored in rows.parts if to_be_copied(stored.item)]
    if not waiting:
        return True
    version = rows.version.item
    listed = _listed(p, version)
    changed = [_part_brought(p, version, stored.item, listed) for stored in waiting]
    if any(part.reuse or part.round > old.item.round for part, old in zip(changed, waiting, strict=True)):
        texts = texts_to_count(p, version)
        changed = [recounted(part, texts, version.kind) for part in changed]
    return _written(p, rows, changed)


def _listed(p: Pipeline, version: Version) -> Listed:
    """Nothing, where another version was published since."""
    existing = read_manifest(p, version.path)
    lists = [existing.value.get(name) for name in LISTED] if existing else []
    return next((listed_in(found) for found in lists if found and found["sequence"] == version.reuses), {})


def _part_brought(p: Pipeline, version: Version, part: Part, listed: Listed) -> Part:
    copied: list[SpokenInput] = []
    missing: list[int] = []
    for number, old in to_be_copied(part):
        item = listed.get(old)
        if item and _is_copied(p, version, number, item):
            copied.append(
                SpokenInput(
                    number=number,
                    sha256=str(item["text_sha256"]),
                    characters=int(item["characters"]),
                    bytes=int(item["bytes"]),
                    duration_ms=int(item["duration_ms"]),
                    job="",
                )
            )
        else:
            missing.append(number)
    return brought(part, copied, missing)


def _is_copied(p: Pipeline, version: Version, number: int, item: Mapping[str, Any]) -> bool:
    """Its audio, and its times where they are listed; False where one of these is gone."""
    extension = str(item["file"]).rpartition(".")[2]
    names = {"file": naming.result_blob(version.path, version.sequence, number, extension)}
    for member, kind in BOUNDARIES.items():
        names[member] = naming.boundary_blob(version.path, version.sequence, number, kind)
    return all(_copied(p, str(item[member]), name) for member, name in names.items() if member in item)


def _copied(p: Pipeline, file: str, name: str) -> bool:
    info = p.results.head(file)
    if info is None:
        return False
    try:
        p.results.copy(file, name, content_type=info.content_type, known=info)
    except Missing:
        return False
    return True


def _written(p: Pipeline, rows: VersionRows, changed: list[Part]) -> bool:
    """What is to be sent after all has its entry in `open` before the state; one of less, that it had, goes after."""
    version = rows.version.item
    group = group_of(version.kind, version.options)
    operations: list[Operation] = []
    entries: list[Ready] = []
    stale: list[str] = []
    for part in changed:
        stored = rows.part(part.part)
        assert stored, "it was read"
        if part.round > stored.item.round:
            stale += [stored.item.entry] if stored.item.entry else []
            entries.append(Ready.of_part(part, group, p.clock(), p.new_id()))
            part = replace(part, entry=entries[-1].key)
        rows = rows.with_items(_counted(rows.version.item, stored.item, part), part)
        operations.append(Replace(part.row(stored.etag)))
    commit_all(p.open, [[Insert(entry.row())] for entry in entries])
    try:
        p.documents.commit([Replace(rows.version.item.row(rows.version.etag)), *operations])
    except Conflict:
        return False
    remove_entries(p, READY, stale)
    return True


def _counted(version: Version, before: Part, part: Part) -> Version:
    ended = part.status is PartStatus.DONE and before.status is not PartStatus.DONE
    return replace(version, parts_done=version.parts_done + ended)
