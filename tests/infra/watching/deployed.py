"""What the templates deploy: the alerts of infra/modules/alerts.bicep, the workbook's queries, the queries' files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "infra" / "modules"
QUERIES = ROOT / "infra" / "queries"
RUNBOOKS = ROOT / "docs" / "runbooks"

_MEMBER = re.compile(r"^    (\w+): (.+)$", re.MULTILINE)
_PERIODS = {"PT5M": 5, "PT10M": 10, "PT15M": 15, "PT30M": 30, "PT1H": 60}
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
    file: str


def alerts() -> list[Alert]:
    text = (MODULES / "alerts.bicep").read_text(encoding="utf-8")
    (array,) = re.findall(r"^var alerts = \[\n(.*?)^\]$", text, re.MULTILINE | re.DOTALL)
    return [_alert(dict(_MEMBER.findall(item))) for item in re.findall(r"^  \{\n(.*?)^  \}$", array, re.M | re.S)]


def _alert(members: dict[str, str]) -> Alert:
    file = members["query"].removeprefix("loadTextContent('../queries/").removesuffix("')")
    return Alert(
        name=_text(members["name"]),
        summary=_text(members["summary"]),
        severity=int(members["severity"]),
        window=timedelta(minutes=_PERIODS[_text(members["window"])]),
        every=timedelta(minutes=_PERIODS[_text(members["every"])]),
        query=(QUERIES / file).read_text(encoding="utf-8").replace("{instanceMemoryMB}", "2048"),
        file=file,
    )


def _text(literal: str) -> str:
    assert literal[0] == literal[-1] == "'"
    return literal[1:-1].replace("\\'", "'")


def workbook() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "infra" / "workbook.json").read_text(encoding="utf-8"))
    return content


def workbook_queries() -> dict[str, str]:
    """By the item's name, as the portal would ask them."""
    groups = [item["content"]["items"] for item in workbook()["items"] if item["type"] == 12]
    return {item["name"]: item["content"]["query"] for items in groups for item in items}
