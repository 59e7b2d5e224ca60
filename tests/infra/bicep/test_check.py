"""The templates are free of findings, and each check finds what it is for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.infra.bicep.check import check_file, check_text
from tests.infra.bicep.schema import FOLDER, resources
from tests.infra.bicep.syntax import Name, Property, Text, read, walk

INFRA = Path(__file__).parents[3] / "infra"
TEMPLATES = sorted(INFRA.rglob("*.bicep"))
BESIDE = INFRA / "modules" / "test.bicep"

each = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(INFRA)))


@each
def test_a_template_has_no_findings(path: Path) -> None:
    assert [str(finding) for finding in check_file(path)] == []


def test_every_type_that_is_kept_is_used_or_meant_for_alerts() -> None:
    used = {each.reference.lower() for path in TEMPLATES for each in read(path).of("resource")}
    for_alerts = {name for name in resources() if re.match(r"microsoft\.insights/(scheduled|metric|workbooks)", name)}
    assert set(resources()) - used <= for_alerts
    assert used <= set(resources())


def test_every_type_says_where_it_is_from() -> None:
    for path in FOLDER.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert path.stem == document["resource"].replace("/", "_")
        assert re.search(r"(npm|PyPI) \S+ \d+\.\d+\.\d+ \(MIT\)", document["source"])


# A slip at any place of the templates is found


def _members(path: Path) -> list[tuple[int, str]]:
    """Line and name of every member of a body that is written plainly: each name once for each resource or module."""
    found: dict[tuple[str, str], int] = {}
    for declaration in read(path).of("resource", "module"):
        for expr in walk(declaration.body):
            if isinstance(expr, Property) and isinstance(expr.key, Name):
                found.setdefault((declaration.name, expr.key.name), expr.line)
    return [(line, name) for (_, name), line in found.items()]


def _names(path: Path) -> list[tuple[int, str]]:
    """Line and name where each symbol is first used."""
    file = read(path)
    keys = {id(expr.key) for _, expr in file.expressions if isinstance(expr, Property)}
    found: dict[str, int] = {}
    for _, expr in file.expressions:
        if isinstance(expr, Name) and id(expr) not in keys:
            found.setdefault(expr.name, expr.line)
    return [(line, name) for name, line in found.items()]


DICTIONARIES = {
    *("DEPLOYMENT_ID", "INBOX_CONTAINER", "RESULTS_CONTAINER", "WORK_CONTAINER", "SERVICE_CONTAINER"),
    *("SERVICE_OUTPUTS_CONTAINER", "NOTICE_QUEUE", "spent80", "forecast100", "runbook"),
}
"""Members of dictionaries, which may have any name; that settings have the right ones, test_agreement.py sees."""


@each
def test_every_misspelt_member_is_found(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    missed = []
    for line, word in _members(path):
        spoilt = [*lines]
        spoilt[line - 1] = re.sub(rf"^(\s*){word}:", rf"\g<1>{word}x:", spoilt[line - 1], count=1)
        if spoilt != lines and not check_text("\n".join(spoilt), path):
            missed.append(word)
    assert set(missed) <= DICTIONARIES


@each
def test_every_misspelt_name_is_found(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    for line, word in _names(path):
        spoilt = [*lines]
        spoilt[line - 1] = re.sub(rf"(?<![\w.'/-]){word}(?![\w:'-])", f"{word}x", spoilt[line - 1])
        if spoilt != lines:
            assert check_text("\n".join(spoilt), path), f"{line}: {word}"


@each
def test_every_declaration_and_member_that_is_needed_is_missed(path: Path) -> None:
    """A declaration that is taken away is asked for by whoever names it, unless nobody does."""
    file, lines = read(path), path.read_text(encoding="utf-8").split("\n")
    named = {expr.name for item in file.declarations for expr in walk(item.value) if isinstance(expr, Name)}
    for declaration in file.declarations:
        if declaration.kind in ("param", "var", "type") and declaration.name in named:
            spoilt = [*lines]
            spoilt[declaration.line - 1] = re.sub(
                rf"\b{declaration.name}\b", "zzz", spoilt[declaration.line - 1], count=1
            )
            assert check_text("\n".join(spoilt), path), declaration.name


# One by one

ACCOUNT = "resource a 'Microsoft.Storage/storageAccounts@2025-01-01' "
BODY = "{\n  name: 'abcdef'\n  location: l\n  kind: 'StorageV2'\n  sku: {\n    name: 'Standard_LRS'\n  }\n"
LOCATION = "@description('x')\nparam l string\n"
OUT = "@description('x')\noutput o string = "
GOOD = f"{LOCATION}{ACCOUNT}= {BODY}}}\n{OUT}a.id\n"
ROLE = (
    "resource r 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: guid(a.id, l, d)\n  scope: a\n"
    "  properties: {\n    roleDefinitionId: d\n    principalId: l\n    principalType: 'User'\n  }\n}\nvar d = 'x'\n"
)
IDENTITY = "resource b 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = "
END = f"{OUT}a.id\n"
WAITS = f"{IDENTITY}{{\n  name: 'b'\n  location: c.location\n}}\n"
GROUP = "resource g 'Microsoft.Resources/resourceGroups@2025-04-01' = {\n  name: 'g'\n  location: l\n}"
UNUSED = "resource e 'Microsoft.Web/sites@2024-11-01' existing = {\n  name: 'x'\n}"
HELD = "var v = {\n  bypass: 'x'\n  defaultAction: 'Deny'\n}\n"
NETWORK = f"{ACCOUNT.replace(' a ', ' n ')}= {BODY}  properties: {{\n    networkAcls: v\n  }}\n}}\n{END}"


def with_properties(text: str) -> tuple[str, str]:
    return BODY, f"{BODY}  properties: {{\n    {text}\n  }}\n"


def with_first(text: str) -> tuple[str, str]:
    return LOCATION, f"{LOCATION}{text}\n"


def with_identity(head: str, name: str, *rest: str) -> tuple[str, str]:
    """A second resource in the place of the output."""
    body = "\n".join([f"  name: {name}", "  location: l", *rest])
    return END, f"{IDENTITY}{head}{{\n{body}\n}}{']' if head.startswith('[') else ''}\n"


PLANTED: dict[str, tuple[str, tuple[str, str]]] = {
    "a member twice": ("BCP025", (BODY, f"{BODY}  kind: 'Storage'\n")),
    "a symbol twice": ("BCP028", with_first(LOCATION)),
    "a required member": ("BCP035", ("  kind: 'StorageV2'\n", "")),
    "a string for a truth value": ("BCP036", with_properties("allowSharedKeyAccess: 'no'")),
    "an unknown value of an enumeration": ("BCP036", with_properties("accessTier: 'Warm'")),
    "an unknown value of an open enumeration": ("BCP036", with_properties("minimumTlsVersion: 'TLS12'")),
    "one branch of a choice": ("BCP036", ("'StorageV2'", "l == 'x' ? 'StorageV2' : 'StorageV9'")),
    "a number for a string": ("BCP036", ("location: l", "location: 7")),
    "an object for a list": ("BCP036", (BODY, f"{BODY}  zones: {{}}\n")),
    "what a variable holds": ("BCP036", (END, f"{NETWORK}{HELD}")),
    "a member that there is not": ("BCP037", with_properties("minTlsVersion: 'TLS1_2'")),
    "an operator": ("BCP045", ("a.id", "empty(l) && l ? 'x' : a.id")),
    "a member read": ("BCP053", ("a.id", "a.properties.endpoints.blob")),
    "a name": ("BCP057", ("a.id", "b.id")),
    "a time in a name": ("BCP065", ("'abcdef'", "'x${utcNow()}'")),
    "an argument": ("BCP070", ("a.id", "split(7, ',')[0]")),
    "too many arguments": ("BCP071", ("a.id", "toLower(a.id, 'x')")),
    "a function of another scope": (
        *("BCP071", (LOCATION, f"targetScope = 'subscription'\n{LOCATION}var g = resourceGroup().id\n")),
    ),
    "a read-only member": ("BCP073", with_properties("creationTime: 'x'")),
    "a variable of itself": ("BCP080", ("a.id", "v\nvar v = w\nvar w = v")),
    "a cycle": ("BCP080", (END, f"{WAITS}{WAITS.replace(' b ', ' d ').replace('c.', 'b.').replace(' d ', ' c ')}")),
    "an unknown version": ("BCP081", ("2025-01-01", "2024-01-01")),
    "a function": ("BCP082", ("a.id", "lower(a.id)")),
    "no such module": ("BCP091", with_first("module m 'none.bicep' = {\n  name: 'm'\n}")),
    "a late name": ("BCP120", with_identity("", "a.properties.primaryEndpoints.blob")),
    "a late name by way of a variable": ("BCP120", with_identity("", "v", "}", "var v = {", "  x: a.location")),
    "a late condition": ("BCP120", with_identity("if (empty(a.location)) ", "'b'")),
    "a late loop": ("BCP120", with_identity("[for z in a.zones: ", "z")),
    "a decorator": ("BCP127", ("@description('x')\nparam", "@batchSize(1)\n@description('x')\nparam")),
    "a group below a group": ("BCP135", with_first(GROUP)),
    "a loop over a string": ("BCP137", with_identity("[for z in l: ", "'${a.name}${z}'")),
    "a scope that is not for it": ("BCP165", with_identity("", "'b'", "  scope: a")),
    "an unknown type": ("BCP302", ("param l string", "param l strin")),
    "what may not be there": ("BCP318", (f"{ACCOUNT}= {{", f"{ACCOUNT}= if (empty(l)) {{")),
    "a parent of another type": (
        *("BCP036", (END, "resource q 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {\n"
                     "  parent: a\n  name: 'abc'\n}\n")),
    ),
    "a name that may be too long": ("BCP036", ("'abcdef'", "'${uniqueString(l)}-${uniqueString(l)}'")),
    "a name too short": ("BCP036", ("'abcdef'", "'ab'")),
    "interpolation of a resource": ("string interpolation", ("a.id", "'${a}x'")),
    "an unused parameter": ("no-unused-params", with_first("@description('x')\nparam n string")),
    "an unused variable": ("no-unused-vars", with_first("var n = 1")),
    "an unused type": ("no-unused-types", with_first("@description('x')\ntype n = 'a' | 'b'")),
    "a type without description": ("use-description-types", with_first("type n = 'a' | 'b'")),
    "a literal output": ("no-hardcoded-outputs", ("a.id", "'x'")),
    "an unused resource": ("no-unused-existing-resources", with_first(UNUSED)),
    "a parameter without description": ("use-description-params", ("@description('x')\nparam", "param")),
    "an output without description": ("use-description-outputs", ("@description('x')\noutput", "output")),
    "needless quotes": ("prefer-unquoted-property-names", ("  kind:", "  'kind':")),
    "a needless interpolation": ("simplify-interpolation", ("location: l", "location: '${l}'")),
    "a host of one cloud": ("no-hardcoded-env-urls", ("a.id", "'https://${a.name}.blob.core.windows.net'")),
    "a region": ("no-hardcoded-location", ("location: l", "location: 'westus'")),
    "the group's region": ("no-loc-expr-outside-params", ("location: l", "location: resourceGroup().location")),
    "a string by concat": ("prefer-interpolation", ("a.id", "concat('x', a.id)")),
    "a parent in a name": ("use-parent-property", ("'abcdef'", "'a/${l}'")),
    "a test for a member": ("use-safe-access", ("a.id", "contains(a.tags, 'x') ? a.tags.x : a.id")),
    "a secret parameter": ("secure-secrets-in-params", with_first("@description('x')\nparam accountKey string")),
    "a secret's default": (
        *("secure-parameter-default", with_first("@secure()\n@description('x')\nparam s string = 'abc'")),
    ),
    "a key in an output": (
        *("outputs-should-not-contain-secrets", ("a.id", "listKeys(a.id, '2025-01-01').keys[0].value")),
    ),
    "a symbol by its id": ("use-resource-symbol-reference", ("a.id", "string(listKeys(a.id, '2025-01-01'))")),
    "a file that is not there": ("BCP091", ("a.id", "loadTextContent('none.kql')")),
    "a loop of one name": ("BCP179", with_identity("[for z in split(l, ','): ", "'${a.name}b'")),
    "a password's output": ("outputs-should-not-contain-secrets", ("output o", "output adminPassword")),
    "any()": ("no-explicit-any", ("location: l", "location: any(l)")),
    "a dependency that is there": (
        *("no-unnecessary-dependson", with_identity("", "a.name", "  dependsOn: [\n    a\n  ]")),
    ),
    "a part of an id that may be empty": ("split index", ("a.id", "split(l, '/')[8]")),
    "a part of an id in the wrong branch": ("split index", ("a.id", "empty(l) ? split(l, '/')[8] : a.id")),
    "a part of an id below half a guard": (
        *("split index", ("a.id", "l != 'x' && empty(l) ? a.id : split(l, '/')[8]")),
    ),
    "a role without a scope": ("role scope", (END, ROLE.replace("  scope: a\n", ""))),
    "a role without a principal type": ("role principalType", (END, ROLE.replace("    principalType: 'User'\n", ""))),
    "a role of a changing name": ("role name", (END, ROLE.replace("guid(a.id, l, d)", "guid(a.id, l)"))),
}  # fmt: skip
"""What is planted: the rule that finds it, and what stands in the place of what."""


def test_the_ground_of_the_planted_faults_is_good() -> None:
    assert [str(finding) for finding in check_text(GOOD, BESIDE)] == []
    assert [str(finding) for finding in check_text(GOOD.replace(END, ROLE), BESIDE)] == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str) -> None:
    rule, (old, new) = PLANTED[name]
    assert old in GOOD
    assert rule in {finding.rule for finding in check_text(GOOD.replace(old, new, 1), BESIDE)}


MODULE = (
    "module m 'identity.bicep' = {\n  name: 'm'\n  params: {\n    name: 'x'\n    location: l\n    tags: {}\n  }\n}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("    tags: {}\n", "", "BCP035"),
        ("tags: {}", "tags: 'x'", "BCP036"),
        ("    tags: {}\n", "    tags: {}\n    tag: {}\n", "BCP037"),
        ("  name: 'm'\n", "  name: 'm'\n  scope: subscription()\n", "BCP134"),
        ("m.outputs.name", "m.outputs.nam", "BCP053"),
        ("= {\n  name: 'm'", "= if (empty(l)) {\n  name: 'm'", "BCP318"),
    ],
)
def test_a_call_of_a_module_agrees_with_the_module(old: str, new: str, rule: str) -> None:
    good = f"{LOCATION}{MODULE}{OUT}m.outputs.name\n"
    assert [str(finding) for finding in check_text(good, BESIDE)] == []
    assert old in good
    assert rule in {finding.rule for finding in check_text(good.replace(old, new, 1), BESIDE)}


@pytest.mark.parametrize(
    ("read", "found"),
    [
        ("m!.outputs.name", {"DeploymentNotFound"}),
        ("v ? '' : m!.outputs.name", {"DeploymentNotFound"}),
        ("empty(l) ? m!.outputs.name : ''", {"DeploymentNotFound"}),
        ("v ? m!.outputs.name : ''", set()),
        ("!empty(l) ? m!.outputs.name : ''", set()),
        ("empty(l) ? '' : m!.outputs.name", set()),
    ],
)
def test_an_output_of_what_may_not_be_there_is_read_where_its_condition_holds(read: str, found: set[str]) -> None:
    """Also below the same condition: Resource Manager works parameters out before it looks at the condition."""
    module = MODULE.replace("= {", "= if (v) {", 1)
    reader = module.replace("module m", "module n").replace("name: 'm'", "name: 'n'").replace("'x'", read)
    text = f"{LOCATION}var v = !empty(l)\n{module}{reader}"
    assert {finding.rule for finding in check_text(text, BESIDE)} == found


def test_texts_in_the_templates_are_plain() -> None:
    """No other script hides in a name: what is not plain stands in descriptions and comments only."""
    for path in TEMPLATES:
        for declaration in read(path).declarations:
            for expr in walk(declaration.value):
                assert not isinstance(expr, Text) or expr.raw.isascii(), f"{path.name}:{expr.line}"
