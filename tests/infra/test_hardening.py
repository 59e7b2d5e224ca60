"""What every resource must be: in the templates, and in what a compiler makes of them where there is one.

The table MUST is read twice: against the templates here, always, and against ARM's JSON, where `bicep` is on PATH or
`BICEP` names one. Then the build must also be without a warning.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep.syntax import Expr, Object, Text, Value, read
from tests.infra.test_roles import ROLES

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
TEMPLATES = sorted(INFRA.rglob("*.bicep"))
BUILT = ("main.bicep", "events.bicep")

MUST: Mapping[str, Mapping[str, Any]] = {
    "Microsoft.Storage/storageAccounts": {
        "properties.allowSharedKeyAccess": False,
        "properties.allowBlobPublicAccess": False,
        "properties.allowCrossTenantReplication": False,
        "properties.minimumTlsVersion": "TLS1_2",
        "properties.supportsHttpsTrafficOnly": True,
    },
    "Microsoft.Storage/storageAccounts/blobServices": {
        "properties.deleteRetentionPolicy.enabled": True,
        "properties.containerDeleteRetentionPolicy.enabled": True,
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"properties.publicAccess": "None"},
    "Microsoft.CognitiveServices/accounts": {"properties.disableLocalAuth": True},
    "Microsoft.Insights/components": {"properties.DisableLocalAuth": True},
    "Microsoft.OperationalInsights/workspaces": {"properties.features.disableLocalAuth": True},
    "Microsoft.Web/sites": {
        "properties.httpsOnly": True,
        "properties.siteConfig.minTlsVersion": "1.2",
        "properties.siteConfig.scmMinTlsVersion": "1.2",
        "properties.functionAppConfig.deployment.storage.authentication.type": "UserAssignedIdentity",
        "identity.type": "UserAssigned",
    },
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"properties.allow": False},
    "Microsoft.EventGrid/systemTopics": {"identity.type": "SystemAssigned"},
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": {
        "properties.destination.properties.minimumTlsVersionAllowed": "1.2",
        "properties.deadLetterWithResourceIdentity.identity.type": "SystemAssigned",
    },
}
"""By resource type: members that must have a value, whatever the options."""

OPTIONAL = {
    "budget": "monthlyBudget",
    "content": "makesStorage",
    "network": "privateNetwork",
    "noticeRoles": "noticeQueueName",
    "privateEndpoints": "privateNetwork",
    "results": "separateResults",
    "resultsStores": "separateResults",
    "speech": "makesSpeech",
    "speechRoles": "selfHostedService",
}
"""Modules of main.bicep that an option turns on or off, and a name in its condition."""

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# The templates


def at(body: Object, path: str) -> Any:
    found: Expr | None = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Object) else None
    return found.literal if isinstance(found, Text) else found.value if isinstance(found, Value) else found


@pytest.mark.parametrize("kind", MUST)
def test_every_resource_in_the_templates_is_as_it_must_be(kind: str) -> None:
    found = [
        each
        for path in TEMPLATES
        for each in read(path).of("resource")
        if each.reference.partition("@")[0] == kind and not each.existing
    ]
    assert found
    for each in found:
        assert {path: at(each.body, path) for path in MUST[kind]} == MUST[kind], each.name


def test_keys_are_listed_once_for_the_webhook_that_has_no_other_way() -> None:
    listed = {path.name: re.findall(r"\blist[A-Z]\w*\(", path.read_text(encoding="utf-8")) for path in TEMPLATES}
    assert {name: calls for name, calls in listed.items() if calls} == {"events.bicep": ["listKeys("]}


def test_options_turn_modules_on_and_off() -> None:
    main = read(INFRA / "main.bicep")
    assert switched({each.name: str(each.condition) for each in main.of("module") if each.condition}) == OPTIONAL


def switched(conditions: Mapping[str, str]) -> dict[str, str | None]:
    """By module: the name of OPTIONAL, where its condition has it."""
    named = {module: re.findall(r"\w+", condition) for module, condition in conditions.items()}
    return {module: word if (word := OPTIONAL.get(module)) in names else None for module, names in named.items()}


# ARM's JSON


Template = Mapping[str, Any]


def resources(template: Template) -> Iterator[tuple[dict[str, Any], Template]]:
    """Of a template and the modules in it, each with the template that it stands in. With user-defined types, ARM has
    them by symbol."""
    given = template["resources"]
    for each in given.values() if isinstance(given, dict) else given:
        yield each, template
        if each["type"] == "Microsoft.Resources/deployments":
            yield from resources(each["properties"]["template"])


def value(resource: Mapping[str, Any], path: str) -> Any:
    found: Any = resource
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def faults(template: Template) -> list[str]:
    """What is not as it must be in ARM's JSON."""
    found = []
    for each, around in resources(template):
        if each.get("existing"):
            continue
        for path, wanted in MUST.get(each["type"], {}).items():
            if value(each, path) != wanted:
                found.append(f"{each['type']}: {path} is {value(each, path)!r}")
        if each["type"] == "Microsoft.Authorization/roleAssignments":
            found += _role(each, around)
        if each["type"] == "Microsoft.Resources/deployments":
            shown = json.dumps(each["properties"]["template"].get("outputs", {}))
            found += [f"{each['name']} shows a key"] if re.search(r"\blist[A-Z]\w*\(", shown) else []
    return found


def _role(role: Mapping[str, Any], template: Template) -> Iterator[str]:
    if not role.get("scope"):
        yield "a role assignment without a scope"
    if not value(role, "properties.principalType"):
        yield "a role assignment without a type of principal"
    given = GUID.findall(resolved(str(value(role, "properties.roleDefinitionId")), template))
    if len(given) != 1 or given[0] not in ROLES:
        yield f"a role that is not in docs/infra.md: {given}"


def resolved(expression: str, template: Template) -> str:
    """With the values of the template's variables in their places."""
    found = template.get("variables", {})
    return re.sub(r"variables\('(\w+)'\)", lambda named: resolved(json.dumps(found[named[1]]), template), expression)


def compiler() -> str | None:
    """What BICEP names; where it is empty, none."""
    return os.environ["BICEP"] or None if "BICEP" in os.environ else shutil.which("bicep")


@pytest.mark.parametrize("name", BUILT)
def test_what_the_compiler_makes_of_the_templates_is_as_it_must_be(name: str) -> None:
    program = compiler()
    if program is None:
        print(f"\nnot run: bicep build {name}: there is no bicep on PATH, and BICEP names none")
        return
    built = build(program, INFRA / name)
    assert faults(built) == []
    if name == "main.bicep":
        conditions = {each: made["condition"] for each, made in built["resources"].items() if "condition" in made}
        assert switched(conditions) == OPTIONAL


def build(program: str, path: Path) -> dict[str, Any]:
    """ARM's JSON. A warning fails, as an error does."""
    done = subprocess.run([program, "build", str(path), "--stdout"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr.strip()) == (0, ""), done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


SAMPLE: dict[str, Any] = {
    "languageVersion": "2.0",
    "resources": {
        "m": {
            "type": "Microsoft.Resources/deployments",
            "name": "m",
            "properties": {
                "template": {
                    "variables": {
                        "known": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
                        "role": "[subscriptionResourceId('x', 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a')]",
                    },
                    "resources": {
                        "site": {
                            "type": "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
                            "properties": {"allow": False},
                        },
                        "role": {
                            "type": "Microsoft.Authorization/roleAssignments",
                            "scope": "[resourceId('Microsoft.Storage/storageAccounts', 'x')]",
                            "properties": {
                                "roleDefinitionId": "[variables('role')]",
                                "principalType": "ServicePrincipal",
                            },
                        },
                    },
                    "outputs": {"id": {"type": "string", "value": "[resourceId('x', 'y')]"}},
                }
            },
        }
    },
}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("resources.site.properties.allow", True),
        ("resources.role.scope", None),
        ("resources.role.properties.principalType", None),
        ("resources.role.properties.roleDefinitionId", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
        ("resources.role.properties.roleDefinitionId", "[parameters('role')]"),
        ("variables.role", "[subscriptionResourceId('x', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')]"),
        ("outputs.id.value", "[listKeys('x', '2025-01-01').keys[0].value]"),
    ],
)
def test_a_fault_in_arms_json_is_found(path: str, wrong: Any) -> None:
    assert faults(SAMPLE) == []
    sample = copy.deepcopy(SAMPLE)
    found: Any = sample["resources"]["m"]["properties"]["template"]
    *way, last = path.split(".")
    for name in way:
        found = found[name]
    found[last] = wrong
    assert len(faults(sample)) == 1


@pytest.mark.parametrize("condition", ["[variables('separate')]", "[not(parameters('selfHostedService'))]"])
def test_a_module_that_another_option_switches_is_found(condition: str) -> None:
    right = {name: f"[parameters('{word}')]" for name, word in OPTIONAL.items()}
    assert switched(right) == OPTIONAL
    assert switched({**right, "results": condition}) != OPTIONAL
    assert switched({**right, "app": condition}) != OPTIONAL


def test_a_warning_of_the_compiler_fails_the_build(tmp_path: Path) -> None:
    program = tmp_path / "bicep"
    program.write_text("#!/bin/sh\necho '{}'\necho 'main.bicep(1,1) : Warning no-unused-params' >&2\n")
    program.chmod(0o755)
    with pytest.raises(AssertionError, match="no-unused-params"):
        build(str(program), INFRA / "main.bicep")


def test_the_linters_rules_are_errors_for_the_compiler_or_off_for_a_reason() -> None:
    rules = json.loads((INFRA / "bicepconfig.json").read_text(encoding="utf-8"))["analyzers"]["core"]["rules"]
    levels = {name: each["level"] for name, each in rules.items()}
    reasons = re.findall(r"^ +\| `([\w-]+)` \| .+ \|$", (ROOT / "docs" / "infra.md").read_text("utf-8"), re.MULTILINE)
    assert levels
    assert {name for name, level in levels.items() if level != "error"} == set(reasons)
    assert {levels[name] for name in reasons} == {"off"}
