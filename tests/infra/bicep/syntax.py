"""A Bicep file as values: declarations and expressions with their lines. Parsed by tree-sitter's grammar.

What the grammar gets wrong is put right here: it lets `a ? b : c[0]` index the whole choice. A construct that these
values have no form for is refused by name, so that nothing goes unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser


class SyntaxProblem(Exception):
    """The file does not parse, or has a construct that is not checked here: path, line, what."""


@dataclass(frozen=True, kw_only=True)
class Expr:
    line: int


@dataclass(frozen=True, kw_only=True)
class Text(Expr):
    parts: tuple[str | Expr, ...]
    raw: str = ""

    @property
    def literal(self) -> str | None:
        """The value where nothing is interpolated."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None


@dataclass(frozen=True, kw_only=True)
class Value(Expr):
    """A number, true, false or null."""

    value: int | bool | None


@dataclass(frozen=True, kw_only=True)
class Name(Expr):
    name: str


@dataclass(frozen=True, kw_only=True)
class Call(Expr):
    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True)
class Member(Expr):
    """`base.name`, `base.?name` (safe) or `base!.name` (sure)."""

    base: Expr
    name: str
    safe: bool
    sure: bool


@dataclass(frozen=True, kw_only=True)
class Index(Expr):
    base: Expr
    index: Expr


@dataclass(frozen=True, kw_only=True)
class Unary(Expr):
    operator: str
    operand: Expr


@dataclass(frozen=True, kw_only=True)
class Binary(Expr):
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, kw_only=True)
class Choice(Expr):
    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True, kw_only=True)
class Array(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True)
class Property(Expr):
    key: Expr
    """A Name, or Text where it was quoted."""
    value: Expr

    @property
    def name(self) -> str | None:
        """None: it is computed."""
        return self.key.name if isinstance(self.key, Name) else self.key.literal if isinstance(self.key, Text) else None


@dataclass(frozen=True, kw_only=True)
class Object(Expr):
    properties: tuple[Property, ...]

    def get(self, name: str) -> Expr | None:
        return next((each.value for each in self.properties if each.name == name), None)


@dataclass(frozen=True, kw_only=True)
class For(Expr):
    item: str
    index: str | None
    over: Expr
    body: Expr


@dataclass(frozen=True, kw_only=True)
class If(Expr):
    condition: Expr
    body: Expr


@dataclass(frozen=True, kw_only=True)
class TypeUnion(Expr):
    members: tuple[Expr, ...]


@dataclass(frozen=True, kw_only=True)
class Nullable(Expr):
    inner: Expr


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """Of a `kind`: param, var, type, output, resource, module, targetScope."""

    kind: str
    name: str
    line: int
    decorators: tuple[Call, ...] = ()
    type: Expr | None = None
    value: Expr | None = None
    reference: str = ""
    """A resource's `type@version`, a module's path."""
    existing: bool = False

    @property
    def body(self) -> Object:
        """Of a resource or module, without its condition and loop."""
        found = self.value
        while isinstance(found, If | For):
            found = found.body
        assert isinstance(found, Object), f"line {self.line}: {self.name} has no body"
        return found

    @property
    def condition(self) -> Expr | None:
        return self.value.condition if isinstance(self.value, If) else None

    @property
    def loop(self) -> For | None:
        return self.value if isinstance(self.value, For) else None

    def decorator(self, name: str) -> Call | None:
        return next((each for each in self.decorators if each.function == name), None)


@dataclass(frozen=True)
class File:
    path: Path
    declarations: tuple[Declaration, ...]
    comments: tuple[str, ...]

    def of(self, *kinds: str) -> tuple[Declaration, ...]:
        return tuple(each for each in self.declarations if each.kind in kinds)

    def get(self, name: str) -> Declaration | None:
        return next((each for each in self.declarations if each.name == name and each.kind != "output"), None)

    @cached_property
    def expressions(self) -> tuple[tuple[Declaration, Expr], ...]:
        """All, those of decorators and types too, each with the declaration that it stands in."""
        return tuple(
            (declaration, expr)
            for declaration in self.declarations
            for part in (declaration.type, declaration.value, *declaration.decorators)
            for expr in walk(part)
        )

    @property
    def scope(self) -> str:
        found = next(iter(self.of("targetScope")), None)
        return str(found.value.literal) if found and isinstance(found.value, Text) else "resourceGroup"


def walk(expr: Expr | None) -> Iterator[Expr]:
    """The expression and all that is in it."""
    if expr is None:
        return
    yield expr
    for field in fields(expr):
        value: Any = getattr(expr, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Expr):
                yield from walk(each)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bicep.language()))


def read(path: Path) -> File:
    return parse(path.read_text(encoding="utf-8"), path)


def parse(text: str, path: Path = Path("test.bicep")) -> File:
    """Raises SyntaxProblem."""
    from tests.infra.bicep.convert import declarations

    root = _parser().parse(text.encode()).root_node
    for node in _nodes(root):
        if node.type == "ERROR" or node.is_missing:
            raise SyntaxProblem(f"{path}:{node.start_point.row + 1}: this does not parse: {source(node)[:60]!r}")
    comments = tuple(source(node) for node in _nodes(root) if node.type == "comment")
    return File(path, tuple(declarations(root, path)), comments)


def source(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def postfix(base: Expr, after: Member | Index) -> Expr:
    """`after` applied to what it binds to: the last operand, where the grammar gave it the whole operation."""
    match base:
        case Choice():
            return replace(base, no=postfix(base.no, after))
        case Binary():
            return replace(base, right=postfix(base.right, after))
        case Unary():
            return replace(base, operand=postfix(base.operand, after))
    return replace(after, base=base)
