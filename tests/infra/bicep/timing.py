"""What has to be known before a deployment begins, what depends on what, and where each thing may lie."""

from __future__ import annotations

from collections.abc import Iterator

from tests.infra.bicep.syntax import (
    Call,
    Declaration,
    Expr,
    For,
    If,
    Member,
    Name,
    Object,
    Property,
    Text,
    walk,
)
from tests.infra.bicep.template import Template

AT_START = {"id", "name", "type", "apiVersion"}
"""Members of a resource that are known before it is made."""
LATE = {"listKeys", "reference"}


class Timing:
    def __init__(self, template: Template) -> None:
        self.template = template
        self.deployed = {each.name: each for each in template.file.of("resource", "module")}

    def used(self, expr: Expr | None) -> Iterator[Name]:
        """Names that an expression uses, also by way of variables."""
        seen: set[str] = set()
        todo = [expr]
        while todo:
            for each in walk(todo.pop()):
                if isinstance(each, Name):
                    yield each
                    found = self.template.symbols.get(each.name)
                    if found and found.kind == "var" and each.name not in seen:
                        seen.add(each.name)
                        todo.append(found.value)

    # Deploy-time constants

    def check(self) -> None:
        for each in self.deployed.values():
            self._known_at_start(each)
            self._placed(each)
            self._explicit_dependencies(each)
        self._cycles()

    def _known_at_start(self, declaration: Declaration) -> None:
        early: list[tuple[str, Expr | None]] = [
            ("name", declaration.body.get("name")),
            ("scope", declaration.body.get("scope")),
            ("condition", declaration.condition),
            ("loop", declaration.loop.over if declaration.loop else None),
        ]
        for what, expr in early:
            for why in self._late(expr, whole=what == "scope"):
                message = f"the {what} of {declaration.name} must be known at the start, and is made of {why}"
                self.template.say(declaration.line, "BCP120", message)

    def _late(self, expr: Expr | None, *, whole: bool) -> Iterator[str]:
        """What in an expression is known only later. `whole`: a resource itself may stand in it."""
        if whole and isinstance(expr, Name) and expr.name in self.deployed:
            return
        for each in _outermost(expr):
            match each:
                case Call(function=function) if function in LATE:
                    yield f"{function}()"
                case Member(base=Name(name=symbol)) if symbol in self.deployed:
                    if self.deployed[symbol].kind == "module" or each.name not in AT_START:
                        yield f"{symbol}.{each.name}"
                case Name(name=symbol) if symbol in self.deployed:
                    yield symbol
                case Name(name=symbol) if (found := self.template.symbols.get(symbol)) and found.kind == "var":
                    yield from self._late(found.value, whole=False)

    # Dependencies

    def inferred(self, declaration: Declaration) -> set[str]:
        """What it needs by what it names, `dependsOn` apart."""
        body = declaration.body
        parts: list[Expr | None] = [each for each in body.properties if each.name != "dependsOn"]
        parts += [declaration.condition, declaration.loop.over if declaration.loop else None]
        return {name.name for part in parts for name in self.used(part) if name.name in self.deployed} - {
            declaration.name
        }

    def explicit(self, declaration: Declaration) -> set[str]:
        names = {each.name for each in walk(declaration.body.get("dependsOn")) if isinstance(each, Name)}
        return names & set(self.deployed)

    def _all(self, name: str) -> set[str]:
        """Everything that one needs by names, near and far."""
        found: set[str] = set()
        todo = [name]
        while todo:
            for each in self.inferred(self.deployed[todo.pop()]) - found:
                found.add(each)
                todo.append(each)
        return found

    def _explicit_dependencies(self, declaration: Declaration) -> None:
        for name in sorted(self.explicit(declaration) & self._all(declaration.name)):
            message = f"{declaration.name} names {name} anyway; leave it out of dependsOn"
            self.template.say(declaration.line, "no-unnecessary-dependson", message)

    def _cycles(self) -> None:
        needs = {name: self.inferred(each) | self.explicit(each) for name, each in self.deployed.items()}
        while ready := [name for name, wanted in needs.items() if not wanted & set(needs)]:
            for name in ready:
                del needs[name]
        for name in needs:
            self.template.say(
                self.deployed[name].line, "BCP080", f"{name} waits for itself, by way of {sorted(needs[name])}"
            )

    # Places

    def _placed(self, declaration: Declaration) -> None:
        scope = declaration.body.get("scope")
        if declaration.kind == "module":
            self._module(declaration, scope)
        elif (resource := self.template.resource(declaration)) is not None:
            parent = declaration.body.get("parent")
            if isinstance(parent, Name | Member) or parent is not None:
                self._parent(declaration, parent)
            if scope is not None and not resource.is_extension and not self._is_group(scope):
                self.template.say(declaration.line, "BCP165", f"{declaration.reference} cannot lie on another resource")
            wrong = resource.scope != self.template.scope and not resource.is_extension
            if wrong and scope is None and parent is None:
                message = (
                    f"{declaration.reference} is deployed at {resource.scope} scope, this file at {self.template.scope}"
                )
                self.template.say(declaration.line, "BCP135", message)

    def _is_group(self, scope: Expr) -> bool:
        return isinstance(scope, Call) and scope.function in ("resourceGroup", "subscription")

    def _parent(self, declaration: Declaration, parent: Expr) -> None:
        name = next((each.name for each in walk(parent) if isinstance(each, Name)), "")
        found = self.deployed.get(name)
        if found is None or found.kind != "resource":
            self.template.say(declaration.line, "BCP036", f"the parent of {declaration.name} is no resource")
            return
        theirs, ours = (each.reference.partition("@")[0].lower() for each in (found, declaration))
        if ours.rpartition("/")[0] != theirs:
            self.template.say(declaration.line, "BCP036", f"{found.reference} has no children {declaration.reference}")

    def _module(self, declaration: Declaration, scope: Expr | None) -> None:
        module = self.template.module(declaration)
        if module is None:
            return
        given = self.template.scope if scope is None else self._scope_of(scope)
        if given != module.scope:
            message = (
                f"{declaration.reference} is for {module.scope} scope, and is called at {given or 'no known'} scope"
            )
            self.template.say(declaration.line, "BCP134", message)

    def _scope_of(self, scope: Expr) -> str | None:
        if isinstance(scope, Call):
            return scope.function if scope.function in ("resourceGroup", "subscription", "tenant") else None
        if isinstance(scope, Name) and (found := self.deployed.get(scope.name)):
            is_group = found.reference.lower().startswith("microsoft.resources/resourcegroups@")
            return "resourceGroup" if is_group else None
        return None


def _outermost(expr: Expr | None) -> Iterator[Expr]:
    """Expressions from the outside in; below a member of a name nothing more, for it was judged as a whole."""
    if expr is None:
        return
    yield expr
    if isinstance(expr, Member) and isinstance(expr.base, Name):
        return
    for each in _inside(expr):
        yield from _outermost(each)


def _inside(expr: Expr) -> Iterator[Expr]:
    match expr:
        case Object(properties=properties):
            yield from (each.value for each in properties)
        case Property() | If() | For():
            yield from (each for each in walk(expr) if each is not expr)
        case Text(parts=parts):
            yield from (part for part in parts if isinstance(part, Expr))
        case _:
            for value in (getattr(expr, name) for name in expr.__dataclass_fields__):
                for each in value if isinstance(value, tuple) else (value,):
                    if isinstance(each, Expr):
                        yield each
