"""What Resource Manager works out although it is switched off: names, scopes and parameters of a deployment whose
condition is false. So a part of an id, and an output of what is conditional, are read only in a branch of a choice that
asks for them; the condition of the deployment around is no guard (github.com/Azure/bicep/issues/1492 and 3990).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from tests.infra.bicep.syntax import Binary, Call, Choice, Expr, Index, Member, Name, Unary, Value
from tests.infra.bicep.template import Template

Fact = tuple[Any, bool]
"""What an expression says, and whether it is so."""


def unguarded(template: Template) -> Iterator[tuple[int, str, str]]:
    """Line, rule and message of each."""
    for declaration in template.file.of("var", "resource", "module", "output"):
        for expr, known in _under(template, declaration.value, frozenset()):
            match expr:
                case Index(base=Call(function="split", arguments=(text, *_)), index=Value(value=int(place))) if place:
                    if (_said(Call(line=0, function="empty", arguments=(text,))), False) not in known:
                        yield expr.line, "split index", "ask empty() of the text first: it may have no such part"
                case Member(base=Name(name=name), sure=True) if found := template.symbols.get(name):
                    if found.condition and not _facts(template, found.condition, True) <= known:
                        yield expr.line, "DeploymentNotFound", f"read {name} only where its own condition holds"


def _under(template: Template, expr: Expr | None, known: frozenset[Fact]) -> Iterator[tuple[Expr, frozenset[Fact]]]:
    """The expression and all that is in it, each with what is known there by the choices around."""
    if expr is None:
        return
    yield expr, known
    for field in fields(expr):
        value: Any = getattr(expr, field.name)
        inside = known
        if isinstance(expr, Choice) and field.name in ("yes", "no"):
            inside = known | _facts(template, expr.condition, field.name == "yes")
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Expr):
                yield from _under(template, each, inside)


def _facts(template: Template, condition: Expr, holds: bool) -> frozenset[Fact]:
    """What follows from a condition that holds, or does not: also by way of variables, and of both sides of `&&`."""
    match condition:
        case Unary(operator="!", operand=operand):
            return _facts(template, operand, not holds)
        case Binary(operator="&&" | "||" as operator, left=left, right=right) if (operator == "&&") == holds:
            return _facts(template, left, holds) | _facts(template, right, holds)
        case Name(name=name) if (found := template.symbols.get(name)) and found.kind == "var" and found.value:
            return _facts(template, found.value, holds)
    return frozenset({(_said(condition), holds)})


def _said(expr: Any) -> Any:
    """An expression without its place in the file, to be compared."""
    if isinstance(expr, tuple):
        return tuple(map(_said, expr))
    if not isinstance(expr, Expr):
        return expr
    return (type(expr).__name__, *(_said(getattr(expr, each.name)) for each in fields(expr) if each.name != "line"))
