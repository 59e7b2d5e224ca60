"""What the templates deploy: the alerts of infra/modules/alerts.bicep, the workbook's queries, the queries' files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.infra.bicep.syntax import Array, Call, Expr, Object, Text, Value, read

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "infra" / "modules"
QUERIES = ROOT / "infra" / "queries"
RUNBOOKS = ROOT / "docs" / "runbooks"

_PERIODS = {"PT5M": 5, "PT10M": 10, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360}
"""Minutes."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A scheduled query; it fires where the query gives a row."""

    name: str
    summary: str
    severity: int
    window: timedelta
    every: timedelta
    query: str


def alerts() -> list[Alert]:
    declared = read(MODULES / "alerts.bicep").get("alerts")
    assert declared
    assert isinstance(declared.value, Array)
    return [_alert(item) for item in declared.value.items if isinstance(item, Object)]


def _alert(item: Object) -> Alert:
    return Alert(
        name=_text(item, "name"),
        summary=_text(item, "summary"),
        severity=_number(item, "severity"),
        window=timedelta(minutes=_PERIODS[_text(item, "window")]),
        every=timedelta(minutes=_PERIODS[_text(item, "every")]),
        query=loaded(item.get("query")).replace("{instanceMemoryMB}", "2048"),
    )


def loaded(expr: Expr | None) -> str:
    """What `loadTextContent` in a module loads."""
    assert isinstance(expr, Call)
    assert expr.function == "loadTextContent"
    (path,) = expr.arguments
    assert isinstance(path, Text)
    return (MODULES / str(path.literal)).read_text(encoding="utf-8")


def _text(item: Object, name: str) -> str:
    found = item.get(name)
    assert isinstance(found, Text), name
    assert found.literal is not None, name
    return found.literal


def _number(item: Object, name: str) -> int:
    found = item.get(name)
    assert isinstance(found, Value), name
    assert isinstance(found.value, int), name
    return found.value


def workbook() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "infra" / "workbook.json").read_text(encoding="utf-8"))
    return content


def workbook_queries() -> dict[str, str]:
    """By the item's name, as the portal would ask them."""
    groups = [item["content"]["items"] for item in workbook()["items"] if item["type"] == 12]
    return {item["name"]: item["content"]["query"] for items in groups for item in items}


def queries_of_runbook(name: str) -> list[str]:
    return re.findall(r"^```kusto\n(.*?)^```", (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8"), re.M | re.S)
