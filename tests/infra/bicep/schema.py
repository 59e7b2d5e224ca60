"""Azure's published types of the resources that the templates use, from `types/`, as values of `kinds`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.infra.bicep.kinds import ANY, BOOL, INT, Kind, ListKind, Member, ObjectKind, Tagged, TextKind

FOLDER = Path(__file__).parent / "types"


class Resource:
    """A resource type at one API version. Names of types compare without case, as Azure's do."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.reference: str = document["resource"]
        self.is_extension = document["scopes"] == "AllExceptExtension"
        """May lie on another resource, by `scope`."""
        self.scope: str = document["scopes"][0].lower() + document["scopes"][1:]
        self._types: dict[str, Any] = document["types"]
        self._made: dict[str, Kind] = {}
        self.body = self._object(document["body"], self.reference)

    def _kind(self, text: str) -> Kind:
        if text.endswith("[]"):
            return ListKind(self._kind(text[:-2]))
        plain: dict[str, Kind] = {"string": TextKind(), "int": INT, "bool": BOOL, "any": ANY}
        if text in plain:
            return plain[text]
        if text in self._types:
            if text not in self._made:
                self._made[text] = ANY  # until it is made: a type may hold itself
                self._made[text] = self._object(self._types[text], text)
            return self._made[text]
        literals = [part.strip() for part in text.split(" | ")]
        return TextKind(values=frozenset(literals) - {"string"}, is_open="string" in literals)

    def _object(self, document: dict[str, Any], name: str) -> Kind:
        if "discriminator" in document:
            common = self._members(document["base"])
            elements = [
                ObjectKind(name, {**common, **self._members(each["properties"])}) for each in document["elements"]
            ]
            return Tagged(name, document["discriminator"], tuple(elements))
        additional = document.get("additional")
        return ObjectKind(name, self._members(document["properties"]), self._kind(additional) if additional else None)

    def _members(self, document: dict[str, Any]) -> dict[str, Member]:
        return {name: self._member(given) for name, given in document.items()}

    def _member(self, given: dict[str, Any]) -> Member:
        kind = self._kind(given["type"])
        if isinstance(kind, TextKind) and ("minLength" in given or "maxLength" in given):
            kind = TextKind(least=given.get("minLength"), most=given.get("maxLength"))
        flags = given.get("flags", ())
        return Member(kind, required="Required" in flags, read_only="ReadOnly" in flags)


@cache
def resources() -> dict[str, Resource]:
    """By `type@version` in lower case."""
    found = [Resource(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))]
    return {each.reference.lower(): each for each in found}
