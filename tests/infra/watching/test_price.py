"""What watching costs is what docs/cost.md reckons with: rules by how often they look, rows by what is told."""

from __future__ import annotations

from collections import Counter

from infra import cost
from tests.infra.watching.watched import ALERTS, Watched, watched


def rows(found: Watched) -> int:
    return sum(map(found.listening.workspace.count, ("AppMetrics", "AppTraces")))


def test_rules_are_counted_by_how_often_they_look() -> None:
    looks = Counter(round(alert.every.total_seconds() / 60) for alert in ALERTS.values())
    assert all(scenario.alerts == looks for scenario in cost.SCENARIOS)


def test_an_idle_round_tells_no_more_rows_than_reckoned() -> None:
    with watched() as found:
        found.minutes(10)
        assert cost.LOG_ROWS_A_RUN / 3 < rows(found) / 10 < cost.LOG_ROWS_A_RUN


def test_a_document_tells_no_more_rows_than_reckoned() -> None:
    with watched() as found:
        found.minutes(20)
        idle = rows(found)
        for number in range(10):
            found.drop(f"Alone in its job, {number}.")
            found.minutes(2)
        assert cost.LOG_ROWS_A_DOCUMENT / 3 < (rows(found) - 2 * idle) / 10 < cost.LOG_ROWS_A_DOCUMENT
