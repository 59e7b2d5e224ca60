"""The workbook is made of the queries' files, and each of its queries shows what it is there for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.workbook import CONTENT, TABS, text
from shared.errors import Undelivered
from tests.infra.watching.deployed import QUERIES, workbook, workbook_queries
from tests.infra.watching.test_alerts import (
    BUDGET,
    a_budget_is_nearly_spent,
    a_function_fails,
    a_job_is_accepted_twice,
    a_message_fails_too_often,
    the_endpoint_throttles,
)
from tests.infra.watching.watched import Watched, watched

QUERY = workbook_queries()


def test_the_file_is_what_the_module_makes() -> None:
    assert CONTENT.read_text(encoding="utf-8") == text(), "run: python -m infra.workbook"


def test_it_fits_into_a_template() -> None:
    """`loadTextContent` takes files of up to 131,072 characters."""
    assert len(text()) < 131_072


def test_every_query_is_shown_once() -> None:
    shown = [chart.query for tab in TABS for chart in tab.charts]
    assert sorted(shown) == sorted(path.stem for path in (QUERIES / "workbook").glob("*.kql"))


def test_what_queries_are_given_are_its_parameters() -> None:
    given = {name for query in QUERY.values() for name in re.findall(r"\{(\w+)(?::grain)?\}", query)}
    (parameters,) = [item["content"]["parameters"] for item in workbook()["items"] if item["type"] == 9]
    assert given == {parameter["name"] for parameter in parameters}


def test_each_tab_has_its_link() -> None:
    items = workbook()["items"]
    (bar,) = [item["content"]["links"] for item in items if item["type"] == 11]
    shown = [item["conditionalVisibility"]["value"] for item in items if item["type"] == 12]
    assert [link["subTarget"] for link in bar] == shown


def asked(found: Watched, name: str) -> list[dict[str, Any]]:
    """With the portal's parameters."""
    query = QUERY[name]
    jobs = [job.id for job in found.running.world.all_jobs()]
    for parameter, value in (("{TimeRange:grain}", "5m"), ("{Price}", "15"), ("{Job}", jobs[0] if jobs else "")):
        query = query.replace(parameter, value)
    return found.ask(query)


@pytest.fixture(scope="module")
def spoken() -> Iterator[Watched]:
    """Two documents, one of which fails."""
    with watched() as found:
        found.running.world.endpoint.bad_texts = lambda text: "bad" in text
        found.drop("A good text.", "A bad text.")
        found.minutes(10)
        yield found


def test_the_funnel(spoken: Watched) -> None:
    assert {row["State"]: row["Items"] for row in asked(spoken, "open-items")} == dict.fromkeys(
        ("ready", "held", "sending", "running", "finishing"), 0
    )
    ended = asked(spoken, "documents-ended")
    assert {(row["Status"], row["Documents"]) for row in ended} == {("FINISHED", 1), ("FAILED", 1)}


def test_latency_is_of_documents_and_of_each_step_of_jobs(spoken: Watched) -> None:
    jobs = len(spoken.running.world.all_jobs())
    steps = {row["Step"]: row for row in asked(spoken, "latency")}
    assert {step: row["Count"] for step, row in steps.items()} == {
        "document: intake to end": 2,
        "job: planned to accepted": jobs,
        "job: accepted to spoken": jobs,
        "job: spoken to finished": jobs,
    }
    version = next(version for version in spoken.running.world.all_versions() if version.status == "FAILED")
    assert version.ended
    assert steps["document: intake to end"]["Longest"] == (version.ended - version.created).total_seconds()


def test_cost_is_what_was_billed_at_the_price_given(spoken: Watched) -> None:
    billed = sum(sum(job.billed.values()) for job in spoken.running.world.all_jobs())
    assert billed
    assert asked(spoken, "cost") == [{"Characters": billed, "Cost": round(billed * 15 / 1e6, 2)}]
    assert sum(row["Characters"] for row in asked(spoken, "characters")) == billed


def test_a_failed_document_is_shown_with_its_manifest(spoken: Watched) -> None:
    (row,) = asked(spoken, "documents-failed")
    failed = next(version for version in spoken.running.world.all_versions() if version.status == "FAILED")
    assert (row["Document"], row["Manifest"]) == (failed.path, f"{failed.path}/manifest.json")


def test_one_job_is_told_from_its_seal_to_its_end(spoken: Watched) -> None:
    told = [row["Message"].split(":")[0].split()[2] for row in asked(spoken, "one-job")]
    assert told == ["sealed", "accepted", "concluded", "ended"]


def jobs_fail(found: Watched) -> None:
    found.running.world.endpoint.fail_whole = 9
    found.drop("Fails as a whole.")
    found.minutes(6)


def nobody_takes_notices(found: Watched) -> None:
    class Closed:
        name = "closed"

        def notify(self, event: object) -> None:
            raise Undelivered("closed")

    found.running.p = replace(found.running.p, notifiers=(Closed(),))
    found.drop("Nobody hears of this.")
    found.minutes(4)


def the_platform_tells(found: Watched) -> None:
    a_function_fails(found)
    for metric, column, value in (("InstanceCount", "Maximum", 3.0), ("OnDemandFunctionExecutionUnits", "Total", 1e6)):
        found.plant("AzureMetrics", ResourceProvider="MICROSOFT.WEB", MetricName=metric, **{column: value})


PREVIEW = {"speech_api_version": "3.1-preview1"}
SHOWN: dict[str, tuple[Callable[[Watched], None], dict[str, Any]]] = {
    "budgets": (a_budget_is_nearly_spent, BUDGET),
    "breaches": (a_job_is_accepted_twice, PREVIEW),
    "jobs-failed": (jobs_fail, {}),
    "warnings": (the_endpoint_throttles, {}),
    "poison": (a_message_fails_too_often, {}),
    "notices": (nobody_takes_notices, {}),
    "instances": (the_platform_tells, {}),
    "compute": (the_platform_tells, {}),
    "functions": (the_platform_tells, {}),
}
"""What a healthy run does not show; all else is in test_end_to_end.py."""


@pytest.mark.parametrize("name", SHOWN)
def test_it_shows_what_goes_wrong(name: str) -> None:
    happens, settings = SHOWN[name]
    with watched(**settings) as found:
        happens(found)
        rows = asked(found, name)
        assert rows
        assert any(value for row in rows for value in row.values() if isinstance(value, float | int))
