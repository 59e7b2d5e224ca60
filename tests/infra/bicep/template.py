"""A template and what is known of its symbols: kinds of parameters, resources and modules, and where each is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.infra.bicep import syntax
from tests.infra.bicep.kinds import (
    ANY,
    ARRAY,
    BOOL,
    INT,
    NULL,
    OBJECT,
    STRING,
    Kind,
    ListKind,
    Member,
    NumberKind,
    ObjectKind,
    TextKind,
    one_of,
)
from tests.infra.bicep.schema import Resource, resources
from tests.infra.bicep.syntax import Binary, Declaration, Expr, File, Name, Nullable, Object, Text, TypeUnion, Value

PRIMITIVES: Mapping[str, Kind] = {"string": STRING, "int": INT, "bool": BOOL, "object": OBJECT, "array": ARRAY}


@dataclass(frozen=True, order=True)
class Finding:
    """Something that the compiler, its linter, or a rule of ours would refuse."""

    path: str
    line: int
    rule: str
    """The compiler's code (BCP…), a linter rule's name, or a name of ours."""
    message: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass
class Template:
    file: File
    loader: dict[Path, Template] = field(default_factory=dict)
    """Modules that were read already."""
    findings: list[Finding] = field(default_factory=list)

    def say(self, line: int, rule: str, message: str) -> None:
        finding = Finding(self.file.path.name, line, rule, message)
        if finding not in self.findings:
            self.findings.append(finding)

    @cached_property
    def symbols(self) -> dict[str, Declaration]:
        """All but outputs, which are no symbols."""
        return {each.name: each for each in self.file.declarations if each.kind not in ("output", "targetScope")}

    @property
    def scope(self) -> str:
        return self.file.scope

    # Kinds of what is declared

    def declared(self, expr: Expr | None) -> Kind:
        """The kind that a type expression names."""
        match expr:
            case Name():
                return self._named(expr)
            case TypeUnion(members=members):
                return one_of(*map(self.declared, members))
            case Binary(operator="|", left=left, right=right):  # so the grammar takes a union's fourth
                return one_of(self.declared(left), self.declared(right))
            case Text() | Value():
                return self._literal(expr)
            case Nullable(inner=inner):
                return one_of(self.declared(inner), NULL)
            case Object(properties=properties):
                return ObjectKind("object", {each.name or "": self._member(each.value) for each in properties})
        if expr is not None:
            self.say(expr.line, "BCP302", "this is no type")
        return ANY

    def _named(self, expr: Name) -> Kind:
        found = self.symbols.get(expr.name)
        if expr.name not in PRIMITIVES and (found is None or found.kind != "type"):
            self.say(expr.line, "BCP302", f"{expr.name} is no type")
            return ANY
        return PRIMITIVES[expr.name] if found is None else self.declared(found.type)

    @staticmethod
    def _literal(expr: Text | Value) -> Kind:
        if isinstance(expr, Text):
            return TextKind(values=frozenset([expr.literal or ""]))
        return BOOL if isinstance(expr.value, bool) or expr.value is None else NumberKind(frozenset([expr.value]))

    def _member(self, expr: Expr) -> Member:
        return Member(self.declared(expr), required=not isinstance(expr, Nullable))

    def parameter(self, declaration: Declaration) -> Kind:
        """With the lengths that decorators give a string."""
        kind = self.declared(declaration.type)
        if isinstance(kind, TextKind) and kind.values is None:
            least, most = (self._number(declaration, name) for name in ("minLength", "maxLength"))
            return TextKind(least=least, most=most) if (least, most) != (None, None) else kind
        return kind

    @staticmethod
    def _number(declaration: Declaration, decorator: str) -> int | None:
        call = declaration.decorator(decorator)
        value = call.arguments[0] if call and call.arguments else None
        return int(value.value) if isinstance(value, Value) and isinstance(value.value, int) else None

    def resource(self, declaration: Declaration) -> Resource | None:
        return resources().get(declaration.reference.lower())

    def module(self, declaration: Declaration) -> Template | None:
        """None: there is no such file."""
        path = (self.file.path.parent / declaration.reference).resolve()
        if path not in self.loader:
            if not path.is_file():
                return None
            self.loader[path] = Template(syntax.read(path), self.loader)
        return self.loader[path]

    @cached_property
    def parameters(self) -> ObjectKind:
        members = {
            each.name: Member(self.parameter(each), required=each.value is None and not isinstance(each.type, Nullable))
            for each in self.file.of("param")
        }
        return ObjectKind("params", members)

    @cached_property
    def outputs(self) -> ObjectKind:
        found = {each.name: Member(self.declared(each.type), required=True) for each in self.file.of("output")}
        return ObjectKind("outputs", found)

    def symbol(self, declaration: Declaration) -> Kind:
        """Of a resource or module, as other expressions see it."""
        if declaration.kind == "module":
            module = self.module(declaration)
            members = {"name": Member(STRING), "outputs": Member(module.outputs if module else ANY)}
            body: Kind = ObjectKind(declaration.name, members)
        else:
            found = self.resource(declaration)
            body = found.body if found else ANY
        return ListKind(body) if declaration.loop else body
