"""Rules of the compiler's linter, and our own, that need no kinds: each looks at a template and says what it finds.

The linter's names: https://learn.microsoft.com/azure/azure-resource-manager/bicep/linter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from tests.infra.bicep.functions import DECORATORS, FUNCTIONS
from tests.infra.bicep.syntax import Call, Choice, Declaration, Expr, Member, Name, Object, Property, Text, Value, walk
from tests.infra.bicep.template import Template

Found = Iterator[tuple[int, str, str]]
"""Line, rule, message."""

HOSTS = (
    *("azuredatalakeanalytics.net", "azuredatalakestore.net", "batch.core.windows.net", "core.windows.net"),
    *(
        "database.windows.net",
        "datalake.azure.net",
        "gallery.azure.com",
        "graph.windows.net",
        "login.microsoftonline.com",
    ),
    *("management.azure.com", "management.core.windows.net", "vault.azure.net"),
)
MOST = {"param": 256, "var": 512, "output": 64, "resource": 800}
SECRET = re.compile(r"password|pwd|secret|(account|acct|access)key|connectionstring", re.IGNORECASE)


def expressions(template: Template) -> tuple[tuple[Declaration, Expr], ...]:
    return template.file.expressions


def unused(template: Template) -> Found:
    keys = {id(expr.key) for _, expr in expressions(template) if isinstance(expr, Property)}
    named = {expr.name for _, expr in expressions(template) if isinstance(expr, Name) and id(expr) not in keys}
    rules = {"param": "no-unused-params", "var": "no-unused-vars", "type": "no-unused-types"}
    for each in template.symbols.values():
        rule = "no-unused-existing-resources" if each.existing else rules.get(each.kind)
        if rule and each.name not in named:
            yield each.line, rule, f"{each.name} is never used"


def twice(template: Template) -> Found:
    symbols = Counter(each.name for each in template.file.declarations if each.kind not in ("output", "targetScope"))
    outputs = Counter(each.name for each in template.file.of("output"))
    for each in template.file.declarations:
        counts = outputs if each.kind == "output" else symbols
        if counts[each.name] > 1:
            yield each.line, "BCP028", f"{each.name} is declared twice"
        if each.kind in MOST and len(template.file.of(each.kind)) > MOST[each.kind]:
            yield each.line, f"max-{each.kind}s", f"there are more than {MOST[each.kind]}"


def described(template: Template) -> Found:
    for each in template.file.of("param", "output", "type"):
        if each.decorator("description") is None:
            yield each.line, f"use-description-{each.kind}s", f"{each.name} has no description"


def decorated(template: Template) -> Found:
    for declaration in template.file.declarations:
        for call in declaration.decorators:
            if declaration.kind not in DECORATORS.get(call.function, ()):
                yield call.line, "BCP127", f"@{call.function} may not stand above a {declaration.kind}"


def quoted_names(template: Template) -> Found:
    for _, expr in expressions(template):
        if (
            isinstance(expr, Property)
            and isinstance(expr.key, Text)
            and re.fullmatch(r"[A-Za-z_]\w*", expr.key.literal or "")
        ):
            yield expr.line, "prefer-unquoted-property-names", f"{expr.key.raw} needs no quotes"


def strings(template: Template) -> Found:
    # As a key, an interpolation alone is right: there is no other way to compute one.
    keys = {id(expr.key) for _, expr in expressions(template) if isinstance(expr, Property)}
    for _, expr in expressions(template):
        if not isinstance(expr, Text):
            continue
        if len(expr.parts) == 1 and not isinstance(expr.parts[0], str) and id(expr) not in keys:
            yield expr.line, "simplify-interpolation", f"{expr.raw} is the value itself"
        host = next((host for host in HOSTS if re.search(rf"(^|[^\w.-]|\.){re.escape(host)}\b", expr.raw)), None)
        if host:
            yield expr.line, "no-hardcoded-env-urls", f"{host} differs between clouds; use environment()"


def calls(template: Template) -> Found:
    for declaration, expr in expressions(template):
        if not isinstance(expr, Call):
            continue
        function = FUNCTIONS.get(expr.function)
        if function and function.only_as_default and declaration.kind != "param":
            yield expr.line, "BCP065", f"{expr.function} may stand in a parameter's default only"
        if function and function.secret and declaration.kind == "output":
            yield (
                expr.line,
                "outputs-should-not-contain-secrets",
                f"{declaration.name} shows what {expr.function} gives",
            )
        if expr.function == "concat" and any(isinstance(each, Text) for each in expr.arguments):
            yield expr.line, "prefer-interpolation", "write a string with ${…} instead of concat"
        if expr.function == "any":
            yield expr.line, "no-explicit-any", "any() hides what the compiler would find"


def files(template: Template) -> Found:
    for _, expr in expressions(template):
        if isinstance(expr, Call) and expr.function.startswith("load") and isinstance(expr.arguments[0], Text):
            path = template.file.path.parent / (expr.arguments[0].literal or "")
            if not path.is_file():
                yield expr.line, "BCP091", f"there is no file {expr.arguments[0].raw}"


def symbols(template: Template) -> Found:
    deployed = {each.name: each for each in template.file.of("resource", "module")}
    for _, expr in expressions(template):
        if isinstance(expr, Call) and re.match(r"list[A-Z]|reference$", expr.function) and expr.arguments:
            first = expr.arguments[0]
            if isinstance(first, Member) and isinstance(first.base, Name) and first.base.name in deployed:
                yield (
                    expr.line,
                    "use-resource-symbol-reference",
                    f"write {first.base.name}.{expr.function}() or its member",
                )
    for each in deployed.values():
        loop = each.loop
        told_apart = [expr for name in ("name", "parent", "scope") for expr in walk(each.body.get(name))]
        names = {expr.name for expr in told_apart if isinstance(expr, Name)}
        if loop and not names & {loop.item, loop.index}:
            yield each.line, "BCP179", f"{each.name} is made in a loop, always with the same name"


def safe_access(template: Template) -> Found:
    for _, expr in expressions(template):
        condition = expr.condition if isinstance(expr, Choice) else None
        if isinstance(condition, Call) and condition.function == "contains" and isinstance(expr, Choice):
            key = condition.arguments[1]
            if isinstance(expr.yes, Member) and isinstance(key, Text) and key.literal == expr.yes.name:
                yield expr.line, "use-safe-access", f"write .?{expr.yes.name} ?? … instead"


def outputs(template: Template) -> Found:
    for each in template.file.of("output"):
        if isinstance(each.value, Value) or (isinstance(each.value, Text) and each.value.literal is not None):
            yield each.line, "no-hardcoded-outputs", f"{each.name} is no more than a literal"


def secrets(template: Template) -> Found:
    for each in template.file.of("param"):
        if SECRET.search(each.name) and each.decorator("secure") is None:
            yield each.line, "secure-secrets-in-params", f"{each.name} sounds secret, and has no @secure()"
        if each.decorator("secure") and each.value is not None and getattr(each.value, "literal", "x") != "":
            yield each.line, "secure-parameter-default", f"{each.name} has a default that everybody can read"
    for each in template.file.of("output"):
        if "password" in each.name.lower():
            yield each.line, "outputs-should-not-contain-secrets", f"{each.name} sounds secret"


def places(template: Template) -> Found:
    for each in template.file.of("resource"):
        body = each.body
        location, name = body.get("location"), body.get("name")
        if isinstance(location, Text) and location.literal != "global":
            yield location.line, "no-hardcoded-location", f"{each.name} lies in {location.raw}"
        if isinstance(name, Text) and "/" in name.raw and body.get("parent") is None:
            yield name.line, "use-parent-property", f"{each.name} names its parent in its name"
    for declaration, expr in expressions(template):
        if (
            isinstance(expr, Member)
            and expr.name == "location"
            and isinstance(expr.base, Call)
            and declaration.kind != "param"
        ):
            yield expr.line, "no-loc-expr-outside-params", "take the location as a parameter"


def roles(template: Template) -> Found:
    """Ours: an assignment says for whom it is, has the scope in its name, and never lies on a whole resource group."""
    for each in template.file.of("resource"):
        if not each.reference.startswith("Microsoft.Authorization/roleAssignments@"):
            continue
        properties, scope, name = each.body.get("properties"), each.body.get("scope"), each.body.get("name")
        if not isinstance(scope, Name):
            yield each.line, "role scope", f"{each.name} has no scope of its own"
            continue
        if not isinstance(properties, Object) or properties.get("principalType") is None:
            yield each.line, "role principalType", f"{each.name} does not say of which type the principal is"
            continue
        parts = name.arguments if isinstance(name, Call) and name.function == "guid" else ()
        wanted = {f"{scope.name}.id", *(_shown(properties.get(key)) for key in ("principalId", "roleDefinitionId"))}
        if {_shown(part) for part in parts} != wanted:
            yield each.line, "role name", f"the name of {each.name} must be guid() of scope, principal and role"


def _shown(expr: Expr | None) -> str:
    match expr:
        case Name(name=name):
            return name
        case Member(base=base, name=name):
            return f"{_shown(base)}.{name}"
    return "?"


RULES: tuple[Callable[[Template], Found], ...] = (
    unused,
    twice,
    described,
    decorated,
    quoted_names,
    strings,
    calls,
    files,
    symbols,
    safe_access,
    outputs,
    secrets,
    places,
    roles,
)
