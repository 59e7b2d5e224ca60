"""Kinds of values in Bicep, and whether one may stand where another is wanted. Looser than the compiler in nothing that
the templates use, stricter in one thing: of an open enumeration only the known literals are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


class Kind:
    """A kind of value. ANY fits everywhere."""


@dataclass(frozen=True)
class Simple(Kind):
    name: str


ANY, INT, BOOL, NULL = Simple("any"), Simple("int"), Simple("bool"), Simple("null")


@dataclass(frozen=True)
class NumberKind(Kind):
    """Literals."""

    values: frozenset[int]


@dataclass(frozen=True)
class TextKind(Kind):
    values: frozenset[str] | None = None
    is_open: bool = False
    """Other strings are allowed beside the values that are known."""
    least: int | None = None
    most: int | None = None

    @property
    def lengths(self) -> tuple[int, int | None]:
        if self.values is not None and self.values and not self.is_open:
            return min(map(len, self.values)), max(map(len, self.values))
        return self.least or 0, self.most


@dataclass(frozen=True)
class ListKind(Kind):
    item: Kind


@dataclass(frozen=True)
class Member:
    kind: Kind
    required: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class ObjectKind(Kind):
    name: str
    members: Mapping[str, Member] = field(default_factory=dict, compare=False)
    additional: Kind | None = None


@dataclass(frozen=True)
class Tagged(Kind):
    """One of several objects, told by a member's literal."""

    name: str
    tag: str
    elements: tuple[ObjectKind, ...]

    def element(self, literal: str | None) -> ObjectKind | None:
        for each in self.elements:
            kind = each.members[self.tag].kind
            if isinstance(kind, TextKind) and kind.values and literal in kind.values:
                return each
        return None


@dataclass(frozen=True)
class Union(Kind):
    members: tuple[Kind, ...]


@dataclass(frozen=True)
class Declared(Kind):
    """A resource or module, by its symbol."""

    symbol: str
    body: Kind
    conditional: bool


STRING = TextKind()
OBJECT = ObjectKind("object", {}, ANY)
ARRAY = ListKind(ANY)


def flat(kinds: Any) -> Iterator[Kind]:
    for kind in kinds:
        if isinstance(kind, Union):
            yield from flat(kind.members)
        else:
            yield kind


def one_of(*kinds: Kind) -> Kind:
    """Their union, as small as it can be said."""
    found = list(dict.fromkeys(flat(kinds)))
    if ANY in found:
        return ANY
    texts = [each for each in found if isinstance(each, TextKind)]
    if len(texts) > 1:
        closed = all(each.values is not None and not each.is_open for each in texts)
        least = min(each.lengths[0] for each in texts)
        mosts = [each.lengths[1] for each in texts]
        most = None if None in mosts else max(each for each in mosts if each is not None)
        values = frozenset().union(*(each.values or () for each in texts)) if closed else None
        merged = TextKind(values=values) if closed else TextKind(least=least, most=most)
        found = [*(each for each in found if not isinstance(each, TextKind)), merged]
    return found[0] if len(found) == 1 else Union(tuple(found))


def show(kind: Kind) -> str:
    match kind:
        case NumberKind(values=numbers):
            return " | ".join(map(str, sorted(numbers)))
        case TextKind(values=values):
            return " | ".join(repr(each) for each in sorted(values)) if values else "string"
        case ListKind(item=item):
            return f"{show(item)}[]"
        case Union(members=members):
            return " | ".join(map(show, members))
        case Declared(symbol=symbol):
            return f"the resource or module {symbol}"
    return str(getattr(kind, "name", kind))


def misfit(given: Kind, wanted: Kind) -> str | None:
    """Why a value of the kind `given` may not stand where `wanted` is; None: it may. Objects' members apart."""
    if ANY in (given, wanted):
        return None
    if isinstance(given, Union):
        return next((why for each in given.members if (why := misfit(each, wanted))), None)
    if isinstance(wanted, Union):
        whys = [misfit(given, each) for each in wanted.members]
        return None if None in whys else f"{show(given)} for {show(wanted)}"
    if isinstance(given, TextKind) and isinstance(wanted, TextKind):
        return _string(given, wanted)
    if isinstance(given, ListKind) and isinstance(wanted, ListKind):
        return misfit(given.item, wanted.item)
    same = (
        given == wanted
        or (
            isinstance(given, NumberKind)
            and (wanted == INT or (isinstance(wanted, NumberKind) and given.values <= wanted.values))
        )
        or (isinstance(given, ObjectKind) and isinstance(wanted, ObjectKind | Tagged))
    )
    return None if same else f"{show(given)} for {show(wanted)}"


def _string(given: TextKind, wanted: TextKind) -> str | None:
    if wanted.values is not None:
        # A string of unknown value may be meant for an enumeration: a parameter, or what another resource tells.
        strange = (given.values or frozenset()) - wanted.values
        return f"{sorted(strange)} for one of {sorted(wanted.values)}" if strange else None
    least, most = given.lengths
    known = given.least is not None or given.values is not None
    if wanted.least is not None and known and least < wanted.least:
        return f"it may be {least} characters long, and must be {wanted.least} at least"
    if wanted.most is not None and most is not None and most > wanted.most:
        return f"it may be {most} characters long, and must be {wanted.most} at most"
    return None
