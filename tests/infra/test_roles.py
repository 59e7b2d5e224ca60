"""The table of identities, roles, scopes and code lines in docs/infra.md, against the templates and the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.bicep.syntax import Call, Declaration, File, Name, Object, Text, read

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "infra" / "modules"
PAGE = (ROOT / "docs" / "infra.md").read_text(encoding="utf-8")

ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "Storage Blob Delegator",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "f2dc8367-1007-4938-bd23-fe263f013447": "Cognitive Services Speech User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles. None may read keys or give roles."""

WHO = {
    "appPrincipalId": "the app",
    "topicPrincipalId": "the topic",
    "deployerPrincipalId": "who deploys",
}

SCOPES = {
    ("roles-host", "account"): "host's account",
    ("roles-content", "inbox"): "container of the inbox",
    ("roles-content", "poison"): "queue `webjobs-blobtrigger-poison`",
    ("roles-content", "deadLetters"): "container of dead letters",
    ("roles-notices", "queue"): "queue of notices",
    ("roles-results", "results"): "container of the results",
    ("roles-results", "account"): "results' account",
    ("roles-speech", "speech"): "Speech resource",
    ("monitoring", "appInsights"): "Application Insights",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    module: str
    symbol: str
    who: str
    role: str
    scope: str
    needed_by: str

    @property
    def lines(self) -> list[tuple[str, str]]:
        """File and a piece of a line of it, of each that is named."""
        return re.findall(r"`([\w/.-]+\.(?:py|bicep))` `([^`]+)`", self.needed_by)


def rows() -> list[Row]:
    found = re.findall(r"^\| `([\w-]+)` `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
    names = ("module", "symbol", "who", "role", "scope", "needed_by")
    return [Row(**dict(zip(names, each, strict=True))) for each in found]


def assignments() -> list[tuple[File, str, Declaration]]:
    return [
        (file, path.stem, each)
        for path in sorted(MODULES.glob("*.bicep"))
        for file in [read(path)]
        for each in file.of("resource")
        if each.reference.startswith("Microsoft.Authorization/roleAssignments@")
    ]


def role_of(file: File, properties: Object) -> str:
    name = properties.get("roleDefinitionId")
    assert isinstance(name, Name)
    found = file.get(name.name)
    assert found is not None
    assert isinstance(found.value, Call)
    assert found.value.function == "subscriptionResourceId"
    guid = found.value.arguments[-1]
    assert isinstance(guid, Text)
    return ROLES[guid.literal or ""]


def test_the_table_has_the_assignments_of_the_templates_and_no_other() -> None:
    found = set()
    for file, module, each in assignments():
        properties, scope = each.body.get("properties"), each.body.get("scope")
        assert isinstance(properties, Object)
        assert isinstance(scope, Name)
        principal = properties.get("principalId")
        assert isinstance(principal, Name)
        where = SCOPES[module, scope.name]
        found.add((module, each.name, WHO[principal.name], role_of(file, properties), where))
    assert {(row.module, row.symbol, row.who, row.role, row.scope) for row in rows()} == found


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row.symbol))
def test_the_code_line_that_needs_a_role_is_there(row: Row) -> None:
    assert row.lines, f"{row.symbol}: the table names no code line"
    for file, piece in row.lines:
        assert piece in (ROOT / file).read_text(encoding="utf-8"), f"{row.symbol}: {file} has no line with {piece}"


OPENS = re.compile(r"\b(?:account|content|storage\(.+\))\.(?:table|blobs|queue)\(|\btoken\(given|connection=\"")
"""What in the code enters an account by the app's identity: clients that are built, and triggers."""


@pytest.mark.parametrize("file", ["shared/wiring.py", "function_app.py"])
def test_every_line_that_needs_a_role_is_in_the_table(file: str) -> None:
    pieces = [piece for row in rows() for path, piece in row.lines if path == file]
    lines = [line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if OPENS.search(line)]
    assert lines
    bare = [line for line in lines if not any(piece in line for piece in pieces)]
    assert not bare, f"{file}: no row of docs/infra.md names the role for {bare}"


def test_no_account_is_entered_elsewhere() -> None:
    """Clients of accounts are built in wiring alone, so the test above sees all of them."""
    for path in (ROOT / "shared").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name not in ("wiring.py", "connect.py"):
            assert not re.search(r"\bhost_storage\(\)|import .*\bstorage\b.*|[^_]storage\(given", text), path.name


def test_nobody_is_given_a_role_for_more_than_one_resource() -> None:
    """No scope is a resource group or a subscription."""
    for _, module, each in assignments():
        scope = each.body.get("scope")
        assert isinstance(scope, Name), f"{module} {each.name}"


def test_every_assignment_has_its_reason_above_it() -> None:
    for _, module, each in assignments():
        lines = (MODULES / f"{module}.bicep").read_text(encoding="utf-8").splitlines()
        assert lines[each.line - 2].startswith("// "), f"{module}.bicep:{each.line}: {each.name} has no reason above it"


def test_roles_that_read_keys_or_give_roles_are_not_among_them() -> None:
    widest = {
        "Owner",
        "Contributor",
        "User Access Administrator",
        "Storage Account Contributor",
        "Cognitive Services User",
    }
    assert widest & set(ROLES.values()) == set()
    assert {role for role in ROLES.values()} == {row.role for row in rows()}
