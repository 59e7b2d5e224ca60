"""Budgets of characters: which versions may be sent now, and why the others are held. Pure.

A version is decided as a whole: what it takes counts on the UTC day, and in the month, on which it is admitted. The
oldest come first; one that does not fit lets those pass that do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Self

from shared.domain import naming
from shared.domain.billing import left_to_send
from shared.domain.charges import charge_of, is_admitted
from shared.domain.documents import Part, PartStatus, Report, Version
from shared.ports import Row

HELD = "held"
"""The partition of `open` that holds versions over a budget."""

DRY_RUN = "DRY_RUN"
"""The setting, where that is what holds a version."""

_NEVER = naming.stamp(datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be sent, in characters. 0: as many as there are."""

    daily: int = 0
    monthly: int = 0
    dry_run: bool = False
    """Nothing is sent at all."""
    price: float = 0.0
    """Of a million characters."""

    @property
    def is_set(self) -> bool:
        return bool(self.daily or self.monthly or self.dry_run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    day: int = 0
    month: int = 0
    """The day's among them."""
    charged: frozenset[str] = frozenset()
    """Names of the day's charges: what has one needs no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A version that is to be sent."""

    charge: str
    """Name of its charge."""
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A held version's entry in `open`: all that a decision needs, so that it reads no version."""

    key: str
    document: str
    sequence: int
    tries: int
    path: str
    characters: int
    since: str
    """Stamp of when it came; the name begins with it, or, where no turn of a day or month will let it go, with a time
    that never comes."""
    why: str

    @classmethod
    def of_version(
        cls, version: Version, report: Report, characters: int, *, since: str, nonce: str, last: bool
    ) -> Self:
        """`last`: it keeps no other waiting."""
        return cls(
            key=f"{_NEVER if last else since}~{version.document}~{version.sequence}~{nonce}",
            document=version.document,
            sequence=version.sequence,
            tries=version.tries,
            path=version.path,
            characters=characters,
            since=since,
            why=report.why,
        )

    @property
    def wish(self) -> Wish:
        return Wish(charge=charge_of(self.document, self.sequence, self.tries), characters=self.characters)

    def row(self) -> Row:
        return Row(partition=HELD, key=self.key, values={n: v for n, v in asdict(self).items() if n != "key"})

    @classmethod
    def of(cls, row: Row) -> Self:
        names = set(cls.__dataclass_fields__) - {"key"}
        return cls(key=row.key, **{name: row.values[name] for name in names})  # type: ignore[arg-type]  # as `row` wrote them


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    admitted: frozenset[str]
    held: Mapping[str, Report]
    """By the charge's name, too."""
    used: Mapping[str, float]
    """By period, `day` and `month`: the share that is spent of a limit that is set, with what is admitted now; at least
    1 where it holds what a whole one would let go."""


def is_decided(version: Version, parts: Iterable[Part]) -> bool:
    """Whether it is not to be held any more: it was admitted, or some of it went out while there was no budget. What a
    person retries is decided again."""
    begun = {PartStatus.PACKED} if version.tries > 1 else {PartStatus.PACKED, PartStatus.DONE, PartStatus.FAILED}
    return is_admitted(version) or any(part.status in begun and part.job for part in parts)


def wish_of(version: Version, parts: Iterable[Part]) -> Wish:
    return Wish(charge=charge_of(version.document, version.sequence, version.tries), characters=left_to_send(parts))


def decide(wishes: Sequence[Wish], spent: Spent, budget: Budget) -> Decision:
    """In the order of the wishes."""
    day, month = spent.day, spent.month
    admitted: set[str] = set()
    held: dict[str, Report] = {}
    for wish in wishes:
        needed = 0 if wish.charge in spent.charged else wish.characters
        why = _why_not(wish.characters, needed, Spent(day=day, month=month), budget)
        if why:
            held[wish.charge] = why
        else:
            admitted.add(wish.charge)
            day, month = day + needed, month + needed
    now = Spent(day=day, month=month)
    waiting = {held[w.charge].where for w in wishes if w.charge in held and not is_too_large(w.characters, budget)}
    used = {
        scope.period: max(scope.spent(now) / scope.limit(budget), float(scope.setting in waiting))
        for scope in _SCOPES
        if scope.limit(budget)
    }
    return Decision(admitted=frozenset(admitted), held=held, used=used)


def is_too_large(characters: int, budget: Budget) -> bool:
    """Whether no turn of a day or month will let it go."""
    return any(0 < scope.limit(budget) < characters for scope in _SCOPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    setting: str
    period: str
    limit: Callable[[Budget], int]
    spent: Callable[[Spent], int]


_SCOPES = (
    _Scope(setting="MONTHLY_CHARACTERS", period="month", limit=lambda b: b.monthly, spent=lambda s: s.month),
    _Scope(setting="DAILY_CHARACTERS", period="day", limit=lambda b: b.daily, spent=lambda s: s.day),
)
"""The one that is waited for longest comes first."""


def _why_not(characters: int, needed: int, spent: Spent, budget: Budget) -> Report | None:
    """None: it may go. `needed`: what is not charged yet of its characters."""
    if budget.dry_run:
        return _dry(characters, budget)
    too_small = (scope for scope in _SCOPES if 0 < scope.limit(budget) < characters)
    used_up = (scope for scope in _SCOPES if 0 < scope.limit(budget) < scope.spent(spent) + needed)
    if scope := next(too_small, None):
        return Report(
            where=scope.setting,
            why=f"It takes {characters:,} characters, and a whole {scope.period} has {scope.limit(budget):,}",
            remedy=f"Raise {scope.setting}, and it goes on by itself; or split the file and drop its pieces.",
        )
    if scope := next(used_up, None):
        return Report(
            where=scope.setting,
            why=f"It takes {characters:,} characters, more than is left of the {scope.period}'s "
            f"{scope.limit(budget):,}",
            remedy=f"It goes on by itself when the {scope.period} turns (UTC), the oldest first, or when "
            f"{scope.setting} is raised.",
        )
    return None


def _dry(characters: int, budget: Budget) -> Report:
    return Report(
        where=DRY_RUN,
        why=f"This is a dry run: to speak it takes {characters:,} characters, {cost(characters, budget.price)}",
        remedy="Set DRY_RUN to false, and it goes on by itself; or delete the file first, if it is not to be spoken.",
    )


def cost(characters: int, price: float) -> str:
    """In whatever money the price is in."""
    return f"{characters * price / 1e6:,.2f} at {price:,.2f} a million"
