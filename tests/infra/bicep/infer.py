"""Of what kind an expression is, and what is wrong inside it: names, members, functions, operators."""

from __future__ import annotations

from collections.abc import Mapping

from tests.infra.bicep import syntax
from tests.infra.bicep.functions import FUNCTIONS
from tests.infra.bicep.kinds import (
    ANY,
    ARRAY,
    BOOL,
    INT,
    NULL,
    STRING,
    Declared,
    Kind,
    ListKind,
    Member,
    NumberKind,
    ObjectKind,
    Tagged,
    TextKind,
    Union,
    flat,
    misfit,
    one_of,
    show,
)
from tests.infra.bicep.syntax import Array, Binary, Call, Choice, Expr, For, Index, Name, Object, Text, Unary, Value
from tests.infra.bicep.template import Template

Locals = Mapping[str, Kind]

OPERANDS: Mapping[str, tuple[Kind, Kind]] = {
    **dict.fromkeys(["&&", "||"], (BOOL, BOOL)),
    **dict.fromkeys([">", "<", ">=", "<="], (one_of(INT, STRING), BOOL)),
    **dict.fromkeys(["==", "!=", "=~", "!~"], (ANY, BOOL)),
    **dict.fromkeys(["+", "-", "*", "/", "%"], (INT, INT)),
}
"""What each operator takes on both sides, and gives."""


class Inference:
    """Kinds of a template's expressions; findings go to the template."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self._variables: dict[str, Kind] = {}
        self._open: set[str] = set()

    def kind(self, expr: Expr, given: Locals) -> Kind:
        """`given`: the variables of loops around it."""
        match expr:
            case Text():
                return self._text(expr, given)
            case Value():
                return self._value(expr)
            case Name():
                return self._name(expr, given)
            case Call():
                return self._call(expr, given)
            case syntax.Member():
                return self._member(expr, given)
            case Index():
                return self._index(expr, given)
        return self._composed(expr, given)

    def _composed(self, expr: Expr, given: Locals) -> Kind:
        match expr:
            case Unary(operator=operator, operand=operand):
                wanted = BOOL if operator == "!" else INT
                self._want(operand, wanted, given)
                return wanted
            case Binary():
                return self._binary(expr, given)
            case Choice(condition=condition, yes=yes, no=no):
                self._want(condition, BOOL, given)
                return one_of(self.kind(yes, given), self.kind(no, given))
            case Array(items=items):
                found = [self.kind(each, given) for each in items]
                return ListKind(one_of(*found)) if found else ARRAY
            case Object(properties=properties):
                return ObjectKind("object", self._members(properties, given))
            case For():
                return ListKind(self.kind(expr.body, self.loop(expr, given)))
        return ANY

    def _members(self, properties: tuple[syntax.Property, ...], given: Locals) -> dict[str, Member]:
        found: dict[str, Member] = {}
        for each in properties:
            kind = self.kind(each.value, given)
            if each.name is None:
                self.kind(each.key, given)
            elif each.name in found:
                self.template.say(each.line, "BCP025", f"{each.name} stands twice in this object")
            else:
                found[each.name] = Member(kind, required=True)
        return found

    def loop(self, expr: For, given: Locals) -> Locals:
        """The variables inside the loop."""
        over = self.kind(expr.over, given)
        if not isinstance(over, ListKind) and over is not ANY:
            self.template.say(expr.line, "BCP137", f"a loop runs over an array, not {show(over)}")
        inner = {**given, expr.item: over.item if isinstance(over, ListKind) else ANY}
        return {**inner, expr.index: INT} if expr.index else inner

    def _want(self, expr: Expr, wanted: Kind, given: Locals) -> None:
        why = misfit(self.kind(expr, given), wanted)
        if why:
            self.template.say(expr.line, "BCP036", why)

    def _text(self, expr: Text, given: Locals) -> Kind:
        if expr.literal is not None:
            return TextKind(values=frozenset([expr.literal]))
        least: int = 0
        most: int | None = 0
        for part in expr.parts:
            if isinstance(part, str):
                least, most = least + len(part), most + len(part) if most is not None else None
                continue
            kind = self.kind(part, given)
            self._printable(part, kind)
            low, high = kind.lengths if isinstance(kind, TextKind) else (0, None)
            least, most = least + low, None if most is None or high is None else most + high
        return TextKind(least=least, most=most)

    def _printable(self, part: Expr, kind: Kind) -> None:
        if any(isinstance(each, Declared) or each == NULL for each in flat([kind])):
            self.template.say(part.line, "string interpolation", f"{show(kind)} is put into a string")

    @staticmethod
    def _value(expr: Value) -> Kind:
        if expr.value is None:
            return NULL
        return BOOL if isinstance(expr.value, bool) else NumberKind(frozenset([expr.value]))

    def _name(self, expr: Name, given: Locals) -> Kind:
        if expr.name in given:
            return given[expr.name]
        declaration = self.template.symbols.get(expr.name)
        if declaration is None or declaration.kind == "type":
            self.template.say(expr.line, "BCP057", f"the name {expr.name} is not declared")
            return ANY
        if declaration.kind == "param":
            return self.template.parameter(declaration)
        if declaration.kind == "var":
            return self._variable(expr)
        body = self.template.symbol(declaration)
        return Declared(expr.name, body, conditional=declaration.condition is not None)

    def _variable(self, expr: Name) -> Kind:
        if expr.name in self._open:
            self.template.say(expr.line, "BCP080", f"the variable {expr.name} is made of itself")
            return ANY
        if expr.name not in self._variables:
            value = self.template.symbols[expr.name].value
            self._open.add(expr.name)
            self._variables[expr.name] = self.kind(value, {}) if value else ANY
            self._open.discard(expr.name)
        return self._variables[expr.name]

    def _call(self, expr: Call, given: Locals) -> Kind:
        kinds = [self.kind(each, given) for each in expr.arguments]
        function = FUNCTIONS.get(expr.function)
        if function is None:
            self.template.say(expr.line, "BCP082", f"the function {expr.function} is not known; see functions.py")
            return ANY
        if not function.least <= len(kinds) <= (function.most or len(kinds)):
            self.template.say(expr.line, "BCP071", f"{expr.function} was given {len(kinds)} arguments")
        if not kinds and self.template.scope not in function.scopes:
            self.template.say(expr.line, "BCP071", f"{expr.function}() does not exist at {self.template.scope} scope")
        for argument, kind, wanted in zip(expr.arguments, kinds, function.takes, strict=False):
            why = misfit(kind, wanted)
            if why:
                self.template.say(argument.line, "BCP070", f"{expr.function}: {why}")
        return self._result(expr, kinds, function.gives)

    @staticmethod
    def _result(expr: Call, kinds: list[Kind], gives: Kind) -> Kind:
        """Of functions whose result depends on their arguments."""
        if expr.function == "concat" and kinds and all(isinstance(each, ListKind) for each in kinds):
            return ListKind(one_of(*(each.item for each in kinds if isinstance(each, ListKind))))
        if expr.function in ("first", "last") and isinstance(kinds[0], ListKind):
            return kinds[0].item
        return gives

    def _binary(self, expr: Binary, given: Locals) -> Kind:
        left, right = self.kind(expr.left, given), self.kind(expr.right, given)
        if expr.operator == "??":
            return one_of(*(each for each in flat([left]) if each != NULL), right)
        wanted, gives = OPERANDS[expr.operator]
        for operand, kind in ((expr.left, left), (expr.right, right)):
            why = misfit(kind, wanted)
            if why:
                self.template.say(operand.line, "BCP045", f"{expr.operator}: {why}")
        return gives

    def _index(self, expr: Index, given: Locals) -> Kind:
        base, index = self.kind(expr.base, given), self.kind(expr.index, given)
        if isinstance(base, Declared) and isinstance(base.body, ListKind):
            self._want(expr.index, INT, given)
            return Declared(base.symbol, base.body.item, base.conditional)
        if isinstance(base, ListKind):
            self._want(expr.index, INT, given)
            return base.item
        if isinstance(base, ObjectKind) and isinstance(index, TextKind) and index.values and not index.is_open:
            return one_of(*(self._found(expr.line, base, name) for name in sorted(index.values)))
        return ANY

    def _member(self, expr: syntax.Member, given: Locals) -> Kind:
        base = self.kind(expr.base, given)
        if isinstance(base, Declared):
            if base.conditional and not (expr.safe or expr.sure):
                either = f"{base.symbol}!.{expr.name} or {base.symbol}.?{expr.name}"
                message = f"{base.symbol} may not be there: read it as {either}"
                self.template.say(expr.line, "BCP318", message)
            base = base.body
        kinds = [each for each in flat([base]) if each != NULL]
        if isinstance(base, Union) and len(kinds) < len(base.members) and not (expr.safe or expr.sure):
            self.template.say(expr.line, "BCP318", f"{show(base)} may be null; read it as .?{expr.name}")
        found = one_of(*(self._found(expr.line, each, expr.name, expr.safe) for each in kinds)) if kinds else ANY
        return one_of(found, NULL) if expr.safe and found is not ANY else found

    def _found(self, line: int, base: Kind, name: str, safe: bool = False) -> Kind:
        """A member's kind."""
        if isinstance(base, Tagged):
            kinds = [each.members[name].kind for each in base.elements if name in each.members]
            if kinds:
                return one_of(*kinds)
        elif isinstance(base, ObjectKind):
            if name in base.members:
                return base.members[name].kind
            if base.additional is not None:
                return base.additional
        elif base is ANY:
            return ANY
        if not safe or not isinstance(base, ObjectKind):
            self.template.say(line, "BCP053", f"{show(base)} has no member {name}")
        return ANY
