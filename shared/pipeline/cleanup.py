"""What is to be removed later, as entries in `open` written before the state that makes it so; `collector` does it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.domain import naming
from shared.domain.documents import Version, VersionStatus
from shared.domain.manifest import files_of
from shared.pipeline.context import Pipeline
from shared.ports import Row, Value

CLEANUP = "cleanup"
"""The partition of `open` that holds what is to be removed."""


def enter_cleanup(p: Pipeline, after: timedelta, **what: Value) -> None:
    key = naming.entry_key(p.clock() + after, p.new_id())
    p.open.insert(Row(partition=CLEANUP, key=key, values=what))


def enter_leftover(p: Pipeline, version: Version) -> None:
    """Of a version that a newer one is about to end: no manifest lists what handlers have made of it, or still make."""
    enter_cleanup(p, p.longest_life, leftover=version.path, document=version.document, sequence=version.sequence)


def enter_replaced(p: Pipeline, version: Version, new: Mapping[str, Any], existing: Mapping[str, Any] | None) -> None:
    """What a finished version needs no more, and what of the audio before it the new manifest lists no more: to be
    removed a day later, so that who has just read the manifest can still read its files."""
    if new["status"] != VersionStatus.FINISHED:
        return
    after = timedelta(seconds=p.settings.replaced_files_seconds)
    files = files_of(existing or {}) - files_of(new)
    if files:
        name = f"replaced/{version.document}/{version.sequence:08d}.json"
        data = json.dumps({"path": version.path, "files": sorted(files)}).encode()
        p.work.write(name, data, content_type="application/json")
        enter_cleanup(p, after, files=name)
    if version.kept:
        enter_cleanup(p, after, kept=version.kept)
