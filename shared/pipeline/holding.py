"""Versions over a budget: into HELD, with an entry in `open` and a reason in the row, and out of it again.

The entry comes before the state; what waited for a job goes after it. A release gives each part a new entry of the next
round, so that whoever still reads the version as HELD leaves it alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from shared.domain import estimate, naming
from shared.domain.budgets import DRY_RUN, HELD, Budget, Held, is_too_large, wish_of
from shared.domain.charges import admitted
from shared.domain.documents import Part, PartStatus, Report, Version, VersionEvent, VersionStatus
from shared.domain.packing import READY, Ready, group_of
from shared.errors import Missing
from shared.pipeline.context import Pipeline
from shared.pipeline.spending import budget
from shared.pipeline.store import Stored, VersionRows, commit_all, remove_entries
from shared.ports import Insert, Operation, Replace

log = logging.getLogger(__name__)


def hold(p: Pipeline, found: Sequence[tuple[VersionRows, Report, str]]) -> None:
    """Versions of which nothing is in a job, each with the reason and the stamp of since when. One that is HELD already
    only gets another reason."""
    given = budget(p)
    entries: list[Held] = []
    changes: list[list[Operation]] = []
    for rows, report, since in found:
        version, wish = rows.version.item, wish_of(rows.version.item, rows.items)
        last = is_too_large(wish.characters, given)
        entry = Held.of_version(version, report, wish.characters, since=since, nonce=p.new_id(), last=last)
        held = version if version.status is VersionStatus.HELD else version.on(VersionEvent.HOLD)
        held = replace(held, held=report.as_json(), entry=entry.key)
        if given.dry_run:
            _tell_estimate(p, held, given)
        else:
            _forget_estimate(p, version)
        entries.append(entry)
        changes.append([Replace(held.row(rows.version.etag))])
        log.warning("budget.held: %s, version %d: %s: %s", version.path, version.sequence, report.where, report.why)
    commit_all(p.open, [[Insert(entry.row())] for entry in entries])
    written = commit_all(p.documents, changes)
    done = [rows for (rows, _, _), etags in zip(found, written, strict=True) if etags]
    remove_entries(p, READY, [part.entry for rows in done for part in rows.items if _waits(part)])


def release(p: Pipeline, found: Sequence[tuple[Held, VersionRows]], day: str) -> list[Held]:
    """Their parts wait for a job again. `day`: which was charged with them; "": none. Returns those of which another
    changed the rows first."""
    changes: list[list[Operation]] = []
    ready: list[Ready] = []
    for entry, rows in found:
        version = rows.version.item
        parts = [_ready_again(p, version, stored) for stored in rows.parts if _waits(stored.item)]
        released = version.on(VersionEvent.RELEASE, held=None, entry="")
        released = admitted(released, day, entry.characters) if day else released
        ready += [entry for entry, _ in parts]
        changes.append([Replace(released.row(rows.version.etag)), *[operation for _, operation in parts]])
    commit_all(p.open, [[Insert(entry.row())] for entry in ready])
    written = commit_all(p.documents, changes)
    results = list(zip(found, written, strict=True))
    leave(p, [rows.version.item for (_, rows), etags in results if etags])
    for (entry, _), etags in results:
        if etags:
            log.info("budget.released: %s, version %d", entry.path, entry.sequence)
    return [entry for (entry, _), etags in results if not etags]


def leave(p: Pipeline, versions: Iterable[Version]) -> None:
    """What a hold left behind of versions that are HELD no more."""
    held = [version for version in versions if version.entry]
    remove_entries(p, HELD, [version.entry for version in held])
    for version in held:
        _forget_estimate(p, version)


def _tell_estimate(p: Pipeline, held: Version, given: Budget) -> None:
    data = json.dumps(estimate.build(held, given), ensure_ascii=False, indent=1).encode()
    p.results.write(naming.estimate_blob(held.path), data, content_type="application/json")


def _forget_estimate(p: Pipeline, version: Version) -> None:
    """But a newer version's, which an event that is repeated late may find there."""
    if version.held and version.held["where"] == DRY_RUN:
        name = naming.estimate_blob(version.path)
        with suppress(Missing, ValueError, KeyError, TypeError):  # gone already, or no work of ours
            if json.loads(p.results.read(name))["sequence"] <= version.sequence:
                p.results.delete(name)


def _ready_again(p: Pipeline, version: Version, stored: Stored[Part]) -> tuple[Ready, Operation]:
    part = replace(stored.item, round=stored.item.round + 1)
    entry = Ready.of_part(part, group_of(version.kind, version.options), p.clock(), p.new_id())
    return entry, Replace(replace(part, entry=entry.key).row(stored.etag))


def _waits(part: Part) -> bool:
    return part.status is PartStatus.READY
