"""What all kills of a run came to; `conftest` prints its line at the end of a run that had any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.crash.world import Violation


@dataclass
class Tally:
    kills: int = 0
    points: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    """By the invariant that broke: lost, paid twice, mixed, rows."""

    def all_survived(self, run: Callable[[int], object], kills: Iterable[int], *, points: int) -> None:
        """A run for each kill, all of them even if one breaks an invariant. Raises Violation at the end."""
        self.points += points
        broken: list[str] = []
        for at in kills:
            self.kills += 1
            try:
                run(at)
            except Violation as violation:
                self.violations[str(violation).partition(":")[0]] += 1
                broken.append(f"killed at {at}: {violation}")
        if broken:
            raise Violation("\n".join(broken[:5]))

    def __str__(self) -> str:
        kinds = ["lost", "paid twice", "mixed", *sorted({*self.violations} - {"lost", "paid twice", "mixed"})]
        counts = ", ".join(f"{kind}: {self.violations[kind]}" for kind in kinds)
        return f"kills: {self.kills}, points: {self.points}, {counts}"


TALLY = Tally()
