"""The harness is not blind: with one rule of the protocol off, kills or hosts at once show what it prevented."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain.jobs import Verdict
from shared.domain.packing import READY
from shared.pipeline import claiming, finish, intake, publish, send, submit, sweep
from shared.pipeline.finishing import conclude
from shared.pipeline.store import remove_entries
from shared.ports import Operation, Replace
from tests.crash.child import Scenario, count_effects, survive
from tests.crash.interleaving import Host, Town, interleave
from tests.crash.scenarios import missed_events, note
from tests.crash.world import Violation, World

SEEDS = 250


@dataclass
class Unconditional:
    """A table whose replacing writes succeed whatever was written since."""

    table: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def commit(self, operations: Sequence[Operation]) -> Any:
        return self.table.commit([self._current(operation) for operation in operations])

    def _current(self, operation: Operation) -> Operation:
        if not isinstance(operation, Replace):
            return operation
        row = self.table.get(operation.row.partition, operation.row.key)
        return Replace(replace(operation.row, etag=row.etag))


def claim_without_etag(real: Any, p: Any, *args: Any) -> Any:
    return real(replace(p, documents=Unconditional(p.documents)), *args)


def create_before_the_seal(real: Any, p: Any, planned: Any, request: Any, claims: Any, **kwargs: Any) -> Any:
    p.speech.create(planned.item.id, request.synthesis(destination=link(p), folder="_jobs"))
    return real(p, planned, request, claims, **kwargs)


def link(p: Any) -> str:
    return str(p.results.writable_link(starts=p.clock(), expires=p.clock() + timedelta(days=1)))


def manifest_without_if_match(real: Any, p: Any, *args: Any) -> Any:
    class Results:
        def __getattr__(self, name: str) -> Any:
            return getattr(p.results, name)

        def write(self, name: str, data: bytes, *, content_type: str, etag: str | None, new: bool) -> Any:
            return p.results.write(name, data, content_type=content_type)

    return real(replace(p, results=Results()), *args)


def mark_before_the_blobs(real: Any, p: Any, info: Any) -> Any:
    row = p.app.get(*sweep._STATE)
    sweep._written(p, sweep.State(mark=p.clock()), row.etag if row else "")
    return real(p, info)


def entry_removed_before_the_seal(real: Any, p: Any, planned: Any, request: Any, claims: Any, **kwargs: Any) -> Any:
    remove_entries(p, READY, [claim.entry.key for claim in claims])
    return real(p, planned, request, claims, **kwargs)


def entries_dropped_at_the_claim(real: Any, p: Any, job_id: str, found: Any, keep: Any) -> Any:
    claims = real(p, job_id, found, keep)
    remove_entries(p, READY, [claim.entry.key for claim in claims])
    return claims


def refusal_believed_without_a_get(real: Any, p: Any, leased: Any, before: Any, error: Any) -> None:
    conclude(p, leased, Verdict.REFUSED, why=str(error))


def slice_noted_before_its_documents(real: Any, p: Any, job: Any, shares: Any) -> Any:
    finish._end_slice(p, job.id, shares[0].parts[0].index // job.slice_documents)
    return real(p, job, shares)


def version_without_entries(real: Any, p: Any, *args: Any) -> Any:
    class Open:
        def __getattr__(self, name: str) -> Any:
            return getattr(p.open, name)

        def commit(self, operations: Any) -> Any:
            late.append(operations)
            return [""] * len(operations)

    late: list[Any] = []
    real(replace(p, open=Open()), *args)
    for operations in late:
        p.open.commit(operations)


def one_note(world: World) -> None:
    world.drop("a.txt", note("a"))


def emptied_again_and_again(town: Town) -> None:
    """An owner who cannot decide: versions without anything to send are published in quick succession."""
    town.acts = [town.will_drop("a.txt", " " * n) for n in range(30)]
    town.weights[Host.owner] = 6


def reply_lost_in_company(world: World) -> None:
    """The second job, of two documents, is accepted, and its sender does not learn it."""
    world.endpoint.faults = ["", "lost reply"]
    for name in "abc":
        world.drop(f"{name}.txt", note(name))


@dataclass(frozen=True, kw_only=True)
class Bug:
    module: Any
    name: str
    instead: Callable[..., Any]
    """Called with the real function, then with its arguments."""
    found_as: str
    scenario: Scenario | None = None
    """Where a kill finds it; None: hosts at once do, in `town`."""
    town: Callable[[Town], None] = lambda town: None


BUGS: Mapping[str, Bug] = {
    bug.instead.__name__: bug
    for bug in (
        Bug(module=claiming, name="_won", instead=claim_without_etag, found_as="paid twice|rows"),
        Bug(module=submit, name="_seal", instead=create_before_the_seal, found_as="paid twice", scenario=one_note),
        Bug(
            module=publish,
            name="_write",
            instead=manifest_without_if_match,
            found_as="mixed|lost: the manifest",
            town=emptied_again_and_again,
        ),
        Bug(module=sweep, name="_is_taken_in", instead=mark_before_the_blobs, found_as="lost", scenario=missed_events),
        Bug(module=submit, name="_seal", instead=entry_removed_before_the_seal, found_as="lost", scenario=one_note),
        Bug(module=submit, name="claim", instead=entries_dropped_at_the_claim, found_as="lost", scenario=one_note),
        Bug(
            module=send,
            name="_refused",
            instead=refusal_believed_without_a_get,
            found_as="paid twice",
            scenario=reply_lost_in_company,
        ),
        Bug(
            module=finish,
            name="_is_finished",
            instead=slice_noted_before_its_documents,
            found_as="lost",
            scenario=one_note,
        ),
        Bug(module=intake, name="_commit", instead=version_without_entries, found_as="lost", scenario=one_note),
    )
}


def runs_of(bug: Bug) -> Any:
    if bug.scenario is None:
        return (partial(interleave, seed, bug.town) for seed in range(SEEDS))
    kills = range(2 * len(count_effects(bug.scenario)))
    return (partial(survive, bug.scenario, kill_at) for kill_at in kills)


@pytest.mark.parametrize("name", BUGS)
def test_a_harness_that_is_given_a_known_bug_finds_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bug = BUGS[name]
    monkeypatch.setattr(intake, "MAX_PART_INPUTS", 1)
    real = getattr(bug.module, bug.name)
    monkeypatch.setattr(bug.module, bug.name, partial(bug.instead, real))
    with pytest.raises(Violation, match=bug.found_as):
        deque((run() for run in runs_of(bug)), maxlen=0)
