"""From a blob in the inbox to a version with parts that wait in `open`, or with a report to publish.

One try gathers the rows and then the blob, drafts the version that follows, and applies the draft in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain import naming
from shared.domain.billing import with_estimate
from shared.domain.documents import UNDER_WAY, Part, PartStatus, Report, Version, VersionEvent
from shared.domain.manifest import LISTED, NONE, borders_in
from shared.domain.packing import Ready, group_of
from shared.domain.parting import parts_of
from shared.domain.reuse import taken_over, with_reuse
from shared.domain.wording import Wording, worded
from shared.errors import Conflict, InputError, Missing
from shared.extract import Extracted
from shared.pipeline import measuring
from shared.pipeline.bringing import bring_over
from shared.pipeline.cleanup import enter_leftover
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.finishing import FINISHING, version_entry
from shared.pipeline.keeping import keep
from shared.pipeline.looking import Seen, check, count_start, extracted, look, sequence_before
from shared.pipeline.options import default_options, options_of
from shared.pipeline.publish import publish, read_manifest
from shared.pipeline.store import commit_all, remove_entries
from shared.pipeline.submit import submit_soon
from shared.ports import BlobInfo, Delete, Insert, Operation, Replace, Row

MAX_PART_INPUTS = 200
"""So that a part's results fit into one property of its row: 32,000 characters, at most 154 for an input."""


def intake(p: Pipeline, path: str) -> None:
    """Takes in what lies at `path` now, unless its version is there already, and submits what waits."""
    take_in(p, path)
    submit_soon(p)


def take_in(p: Pipeline, path: str, *, listed: BlobInfo | None = None, anew: int = 0) -> None:
    """The first half of `intake`, for whoever submits after many.

    `listed`: the blob as a list showed it, so that one that has its version is not looked at. `anew`: the sequence of
    the newest version, which is to be followed by another of the same content, all of it spoken again.
    """
    while not _taken_in(p, path, listed, anew):
        pass


def _taken_in(p: Pipeline, path: str, listed: BlobInfo | None, anew: int) -> bool:
    """One try; False after a conflict: read again."""
    seen = look(p, path, listed, anew)
    if seen is None:
        return True
    try:
        before = seen.newest.item.sequence if seen.newest else sequence_before(p, seen.info)
        if before is not None:
            begun = seen.starts if seen.is_light else count_start(p, seen)
            draft = _draft(p, seen, before + 1)
            _commit(p, seen, _kept(p, draft), begun)
    except (Conflict, Missing):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """The version to be. One that cannot be used, or has nothing to send, has no parts."""

    version: Version
    parts: tuple[Part, ...] = ()
    texts: tuple[str, ...] = ()
    """What is sent of all its inputs."""
    spoken: Extracted | None = None
    """What they were made of."""


def _draft(p: Pipeline, seen: Seen, sequence: int) -> _Draft:
    info = seen.info
    version = Version(
        document=naming.document_of(info.name),
        sequence=sequence,
        path=info.name,
        source_etag=info.etag,
        source_bytes=info.size,
        options=default_options(p).as_json(),
        created=p.clock(),
    )
    try:
        check(p, seen)
        options = options_of(p, info)
        existing = read_manifest(p, info.name) if sequence > 1 and not seen.anew else None
        before = existing.value if existing else NONE
        spoken = extracted(p, seen, borders_in(before))
        wording = worded(spoken.kind, spoken.inputs, options, p.api)
        parts = parts_of(version, wording.texts, limits=p.limits, most_inputs=MAX_PART_INPUTS)
    except InputError as error:
        report = Report(where=error.where, why=error.why, remedy=error.remedy)
        return _Draft(version=replace(version, error=report.as_json()))
    version = _with_texts(version, wording, parts)
    draft = _Draft(version=version, parts=parts, texts=wording.texts, spoken=spoken)
    draft = _with_reuse(p, draft, wording, before)
    version, parts = with_estimate(draft.version, draft.parts, wording.texts)
    return replace(draft, version=version, parts=parts)


def _with_reuse(p: Pipeline, draft: _Draft, wording: Wording, before: Mapping[str, Any]) -> _Draft:
    """Less what the manifest from before lists of the same texts, made in the same way."""
    lists = [found for name in LISTED if (found := before.get(name))]
    pairs = [taken_over(wording, found, p.settings.speech_endpoint) for found in lists]
    most = max(pairs, key=len, default={})
    if not most:
        return draft
    parts = tuple(with_reuse(part, most) for part in draft.parts)
    return replace(draft, version=replace(draft.version, reuses=lists[pairs.index(most)]["sequence"]), parts=parts)


def _with_texts(version: Version, wording: Wording, parts: Sequence[Part]) -> Version:
    return replace(
        version,
        kind=wording.kind.value,
        options=wording.options.as_json(),
        parts=len(parts),
        inputs=len(wording.texts),
        characters=sum(map(len, wording.texts)),
    )


def _kept(p: Pipeline, draft: _Draft) -> _Draft:
    """So that no later release moves a border."""
    if draft.spoken is None:
        return draft
    return replace(draft, version=keep(p, draft.version, draft.texts, draft.spoken))


def _commit(p: Pipeline, seen: Seen, draft: _Draft, begun: Row | None) -> None:
    """The `open` entries first, then the version with its parts and the end of the one before, at once."""
    now, version = p.clock(), draft.version
    parts, entries = _with_entries(p, draft, now)
    commit_all(p.open, [[Insert(entry)] for entry in entries])
    operations: list[Operation] = [Insert(version.row())]
    operations += [Delete(replace(begun, etag=""))] if begun else []
    operations += [Insert(part.row()) for part in parts]
    superseded = None
    if seen.newest and seen.newest.item.status in UNDER_WAY:
        enter_leftover(p, seen.newest.item)
        superseded = seen.newest.item.on(VersionEvent.SUPERSEDE, ended=now)
        operations.append(Replace(superseded.row(seen.newest.etag)))
    p.documents.commit(operations)
    if not seen.anew:
        measuring.noticed(p, seen.info, version)
    if superseded:
        note_day(p, superseded)
    to_finish = [entry.key for entry in entries if entry.partition == FINISHING]
    if to_finish:
        bring_over(p, version.document, version.sequence)
        publish(p, version.document, version.sequence)
        remove_entries(p, FINISHING, to_finish)


def _with_entries(p: Pipeline, draft: _Draft, now: datetime) -> tuple[list[Part], list[Row]]:
    """The parts, and the entries in `open`: of those that are to be sent, and of what is done without sending."""
    version, parts, entries = draft.version, list[Part](), list[Row]()
    group = group_of(version.kind, version.options)
    for part in draft.parts:
        if part.status is PartStatus.READY:
            entry = Ready.of_part(part, group, now, p.new_id())
            part = replace(part, entry=entry.key)
            entries.append(entry.row())
        parts.append(part)
    if version.reuses or not parts:
        entries.append(version_entry(p, version))
    return parts, entries
