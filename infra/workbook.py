"""The workbook's content, infra/workbook.json: tabs of charts and tables over the queries in infra/queries/workbook.

`python -m infra.workbook` writes it; a test compares. The file can be pasted into the portal's advanced editor, too.
The portal puts parameters in for `{TimeRange:grain}`, `{Price}` and `{Job}`; Bicep the workspace for `{workspaceId}`.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INFRA = Path(__file__).parent
CONTENT = INFRA / "workbook.json"
QUERIES = INFRA / "queries" / "workbook"

WORKSPACES = "microsoft.operationalinsights/workspaces"
HOUR = 3_600_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    query: str
    """Name of its file, without `.kql`."""
    title: str
    shown: str = "timechart"
    """The portal's name of the form."""
    half: bool = False
    """Two of them side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    name: str
    charts: tuple[Chart, ...]


TABS = (
    Tab(
        name="Funnel",
        charts=(
            Chart(query="open-items", title="Under way now", shown="barchart", half=True),
            Chart(query="open-age", title="Oldest in each state, minutes", half=True),
            Chart(query="documents-ended", title="Documents that have ended", shown="barchart", half=True),
            Chart(query="heartbeats", title="Runs of the timers", half=True),
        ),
    ),
    Tab(
        name="Latency",
        charts=(
            Chart(query="latency", title="Seconds, by step", shown="table"),
            Chart(query="latency-over-time", title="Seconds on average, by step"),
        ),
    ),
    Tab(
        name="Throughput and cost",
        charts=(
            Chart(query="characters", title="Characters billed", shown="barchart", half=True),
            Chart(query="cost", title="Cost of the time shown", shown="table", half=True),
            Chart(query="budgets", title="Budgets spent, percent", half=True),
            Chart(query="jobs-ended", title="Jobs by verdict", shown="barchart", half=True),
        ),
    ),
    Tab(
        name="Endpoint",
        charts=(
            Chart(query="requests", title="Requests by what came back"),
            Chart(query="breaches", title="Jobs accepted more than once", shown="barchart"),
        ),
    ),
    Tab(
        name="Failures",
        charts=(
            Chart(query="documents-failed", title="Documents", shown="table"),
            Chart(query="jobs-failed", title="Jobs", shown="table"),
            Chart(query="warnings", title="Warnings and errors", shown="table"),
            Chart(query="poison", title="Messages that failed too often", half=True),
            Chart(query="notices", title="Notices", shown="barchart", half=True),
        ),
    ),
    Tab(
        name="Service",
        charts=(
            Chart(query="syntheses", title="Syntheses", shown="barchart", half=True),
            Chart(query="syntheses-open", title="Syntheses under way", half=True),
            Chart(query="syntheses-latency", title="Seconds from create to end", half=True),
            Chart(query="spoken", title="Characters spoken", shown="barchart", half=True),
        ),
    ),
    Tab(
        name="Instances",
        charts=(
            Chart(query="instances", title="Instances", half=True),
            Chart(query="compute", title="Gigabyte-seconds billed", shown="barchart", half=True),
            Chart(query="functions", title="Functions", shown="table"),
        ),
    ),
    Tab(name="One job", charts=(Chart(query="one-job", title="Log of the job", shown="table"),)),
)


def content() -> dict[str, Any]:
    return {
        "version": "Notebook/1.0",
        "items": [_heading(), _parameters(), _tab_bar(), *map(_group, TABS)],
        "fallbackResourceIds": ["{workspaceId}"],
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    }


def _heading() -> dict[str, Any]:
    text = (
        "# Speechdrop\nWhat each number means stands in docs/telemetry.md; what to do about an alert, in docs/runbooks."
    )
    return {"type": 1, "content": {"json": text}, "name": "heading"}


def _parameters() -> dict[str, Any]:
    times = [{"durationMs": hours * HOUR} for hours in (1, 4, 24, 3 * 24, 7 * 24, 30 * 24)]
    time = {
        "type": 4,
        "value": {"durationMs": 24 * HOUR},
        "typeSettings": {"selectableValues": times, "allowCustom": True},
        "isRequired": True,
    }
    parameters = [
        _parameter("TimeRange", "Time", **time),
        _parameter("Price", "Price of a million characters", type=1, value="15"),
        _parameter("Job", "Job", type=1, value="", description="Its id, for the tab One job"),
    ]
    given = {"version": "KqlParameterItem/1.0", "parameters": parameters, "style": "pills"}
    return {"type": 9, "content": {**given, "queryType": 0, "resourceType": WORKSPACES}, "name": "parameters"}


def _parameter(name: str, label: str, **rest: Any) -> dict[str, Any]:
    return {"id": _id(name), "version": "KqlParameterItem/1.0", "name": name, "label": label, **rest}


def _tab_bar() -> dict[str, Any]:
    links = [
        {
            "id": _id(f"tab {tab.name}"),
            "cellValue": "Tab",
            "linkTarget": "parameter",
            "linkLabel": tab.name,
            "subTarget": tab.name,
            "style": "link",
        }
        for tab in TABS
    ]
    return {"type": 11, "content": {"version": "LinkItem/1.0", "style": "tabs", "links": links}, "name": "tabs"}


def _group(tab: Tab) -> dict[str, Any]:
    items = [_chart(chart) for chart in tab.charts]
    return {
        "type": 12,
        "content": {"version": "NotebookGroup/1.0", "groupType": "editable", "items": items},
        "conditionalVisibility": {"parameterName": "Tab", "comparison": "isEqualTo", "value": tab.name},
        "name": tab.name,
    }


def _chart(chart: Chart) -> dict[str, Any]:
    item = {
        "type": 3,
        "content": {
            "version": "KqlItem/1.0",
            "query": (QUERIES / f"{chart.query}.kql").read_text(encoding="utf-8"),
            "size": 0,
            "title": chart.title,
            "noDataMessage": "Nothing in this time.",
            "timeContextFromParameter": "TimeRange",
            "queryType": 0,
            "resourceType": WORKSPACES,
            "visualization": chart.shown,
        },
        "name": chart.query,
    }
    return {**item, "customWidth": "50"} if chart.half else item


def _id(name: str) -> str:
    """The same at each run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"speechdrop workbook {name}"))


def text() -> str:
    return json.dumps(content(), indent=1) + "\n"


if __name__ == "__main__":
    CONTENT.write_text(text(), encoding="utf-8")
