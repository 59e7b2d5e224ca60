"""Every alert has its page, the pages agree with the templates, and what they tell to look at can be looked at."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from infra.hooks.stage import FLAGS
from shared.settings import Settings
from tests.infra.watching.deployed import MODULES, QUERIES, ROOT, RUNBOOKS, Alert
from tests.infra.watching.watched import ALERTS

TELEMETRY = ROOT / "docs" / "telemetry.md"
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
SETTING = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")


def test_every_alert_has_its_page_and_no_page_is_without_one() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"} == set(ALERTS)


def test_every_query_is_an_alerts() -> None:
    assert {path.stem for path in (QUERIES / "alerts").glob("*.kql")} == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_a_page_says_what_it_means_what_to_look_at_and_what_to_do(alert: Alert) -> None:
    text = (RUNBOOKS / f"{alert.name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {alert.name}\n\n**Severity {alert.severity}.** {alert.summary}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[:3] == ["What it means", "Look", "Do"]


@pytest.mark.parametrize("page", [*sorted(RUNBOOKS.glob("*.md")), TELEMETRY], ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def known_names() -> set[str]:
    """Settings of the app, options of the deployment, and what both leave in azd's environment."""
    parameters = re.findall(r"\$\{(\w+)", (ROOT / "infra" / "main.parameters.json").read_text(encoding="utf-8"))
    outputs = re.findall(r"^output (\w+)", (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8"), re.MULTILINE)
    schedules = re.findall(r"%(\w+)%", (ROOT / "function_app.py").read_text(encoding="utf-8"))
    return {*(item.name.upper() for item in fields(Settings)), *parameters, *outputs, *schedules, *FLAGS}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_page_tells_to_set_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {*SETTING.findall(text), *re.findall(r"(?:env set|--settings) ([A-Z_]+)", text)} <= known_names()


def test_the_lists_are_those_of_the_templates() -> None:
    listed = [line for line in (RUNBOOKS / "README.md").read_text(encoding="utf-8").splitlines() if ".md) |" in line]
    told = [f"| [{alert.name}]({alert.name}.md) | {alert.severity} | {alert.summary} |" for alert in ALERTS.values()]
    assert listed == told
    page = [line for line in TELEMETRY.read_text(encoding="utf-8").splitlines() if "](runbooks/" in line]
    cells = [re.split(r" \| ", line.strip("| ")) for line in page if line.startswith("| [`")]
    assert [(name, severity, summary) for name, severity, _, summary in cells] == [
        (f"[`{alert.name}`](runbooks/{alert.name}.md)", str(alert.severity), alert.summary) for alert in ALERTS.values()
    ]
    assert [when for _, _, when, _ in cells] == [
        f"{_span(alert, 'window')}, {_span(alert, 'every')}" for alert in ALERTS.values()
    ]


def _span(alert: Alert, name: str) -> str:
    minutes = round(getattr(alert, name).total_seconds() / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"


def test_a_rule_fires_where_its_query_gives_a_row() -> None:
    text = (MODULES / "alerts.bicep").read_text(encoding="utf-8")
    assert re.search(r"timeAggregation: 'Count'\s+operator: 'GreaterThan'\s+threshold: 0\n", text)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_no_alert_leaves_a_time_between_two_looks(alert: Alert) -> None:
    assert alert.every <= alert.window
