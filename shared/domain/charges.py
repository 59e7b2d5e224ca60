"""Charges: what each version takes of the day and month on which it is admitted, as rows of that day. Pure.

A charge is the estimate. When the version ends a second row settles it: what it took in truth, less the estimate. Both
have names that a repetition makes again, so none counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from shared.domain import naming
from shared.domain.documents import Version, VersionStatus
from shared.ports import Row

CHARGES = "spend~"
"""Begins the names of those rows of a day that are charges, and sorts after all the others."""

_SETTLED = "~settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How a version was admitted, as its row keeps it."""

    day: str
    tries: int
    """Which of its tries: a retry by a person is admitted anew."""
    characters: int
    spent: int
    """By the tries before."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, version: Version) -> Self | None:
        return cls(**version.admitted) if version.admitted else None


def is_admitted(version: Version) -> bool:
    admission = Admission.of(version)
    return admission is not None and admission.tries == version.tries


def charge_of(document: str, sequence: int, tries: int) -> str:
    """The same for each repetition of an admission, so that none is counted twice."""
    return f"{CHARGES}{naming.version_key(document, sequence)}~{tries}"


def admitted(version: Version, day: str, characters: int) -> Version:
    """As it is once it was charged."""
    admission = Admission(day=day, tries=version.tries, characters=characters, spent=version.billed + version.untold)
    return replace(version, admitted=admission.as_json())


def charge_row(day: str, charge: str, characters: int) -> Row:
    return Row(partition=day, key=charge, values={"characters": characters})


def settling_row(version: Version, admission: Admission) -> Row:
    """What its end adds to a charge, or takes off. Of one that was cancelled or superseded nothing: what is under way
    of it will be billed."""
    spent = version.billed + version.untold - admission.spent
    published = version.status in (VersionStatus.FINISHED, VersionStatus.FAILED)
    charge = charge_of(version.document, version.sequence, admission.tries)
    return charge_row(admission.day, charge + _SETTLED, spent - admission.characters if published else 0)


def spent_in(rows: Sequence[Row]) -> int:
    """On one day: its charges, and what has ended without one, as it was sent while there was no budget."""
    charges = sum(int(row.values["characters"]) for row in rows if row.key.startswith(CHARGES))
    return charges + sum(int(row.values.get("billed", 0)) for row in rows if row.values.get("charged") is False)


def charges_in(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(row.key for row in rows if row.key.startswith(CHARGES) and not row.key.endswith(_SETTLED))


def is_settled(rows: Sequence[Row]) -> bool:
    """Whether a day's sum will not change any more."""
    return {charge + _SETTLED for charge in charges_in(rows)} <= {row.key for row in rows}
