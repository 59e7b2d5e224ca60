"""Whether what is written fits where it stands: bodies of resources their types, calls of modules their parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.infra.bicep.infer import Inference, Locals
from tests.infra.bicep.kinds import (
    ANY,
    BOOL,
    NULL,
    STRING,
    Declared,
    Kind,
    ListKind,
    Member,
    ObjectKind,
    Tagged,
    TextKind,
    flat,
    misfit,
    one_of,
)
from tests.infra.bicep.syntax import (
    Array,
    Call,
    Choice,
    Declaration,
    Expr,
    For,
    If,
    Name,
    Object,
    Property,
    Text,
)
from tests.infra.bicep.template import Template

DEPENDS = Member(ListKind(ANY))


class Assigning:
    def __init__(self, template: Template) -> None:
        self.template = template
        self.inference = Inference(template)

    # Values

    def fit(self, expr: Expr, wanted: Kind, given: Locals, where: str) -> None:
        """Says what of the expression does not fit."""
        lists = [each for each in flat([wanted]) if isinstance(each, ListKind)]
        match expr:
            case Choice():
                self.inference.kind(expr.condition, given)
                self.fit(expr.yes, wanted, given, where)
                self.fit(expr.no, wanted, given, where)
            case Object() if (target := self._object(expr, wanted)) is not None:
                self.members(expr, target, given, where)
            case Array(items=items) if lists:
                for each in items:
                    self.fit(each, lists[0].item, given, f"{where}[]")
            case For() if lists:
                self.fit(expr.body, lists[0].item, self.inference.loop(expr, given), f"{where}[]")
            case Call(function="concat", arguments=arguments) if lists:
                self.inference.kind(expr, given)
                for each in arguments:
                    self.fit(each, lists[0], given, where)
            case _:
                self._whole(expr, wanted, given, where)

    def _whole(self, expr: Expr, wanted: Kind, given: Locals, where: str) -> None:
        kind = self.inference.kind(expr, given)
        if isinstance(kind, Declared):
            kind = kind.body
        why = misfit(kind, wanted)
        if why:
            self.template.say(expr.line, "BCP036", f"{where}: {why}")
        elif isinstance(expr, Name) and expr.name not in given:
            # What a variable holds is checked where it is used, so that a slip in it is seen.
            found = self.template.symbols.get(expr.name)
            if found and found.kind == "var" and isinstance(found.value, Object | Array | Choice | Call):
                self.fit(found.value, wanted, {}, where)

    @staticmethod
    def _object(expr: Object, wanted: Kind) -> ObjectKind | None:
        for each in flat([wanted]):
            if isinstance(each, ObjectKind):
                return each
            if isinstance(each, Tagged):
                tag = expr.get(each.tag)
                element = each.element(tag.literal if isinstance(tag, Text) else None)
                literals = frozenset().union(*(_values(every.members[each.tag].kind) for every in each.elements))
                return element or ObjectKind(each.name, {each.tag: Member(TextKind(values=literals), required=True)})
        return None

    def members(self, expr: Object, target: ObjectKind, given: Locals, where: str) -> None:
        for name, times in Counter(each.name for each in expr.properties if each.name).items():
            if times > 1:
                self.template.say(expr.line, "BCP025", f"{where}.{name} stands {times} times")
        for each in expr.properties:
            self._member(each, target, given, where)
        for name, member in target.members.items():
            if member.required and not member.read_only and expr.get(name) is None:
                self.template.say(expr.line, "BCP035", f"{where} lacks {name}, which is required")

    def _member(self, expr: Property, target: ObjectKind, given: Locals, where: str) -> None:
        if expr.name is None:
            self.inference.kind(expr.key, given)
            self.fit(expr.value, target.additional or ANY, given, f"{where}.*")
            return
        member, place = target.members.get(expr.name), f"{where}.{expr.name}"
        # Where the published type knows names and says "or any", only those that it knows are taken.
        if member is None and (target.additional is None or (target.members and target.additional is ANY)):
            self.template.say(expr.line, "BCP037", f"{place} is no member of {target.name}")
            self.inference.kind(expr.value, given)
        elif member is None:
            self.fit(expr.value, target.additional or ANY, given, place)
        elif member.read_only:
            self.template.say(expr.line, "BCP073", f"{place} is read only")
        else:
            # null stands for a member that is left out.
            self.fit(expr.value, member.kind if member.required else _or_null(member.kind), given, place)

    # Declarations

    def declaration(self, declaration: Declaration) -> None:
        match declaration.kind:
            case "param" if declaration.value is not None:
                self.fit(declaration.value, self.template.parameter(declaration), {}, declaration.name)
            case "output" if declaration.value is not None:
                self.fit(declaration.value, self.template.declared(declaration.type), {}, declaration.name)
            case "var" if declaration.value is not None:
                self.inference.kind(declaration.value, {})
            case "resource" | "module":
                self._deployed(declaration)

    def _deployed(self, declaration: Declaration) -> None:
        given: Locals = {}
        match declaration.value:
            case If(condition=condition):
                self.fit(condition, BOOL, given, f"the condition of {declaration.name}")
            case For() as loop:
                given = self.inference.loop(loop, given)
        if declaration.kind == "module":
            self._module(declaration, given)
        else:
            self._resource(declaration, given)

    def _resource(self, declaration: Declaration, given: Locals) -> None:
        resource, body = self.template.resource(declaration), declaration.body
        if resource is None:
            message = f"{declaration.reference} has no types in tests/infra/bicep/types; see the README there"
            self.template.say(declaration.line, "BCP081", message)
            return
        target = self._object(body, resource.body)
        if declaration.existing or target is None:
            target = ObjectKind(resource.reference, {"name": Member(STRING, required=True)})
        extra = {"dependsOn": DEPENDS, "scope": Member(ANY), "parent": Member(ANY)}
        full = ObjectKind(target.name, {**target.members, **extra}, target.additional)
        self.members(body, full, given, declaration.name)

    def _module(self, declaration: Declaration, given: Locals) -> None:
        module = self.template.module(declaration)
        if module is None:
            self.template.say(declaration.line, "BCP091", f"there is no {declaration.reference}")
            return
        wanted: Mapping[str, Member] = {
            "name": Member(STRING, required=True),
            "scope": Member(ANY),
            "params": Member(
                module.parameters, required=any(each.required for each in module.parameters.members.values())
            ),
            "dependsOn": DEPENDS,
        }
        self.members(declaration.body, ObjectKind(declaration.reference, wanted), given, declaration.name)


def _values(kind: Kind) -> frozenset[str]:
    return (kind.values or frozenset()) if isinstance(kind, TextKind) else frozenset()


def _or_null(kind: Kind) -> Kind:
    return kind if kind is ANY else one_of(kind, NULL)
