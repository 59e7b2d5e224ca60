"""Who may be sent on the budget: of what a packer would claim, and of what is held. See docs/protocol.md, Budgets.

Only who has the packer's lease admits, so that no two spend the same characters. Where no budget is set nothing is read
and nothing written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain import budgets, charges, naming
from shared.domain.budgets import HELD, Decision, Held, Spent, Wish
from shared.domain.documents import VersionStatus
from shared.domain.rows import SchemaError
from shared.pipeline import measuring
from shared.pipeline.claiming import Candidate
from shared.pipeline.context import Pipeline
from shared.pipeline.days import note_day
from shared.pipeline.holding import hold, release
from shared.pipeline.packer import PackerLease
from shared.pipeline.returning import is_old
from shared.pipeline.sources import is_still_there
from shared.pipeline.spending import budget, charge, day_of, spent, take_back
from shared.pipeline.store import Stored, VersionRows, commit_all, remove_entries, version_rows
from shared.ports import Replace

log = logging.getLogger(__name__)

MOST_HELD = 1000
"""Of the held, looked at in one go, the oldest: one page."""

Keep = Callable[[], bool]
"""Keeps the packer's lease; False: it is lost, and another may be admitting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What is decided, on what ground."""

    day: str
    """That is charged; "": there is no budget."""
    known: Spent
    waiting: Sequence[Held]
    decision: Decision


def admitted(p: Pipeline, found: Iterator[Candidate], keep: Keep) -> Iterator[Candidate]:
    """Those of the candidates that may be sent; the others are held. What was held before, and fits, goes first."""
    return iter(_admitted(p, list(found), keep)) if budget(p).is_set else found


def _admitted(p: Pipeline, found: Sequence[Candidate], keep: Keep) -> list[Candidate]:
    undecided = {_wish(c).charge: c for c in found if not budgets.is_decided(c.rows.version.item, c.rows.items)}
    if not undecided:
        return list(found)
    decided = _decided(p, [_wish(c) for c in undecided.values()])
    _apply_to_held(p, decided, keep)
    if not keep():
        return []
    since = naming.stamp(p.clock())
    over = [(c.rows, report, since) for name, c in undecided.items() if (report := decided.decision.held.get(name))]
    hold(p, over)
    passed = _marked(p, decided, [c for name, c in undecided.items() if name in decided.decision.admitted])
    return [passed.get(name, c) for c in found if (name := _wish(c).charge) in passed or name not in undecided]


def release_held(p: Pipeline) -> None:
    """The timer's part: the day has turned, or a limit was raised or taken away."""
    lease = PackerLease(p)
    if lease.take():
        _apply_to_held(p, _decided(p, ()), lease.keep)
        lease.let_go()


def _wish(candidate: Candidate) -> Wish:
    return budgets.wish_of(candidate.rows.version.item, candidate.rows.items)


def _decided(p: Pipeline, wishes: Iterable[Wish]) -> _Round:
    given = budget(p)
    waiting = list({held.wish.charge: held for held in map(Held.of, p.open.query(HELD, limit=MOST_HELD))}.values())
    known = spent(p) if given.is_set else Spent()
    decision = budgets.decide([*[held.wish for held in waiting], *wishes], known, given)
    measuring.budget_used(p, decision)
    day = day_of(p.clock()) if given.is_set else ""
    return _Round(day=day, known=known, waiting=waiting, decision=decision)


def _apply_to_held(p: Pipeline, decided: _Round, keep: Keep) -> None:
    """Releases what fits, and tells of the others why they wait, where that has changed."""
    fitting = [held for held in decided.waiting if held.wish.charge in decided.decision.admitted]
    found = [(h, rows) for h in fitting if (rows := _rows_of(p, h)) and is_still_there(p, rows.version.item)]
    if found and keep():
        _charge(p, decided, [held.wish for held, _ in found])
        for held in release(p, found, decided.day):
            _take_back(p, decided, held.wish, held.document, held.sequence)
    reports = [(held, decided.decision.held.get(held.wish.charge)) for held in decided.waiting]
    changed = [(held, report) for held, report in reports if report and report.why != held.why]
    hold(p, [(rows, report, held.since) for held, report in changed if (rows := _rows_of(p, held))])


def _rows_of(p: Pipeline, held: Held) -> VersionRows | None:
    """None: it stands for no held version. It goes, where nobody can be about to enter its state."""
    try:
        rows = version_rows(p, held.document, held.sequence)
    except SchemaError as error:
        log.warning("%s, version %d, stays held: %s", held.path, held.sequence, error)
        return None
    version = rows.version.item if rows else None
    if version and version.status is VersionStatus.HELD and version.entry == held.key:
        return rows
    may_come = version is None or (version.status is VersionStatus.PENDING and not charges.is_admitted(version))
    if version and version.ended:
        note_day(p, version)  # if whoever ended it was killed before it did
    if not may_come or is_old(p, held.since):
        remove_entries(p, HELD, [held.key])
    return None


def _marked(p: Pipeline, decided: _Round, chosen: Sequence[Candidate]) -> dict[str, Candidate]:
    """The chosen as admitted, by charge; less those whose rows another has changed meanwhile."""
    wishes = [_wish(c) for c in chosen]
    _charge(p, decided, wishes)
    versions = [
        charges.admitted(c.rows.version.item, decided.day, wish.characters)
        for c, wish in zip(chosen, wishes, strict=True)
    ]
    changes = [[Replace(v.row(c.rows.version.etag))] for v, c in zip(versions, chosen, strict=True)]
    passed: dict[str, Candidate] = {}
    for c, wish, version, etags in zip(chosen, wishes, versions, commit_all(p.documents, changes), strict=True):
        if etags:
            passed[wish.charge] = replace(c, rows=replace(c.rows, version=Stored(version, etags[0])))
        else:
            _take_back(p, decided, wish, version.document, version.sequence)
    return passed


def _charge(p: Pipeline, decided: _Round, wishes: Sequence[Wish]) -> None:
    if decided.day:
        charge(p, decided.day, wishes, decided.known)


def _take_back(p: Pipeline, decided: _Round, wish: Wish, document: str, sequence: int) -> None:
    """The charge of a version that ended before it was admitted; any other version's is found again."""
    rows = version_rows(p, document, sequence)
    version = rows.version.item if rows else None
    if decided.day and (version is None or (version.ended and not charges.is_admitted(version))):
        take_back(p, decided.day, wish.charge)
