"""What all kills of a run came to; `conftest` prints its line at the end of a run that had any.

Runs are spread over processes, one for each core: forked, as each run forks anyway, and before anything has a thread.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from tests.crash.world import Violation, World

PROCESSES = int(os.environ.get("CRASH_PROCESSES", "0")) or os.cpu_count() or 1

Run = Callable[[int], World]
"""Tries the point of this number. Raises Violation."""


@dataclass(frozen=True)
class Outcome:
    at: int
    was_killed: bool
    violation: str = ""


@dataclass
class Tally:
    kills: int = 0
    over_azurite: int = 0
    """Of them."""
    points: int = 0
    """That were tried: instants before or after an effect."""
    violations: Counter[str] = field(default_factory=Counter)
    """By the invariant that broke: lost, paid twice, mixed, rows."""

    def all_survived(self, run: Run, points: Sequence[int], *, over_azurite: bool = False) -> int:
        """A run for each point, all of them even if one breaks an invariant; how many were killed there.

        Raises Violation at the end.
        """
        shares = [points[first::PROCESSES] for first in range(min(PROCESSES, len(points)))]
        outcomes = _apart(run, shares) if len(shares) > 1 else _outcomes(run, points)
        kills = sum(outcome.was_killed for outcome in outcomes)
        self.points += len(points)
        self.kills += kills
        self.over_azurite += kills if over_azurite else 0
        broken = [outcome for outcome in outcomes if outcome.violation]
        self.violations.update(outcome.violation.partition(":")[0] for outcome in broken)
        if broken:
            raise Violation("\n".join(f"killed at {outcome.at}: {outcome.violation}" for outcome in broken[:5]))
        return kills

    def __str__(self) -> str:
        kinds = ["lost", "paid twice", "mixed", *sorted({*self.violations} - {"lost", "paid twice", "mixed"})]
        counts = ", ".join(f"{kind}: {self.violations[kind]}" for kind in kinds)
        return f"kills: {self.kills}, points: {self.points}, {counts}"


def _outcomes(run: Run, points: Sequence[int]) -> list[Outcome]:
    return [_outcome(run, at) for at in points]


def _outcome(run: Run, at: int) -> Outcome:
    try:
        return Outcome(at, run(at).was_killed)
    except Violation as violation:
        return Outcome(at, was_killed=True, violation=str(violation))


def _apart(run: Run, shares: Sequence[Sequence[int]]) -> list[Outcome]:
    """Each share in a process of its own."""
    working = [_begun(run, share) for share in shares]
    try:
        return sorted((outcome for _, line in working for outcome in line.recv()), key=lambda outcome: outcome.at)
    except EOFError:
        raise RuntimeError("A process of the harness failed; its traceback is on stderr.") from None
    finally:
        for pid, line in working:
            line.close()
            os.kill(pid, signal.SIGKILL)  # it has ended, or nobody waits for it any more
            os.waitpid(pid, 0)


def _begun(run: Run, share: Sequence[int]) -> tuple[int, Connection]:
    ours, theirs = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            theirs.send(_outcomes(run, share))
        except BaseException:  # noqa: BLE001 - a forked child must not return into the test runner
            traceback.print_exc(file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(0)
    theirs.close()
    return pid, ours


TALLY = Tally()
