"""Every query is KQL as Microsoft's own analyzer has it: names, functions, types, over the tables that it reads.

The analyzer is the one behind Azure's query editors (`@kusto/language-service-next` on npm). Alerts are deployed
without Azure's look at their queries, as a new workspace has no tables yet; so a slip there would be silence.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from speechdrop.devhost import azurite
from tests.infra.watching.deployed import QUERIES, ROOT, RUNBOOKS, alerts, queries_of_runbook, workbook_queries
from tests.infra.watching.workspace import TABLES

ANALYZER = ROOT / "node_modules" / "@kusto" / "language-service-next"
TYPES = {"TIMESTAMP": "datetime", "VARCHAR": "string", "DOUBLE": "real", "INTEGER": "int", "JSON": "dynamic"}
PARAMETERS = {"{TimeRange:grain}": "5m", "{Price}": "15", "{Job}": "speechdrop-1", "{instanceMemoryMB}": "2048"}


SLIPS = (
    "AppMetrics | where Nam == 'x'",
    "AppMetrics | summarize median(Sum)",
    "AppMetrics | where Sum > 'x'",
    "AppMetrics | wher Sum > 1",
    "NoTable | count",
)


def deployed() -> dict[str, str]:
    queries = {f"alert {alert.name}": alert.query for alert in alerts()}
    queries |= {f"workbook {name}": query for name, query in workbook_queries().items()}
    for page in RUNBOOKS.glob("*.md"):
        queries |= {f"{page.name} {number}": query for number, query in enumerate(queries_of_runbook(page.stem))}
    return queries


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """What is wrong with each query that is deployed, and with each slip."""
    if not ANALYZER.exists():
        missing = "the analyzer of KQL is not in node_modules; `make setup` installs it"
        if os.environ.get("CI"):
            raise FileNotFoundError(missing)
        pytest.skip(missing)
    queries = deployed() | {slip: slip for slip in SLIPS}
    for parameter, value in PARAMETERS.items():
        queries = {name: query.replace(parameter, value) for name, query in queries.items()}
    done = subprocess.run(
        [str(azurite.node()), str(Path(__file__).with_name("analyze.cjs")), str(ANALYZER)],
        input=json.dumps({"tables": tables(), "queries": queries}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def tables() -> dict[str, str]:
    columns = {name: {"TimeGenerated": "TIMESTAMP", **of} for name, of in TABLES.items()}
    return {name: ", ".join(f"{column}: {TYPES[kind]}" for column, kind in of.items()) for name, of in columns.items()}


def test_every_query_is_sound(found: dict[str, list[str]]) -> None:
    assert len(deployed()) > len(list(QUERIES.rglob("*.kql")))
    assert {name: wrong for name in deployed() if (wrong := found[name])} == {}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_found(found: dict[str, list[str]], slip: str) -> None:
    assert found[slip]
