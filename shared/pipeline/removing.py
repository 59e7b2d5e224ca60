"""Removes what is left of one version: its files among the results, its kept texts, its rows.

Only names that we give ourselves are removed, never all that lies under a prefix. Each can be repeated.
"""

from __future__ import annotations

import re
from contextlib import suppress

from shared.domain import naming
from shared.domain.manifest import files_of
from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.pipeline.publish import read_manifest
from shared.ports import Delete, Row

_OURS = re.compile(
    r"[0-9]{4,}\.[a-z0-9]{1,8}|[0-9]{4,}\.(?:word|sentence)\.json|(?:combined|book|inputs)\.[a-z0-9]{1,8}"
)
"""Files in a version's folder: audio and times of its inputs, and what is made of them together."""


def remove_files(p: Pipeline, path: str, sequence: int) -> None:
    """But those that the manifest lists."""
    existing = read_manifest(p, path)
    listed = files_of(existing.value) if existing else frozenset()
    folder = naming.result_folder(path, sequence)
    found = (info.name for info in p.results.list(folder))
    p.results.delete_all(name for name in found if _OURS.fullmatch(name.removeprefix(folder)) and name not in listed)


def remove_manifest(p: Pipeline, path: str, *, until: int) -> None:
    """With what it lists, unless it is of a version after `until`."""
    while (existing := read_manifest(p, path)) and existing.value["sequence"] <= until:
        with suppress(Conflict):  # another is there since: read again
            p.results.delete(naming.manifest_blob(path), etag=existing.etag)
            p.results.delete_all(sorted(files_of(existing.value)))
            return


def remove_kept(p: Pipeline, document: str, sequence: int) -> None:
    p.work.delete_all(info.name for info in p.work.list(naming.inputs_prefix(document, sequence)))


def remove_rows(p: Pipeline, document: str, sequence: int, *, but_the_versions: bool = False) -> None:
    """At once: a version without its parts, or the reverse, would stand in the way of the document's next content."""
    key = naming.version_key(document, sequence)
    rows = p.documents.query(naming.partition_of(document), start=key, end=key + naming.END)
    gone = [
        Delete(Row(partition=row.partition, key=row.key, values={}))
        for row in rows
        if not (but_the_versions and row.key == key)
    ]
    with suppress(Conflict):  # another removes them too
        if gone:
            p.documents.commit(gone)
