"""Nodes of tree-sitter's grammar to the values of `syntax`: one function for each kind of node, in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tree_sitter import Node

from tests.infra.bicep.syntax import (
    Array,
    Binary,
    Call,
    Choice,
    Declaration,
    Expr,
    For,
    If,
    Index,
    Member,
    Name,
    Nullable,
    Object,
    Property,
    SyntaxProblem,
    Text,
    TypeUnion,
    Unary,
    Value,
    postfix,
    source,
)

KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "type_declaration": "type",
    "output_declaration": "output",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "target_scope_assignment": "targetScope",
}
ESCAPES = {"\\'": "'", "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\$": "$"}


def declarations(root: Node, path: Path) -> Iterator[Declaration]:
    """Raises SyntaxProblem: a statement of a kind that is not in the table."""
    pending: tuple[Call, ...] = ()
    for node in root.named_children:
        if node.type == "decorators":
            calls = [expression(child.named_children[0]) for child in node.named_children]
            pending = tuple(call for call in calls if isinstance(call, Call))
        elif node.type in KINDS:
            yield _declaration(node, KINDS[node.type], pending)
            pending = ()
        elif node.type not in ("comment", "diagnostic_comment"):
            raise SyntaxProblem(f"{path}:{_line(node)}: no check knows a {node.type}; write it in simpler forms")


def _declaration(node: Node, kind: str, decorators: tuple[Call, ...]) -> Declaration:
    named = [child for child in node.named_children if child.type != "comment"]
    if kind == "targetScope":
        return Declaration(kind=kind, name="targetScope", line=_line(node), value=expression(named[0]))
    name, rest = source(named[0]), named[1:]
    reference, typed = "", None
    if kind in ("resource", "module"):
        text = expression(rest.pop(0))
        reference = (text.literal or "") if isinstance(text, Text) else ""
    elif kind in ("param", "output"):
        typed = expression(rest.pop(0))
    elif kind == "type":
        typed = expression(rest.pop(0), types=True)
    return Declaration(
        kind=kind,
        name=name,
        line=_line(node),
        decorators=decorators,
        type=typed,
        value=expression(rest[0]) if rest else None,
        reference=reference,
        existing=any(child.type == "existing" for child in node.children),
    )


def _line(node: Node) -> int:
    return int(node.start_point.row) + 1


def expression(node: Node, *, types: bool = False) -> Expr:
    """Raises SyntaxProblem."""
    if node.type not in FORMS:
        raise SyntaxProblem(f"line {_line(node)}: no check knows a {node.type}: {source(node)[:60]!r}")
    return FORMS[node.type](node)


def _children(node: Node) -> list[Expr]:
    return [expression(child) for child in node.named_children if child.type != "comment"]


def _text(node: Node) -> Expr:
    parts: list[str | Expr] = []
    for child in node.named_children:
        if child.type == "interpolation":
            parts.append(expression(child.named_children[0]))
        else:
            parts.append(ESCAPES.get(source(child), source(child)))
    return Text(line=_line(node), parts=tuple(parts), raw=source(node))


def _member(node: Node) -> Expr:
    base, name = node.named_children
    marks = "".join(child.type for child in node.children if not child.is_named)
    placeholder = Value(line=_line(node), value=None)
    after = Member(line=_line(name), base=placeholder, name=source(name), safe="?" in marks, sure="!" in marks)
    return _after(base, after)


def _index(node: Node) -> Expr:
    base, index = node.named_children
    after = Index(line=_line(node), base=Value(line=_line(node), value=None), index=expression(index))
    return _after(base, after)


def _after(base: Node, after: Member | Index) -> Expr:
    found = expression(base)
    return replace(after, base=found) if base.type == "parenthesized_expression" else postfix(found, after)


def _operator(node: Node) -> str:
    return next(child.type for child in node.children if not child.is_named)


def _unary(node: Node) -> Expr:
    return Unary(line=_line(node), operator=_operator(node), operand=_children(node)[0])


def _binary(node: Node) -> Expr:
    left, right = _children(node)
    return Binary(line=_line(node), operator=_operator(node), left=left, right=right)


def _choice(node: Node) -> Expr:
    condition, yes, no = _children(node)
    return Choice(line=_line(node), condition=condition, yes=yes, no=no)


def _call(node: Node) -> Expr:
    function, arguments = node.named_children
    if function.type != "identifier":
        raise SyntaxProblem(f"line {_line(node)}: call functions by their name, not on {source(function)!r}")
    return Call(line=_line(node), function=source(function), arguments=tuple(_children(arguments)))


def _object(node: Node) -> Expr:
    return Object(line=_line(node), properties=tuple(each for each in _children(node) if isinstance(each, Property)))


def _property(node: Node) -> Expr:
    if node.named_child_count != 2:
        raise SyntaxProblem(
            f"line {_line(node)}: no check knows {source(node)[:60]!r}; write children apart, with parent"
        )
    key, value = node.named_children
    return Property(line=_line(node), key=expression(key), value=expression(value))


def _for(node: Node) -> Expr:
    names, over, body = (child for child in node.named_children if child.type != "comment")
    loop = [source(child) for child in names.named_children] if names.named_children else [source(names)]
    index = loop[1] if len(loop) > 1 else None
    return For(line=_line(node), item=loop[0], index=index, over=expression(over), body=expression(body))


def _if(node: Node) -> Expr:
    condition, body = (child for child in node.named_children if child.type != "comment")
    return If(line=_line(node), condition=expression(condition), body=expression(body))


def _inner(node: Node) -> Expr:
    return _children(node)[0]


FORMS: dict[str, Callable[[Node], Expr]] = {
    "string": _text,
    "number": lambda node: Value(line=_line(node), value=int(source(node))),
    "boolean": lambda node: Value(line=_line(node), value=source(node) == "true"),
    "null": lambda node: Value(line=_line(node), value=None),
    "identifier": lambda node: Name(line=_line(node), name=source(node)),
    "primitive_type": lambda node: Name(line=_line(node), name=source(node)),
    "array_type": lambda node: Name(line=_line(node), name=source(node)),
    "type": _inner,
    "nullable_type": lambda node: Nullable(line=_line(node), inner=_inner(node)),
    "union_type": lambda node: TypeUnion(line=_line(node), members=tuple(_children(node))),
    "parenthesized_expression": _inner,
    "call_expression": _call,
    "member_expression": _member,
    "subscript_expression": _index,
    "unary_expression": _unary,
    "binary_expression": _binary,
    "ternary_expression": _choice,
    "array": lambda node: Array(line=_line(node), items=tuple(_children(node))),
    "object": _object,
    "object_property": _property,
    "for_statement": _for,
    "if_statement": _if,
}
