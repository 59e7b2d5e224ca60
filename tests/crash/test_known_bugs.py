"""The harness is not blind: with one rule of the protocol off, kills, faults or hosts at once show what it prevented.

Where nothing of that comes, nobody notices: the code without the rule still does its work.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.batchapi.versions import GA, PREVIEW
from shared.domain import manifest
from shared.domain.documents import PartEvent, VersionStatus
from shared.domain.jobs import Job, JobStatus, Verdict
from shared.domain.packing import READY
from shared.pipeline import admitting, claiming, finish, intake, poll, publish, returning, send, submit, sweep
from shared.pipeline.finishing import conclude
from shared.pipeline.returning import Fate
from shared.pipeline.store import read_job, remove_entries, version_rows, write_job
from shared.ports import Operation, Replace, Row
from tests.crash.child import Scenario, count_effects, survive
from tests.crash.interleaving import Host, Town, interleave
from tests.crash.scenarios import days_have_turned, given_up_and_retried, missed_events, note, stopped_for_long
from tests.crash.world import Violation, World

SEEDS = 400
ALL = os.environ.get("KNOWN_BUGS") == "all"
"""Those that take long to be found as well."""

Change = Callable[..., Any]
"""Called with the real function, then with its arguments."""


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A rule of the protocol, what the code does without it, and where that is found."""

    rule: str
    changes: Mapping[tuple[Any, str], Change]
    """By module and name."""
    found_as: str
    scenario: Scenario | None = None
    """Where a kill finds it; None: hosts at once do, in `town`."""
    needs_kill: bool = True
    """False: the scenario's own fault is enough."""
    town: Callable[[Town], None] = lambda town: None
    is_hard: bool = False
    """It takes many runs to be found."""


class Around:
    """A port with another method or two."""

    def __init__(self, port: Any, **methods: Callable[..., Any]) -> None:
        self._port, self._methods = port, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._port, name)


def with_replacing_commits(table: Any, change: Callable[[Operation], Operation | None]) -> Any:
    def commit(operations: Sequence[Operation]) -> Any:
        return table.commit([changed for operation in operations if (changed := change(operation))])

    return Around(table, commit=commit)


def always(value: object) -> Change:
    return lambda real, *args, **kwargs: value


def create_before_the_seal(real: Any, p: Any, planned: Any, request: Any, claims: Any, **kwargs: Any) -> Any:
    link = p.results.writable_link(starts=p.clock(), expires=p.clock() + timedelta(days=1))
    p.speech.create(planned.item.id, request.synthesis(destination=link, folder="_jobs"))
    return real(p, planned, request, claims, **kwargs)


def claim_without_etag(real: Any, table: Any, changes: Any) -> Any:
    def current(operation: Operation) -> Operation:
        if not isinstance(operation, Replace):
            return operation
        row = table.get(operation.row.partition, operation.row.key)
        return Replace(replace(operation.row, etag=row.etag))

    return real(with_replacing_commits(table, current), changes)


def lease_that_ends_at_once(real: Any, p: Any, stored: Any) -> Any:
    leased = real(p, stored)
    return leased and write_job(p, replace(leased.item, unknown_until=p.clock()), leased.etag)


def renewed_without_another_look(real: Any, p: Any, leased: Any) -> Any:
    renewed = real(p, leased)
    looks_long = renewed and replace(renewed.item, lease_until=renewed.item.lease_until + timedelta(hours=1))
    return renewed and replace(renewed, item=looks_long)


def manifest_without_if_match(real: Any, p: Any, *args: Any) -> Any:
    def write(name: str, data: bytes, *, content_type: str, etag: str | None, new: bool) -> Any:
        return p.results.write(name, data, content_type=content_type)

    return real(replace(p, results=Around(p.results, write=write)), *args)


def entry_removed_before_the_seal(real: Any, p: Any, planned: Any, request: Any, parts: Any, **kwargs: Any) -> Any:
    remove_entries(p, READY, [entry.key for entry in parts])
    return real(p, planned, request, parts, **kwargs)


def released_while_planned(real: Any, p: Any, entry: Any, stored: Any, sealed: Any) -> Any:
    job = read_job(p, stored.item.job)
    if job and job.item.status == "PLANNED":
        back = stored.item.on(PartEvent.GIVE_BACK, job="", entry=entry.key)
        p.documents.replace(back.row(stored.etag))
        return Fate.KEEP
    return real(p, entry, stored, sealed)


def refusal_believed_without_a_get(real: Any, p: Any, leased: Any, before: Any, error: Any) -> bool:
    conclude(p, leased, Verdict.REFUSED, why=str(error))
    return True


def version_that_supersedes_none(real: Any, p: Any, *args: Any) -> Any:
    def kept(operation: Operation) -> Operation | None:
        return None if operation.row.values.get("status") == VersionStatus.SUPERSEDED else operation

    return real(replace(p, documents=with_replacing_commits(p.documents, kept)), *args)


def mark_before_the_blobs(real: Any, p: Any, info: Any) -> Any:
    row = p.app.get(*sweep._STATE)
    sweep._written(p, sweep.State(mark=p.clock()), row.etag if row else "")
    return real(p, info)


def marked_and_passed_by(real: Any, p: Any, job: Any, share: Any, copier: Any) -> Any:
    rows = version_rows(p, share.document, share.sequence)
    ours = rows and any(finish._is_ours(rows, sent.number, job) for sent in share.parts)
    return real(p, job, share, copier) if ours else None


def only_newer_ones(real: Any, existing: Any, version: Any, status: str) -> bool:
    return bool(existing["sequence"] < version.sequence)


def version_before_its_entries(real: Any, p: Any, *args: Any) -> Any:
    late: list[Any] = []

    def commit(operations: Any) -> Any:
        late.append(operations)
        return [""] * len(operations)

    real(replace(p, open=Around(p.open, commit=commit)), *args)
    for operations in late:
        p.open.commit(operations)


def slice_noted_before_its_documents(real: Any, p: Any, job: Any, shares: Any) -> Any:
    finish._end_slice(p, job.id, shares[0].parts[0].index // job.slice_documents)
    return real(p, job, shares)


def charged_last(real: Any, p: Any, *args: Any) -> Any:
    late: list[Sequence[Operation]] = []
    passed = real(replace(p, days=Around(p.days, commit=partial(put_off, late))), *args)
    for operations in late:
        p.days.commit(operations)
    return passed


def held_before_its_entry(real: Any, p: Any, *args: Any) -> None:
    late: list[Sequence[Operation]] = []
    real(replace(p, open=Around(p.open, commit=partial(put_off, late))), *args)
    for operations in late:
        p.open.commit(operations)


def put_off(late: list[Sequence[Operation]], operations: Sequence[Operation]) -> tuple[str, ...]:
    late.append(operations)
    return ("later",) * len(operations)


def two_notes_on_a_budget_of_one(world: World) -> None:
    world.settings = replace(world.settings, daily_characters=len(note("a")))
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))
    world.later.append(lambda: days_have_turned(world))


def one_note(world: World) -> None:
    world.drop("a.txt", note("a"))


def emptied_again_and_again(town: Town) -> None:
    """An owner who cannot decide: versions without anything to send are published in quick succession."""
    town.acts = [town.will_drop("a.txt", " " * n) for n in range(30)]
    town.weights[Host.owner] = 6


def preview(town: Town) -> None:
    """A version that draws ids itself, and lists at once, so that its window may be short; pollers at every turn."""
    town.speak(PREVIEW)
    town.settings = replace(town.settings, accept_window_seconds=0.2)
    town.late.faults, town.late.listed_after = ["429 bare"] * 6, 0
    town.weights[Host.timer] = 20


def slow_storage_in_preview(town: Town) -> None:
    """A job's request takes most of a lease to read; the first renewals are written when they are over themselves."""
    preview(town)
    town.settings = replace(town.settings, lease_seconds=5)
    town.late.faults = ["429 bare"] * 6
    town.work = Around(town.work, read=slow(town, town.work.read, 4))
    jobs, slow_ones = town.tables["jobs"], [10.0] * 12

    def written(row: Row) -> Row:
        before = Job.of(jobs.get(row.partition, row.key))
        stored: Row = jobs.replace(row)
        is_renewal = before.lease_until and before.creates == Job.of(row).creates and "lease_until" in row.values
        if is_renewal and before.status is JobStatus.SEALED and slow_ones:
            town.advance(slow_ones.pop())
        return stored

    town.tables["jobs"] = Around(jobs, replace=written)


def slow(town: Town, call: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slowly(*args: Any, **kwargs: Any) -> Any:
        value = call(*args, **kwargs)
        town.advance(seconds)
        return value

    return slowly


def lost_replies_in_preview(town: Town) -> None:
    town.speak(PREVIEW)
    town.late.faults = ["late"] * 4


def refused_while_another_is_on_its_way(town: Town) -> None:
    """A job of several documents; its first create arrives late, and meanwhile the endpoint refuses it, once."""
    town.speak(GA)
    town.late.faults = ["", "late", "400 once", "late", "400 once"]
    values = {"verdict": "works", "since": town.clock.now.isoformat()}
    town.tables["app"].insert(Row(partition="endpoint", key="destination", values=values))
    for name in "def":
        town.drop(f"{name}.txt", note(name))


def many_drops(town: Town) -> None:
    town.acts += [town.will_drop("a.txt", note(f"again {n}")) for n in range(6)]


def reply_lost_in_company(world: World) -> None:
    """The second job, of two documents, is accepted, and its sender does not learn it."""
    world.endpoint.faults = ["", "lost reply"]
    for name in "abc":
        world.drop(f"{name}.txt", note(name))


BUGS = (
    Bug(
        rule="the job row, the claims and the seal come before the create",
        changes={(submit, "_seal"): create_before_the_seal},
        found_as="paid twice",
        scenario=one_note,
    ),
    Bug(
        rule="a part goes READY to PACKED by ETag",
        changes={(claiming, "commit_all"): claim_without_etag},
        found_as="paid twice|rows|lost",
    ),
    Bug(
        rule="a successor waits past the lease's end, and counts the window from there",
        changes={
            (send, "lease_is_over"): always(True),
            (poll, "lease_is_over"): always(True),
            (send, "_lease"): lease_that_ends_at_once,
        },
        found_as="paid twice",
        town=preview,
        is_hard=True,
    ),
    Bug(
        rule="a sender looks at its lease last of all before the create, after each renewal",
        changes={(send, "_renewed"): renewed_without_another_look},
        found_as="paid twice",
        town=slow_storage_in_preview,
        is_hard=True,
    ),
    Bug(
        rule="a preview create of unknown outcome waits for the window",
        changes={(send, "_window"): always(timedelta(0))},
        found_as="paid twice",
        town=lost_replies_in_preview,
    ),
    Bug(
        rule="the manifest is replaced with If-Match",
        changes={(publish, "_write"): manifest_without_if_match},
        found_as="mixed|lost: the manifest",
        town=emptied_again_and_again,
    ),
    Bug(
        rule="an entry whose state is not entered yet is stale only after a handler's longest life",
        changes={(returning, "is_old"): always(True), (poll, "is_old"): always(True)},
        found_as="lost",
        is_hard=True,
    ),
    Bug(
        rule="a part keeps its entry until a sealed job lists it",
        changes={(submit, "_seal"): entry_removed_before_the_seal},
        found_as="lost",
        scenario=one_note,
    ),
    Bug(
        rule="a job is let go first, only then are its parts released",
        changes={(returning, "_by_its_job"): released_while_planned},
        found_as="paid twice|rows|lost",
        is_hard=True,
    ),
    Bug(
        rule="a refusal is believed only after a GET finds nothing",
        changes={(send, "_refused"): refusal_believed_without_a_get},
        found_as="paid twice",
        scenario=reply_lost_in_company,
        needs_kill=False,
    ),
    Bug(
        rule="after an unknown create that GET comes a window later",
        changes={(send, "_is_settled"): always(True)},
        found_as="paid twice",
        town=refused_while_another_is_on_its_way,
    ),
    Bug(
        rule="what may have been accepted is never sent again after the deadline",
        changes={(send, "is_too_late"): always(False), (poll, "is_too_late"): always(False)},
        found_as="paid twice",
        scenario=stopped_for_long,
    ),
    Bug(
        rule="the transaction that inserts a version ends the one before",
        changes={(intake, "_commit"): version_that_supersedes_none},
        found_as="lost|rows",
        town=many_drops,
    ),
    Bug(
        rule="entries come before the version that they stand for",
        changes={(intake, "_commit"): version_before_its_entries},
        found_as="lost",
        scenario=one_note,
    ),
    Bug(
        rule="a sweep moves its mark only past blobs whose version has rows",
        changes={(sweep, "_is_taken_in"): mark_before_the_blobs},
        found_as="lost",
        scenario=missed_events,
    ),
    Bug(
        rule="whoever finds all parts ended and the version not, publishes",
        changes={(finish, "_gathered"): marked_and_passed_by},
        found_as="lost",
        scenario=one_note,
    ),
    Bug(
        rule="a slice is noted when its documents are done",
        changes={(finish, "_is_finished"): slice_noted_before_its_documents},
        found_as="lost",
        scenario=one_note,
        is_hard=True,
    ),
    Bug(
        rule="a charge is written before its version is marked as admitted",
        changes={(admitting, "_marked"): charged_last},
        found_as="budget",
        scenario=two_notes_on_a_budget_of_one,
    ),
    Bug(
        rule="the entry of a version that is held comes before the state",
        changes={(admitting, "hold"): held_before_its_entry},
        found_as="lost",
        scenario=two_notes_on_a_budget_of_one,
        is_hard=True,
    ),
    Bug(
        rule="a manifest that says FAILED gives way to one of the same sequence that says FINISHED",
        changes={(manifest, "gives_way"): only_newer_ones},
        found_as="rows",
        scenario=given_up_and_retried,
        needs_kill=False,
    ),
)


def runs_of(bug: Bug) -> Iterator[Callable[[], object]]:
    """Raises Violation where one breaks what has neither a kill nor a fault."""
    scenario = bug.scenario if bug.scenario and bug.needs_kill else one_note
    points = range(2 * len(count_effects(scenario)))
    if bug.scenario is None:
        return (partial(interleave, seed, bug.town) for seed in range(SEEDS))
    if not bug.needs_kill:
        return iter([partial(count_effects, bug.scenario)])
    return (partial(survive, bug.scenario, point) for point in points)


TRIED = [bug for bug in BUGS if ALL or not bug.is_hard]


@pytest.mark.parametrize("bug", TRIED, ids=[bug.rule for bug in TRIED])
def test_a_harness_finds_what_the_code_does_without_a_rule(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_PART_INPUTS", 1)
    for (module, name), change in bug.changes.items():
        monkeypatch.setattr(module, name, partial(change, getattr(module, name)))
    runs = runs_of(bug)
    with pytest.raises(Violation, match=bug.found_as):
        deque((run() for run in runs), maxlen=0)
