"""Each alert fires on its fault, planted in a pipeline that runs, and on nothing else; on a healthy one none does.

The queries are those that the templates deploy, the telemetry is what the code tells through Azure Monitor's exporter;
only the rows that Azure itself would write are made up, and `plant` names them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from shared.batchapi.versions import PREVIEW
from tests.infra.watching.deployed import QUERIES, RUNBOOKS, alerts, workbook_queries
from tests.infra.watching.watched import ALERTS, Fault, Watched, watched, with_service

HEALTHY_MINUTES = 20


@pytest.fixture
def healthy() -> Watched:
    """Documents come, one of them unreadable, and are spoken; the service speaks as well."""
    with watched() as found:
        world = with_service(found)
        world.create("first")
        world.work()
        for minute in range(HEALTHY_MINUTES):
            if minute % 4 == 0:
                found.drop(f"A text of minute {minute}.")
            if minute == 6:
                found.running.take("broken.ssml", "<speak>never closed")
            found.minutes(1)
        yield found


def test_a_healthy_hour_raises_no_alert(healthy: Watched) -> None:
    assert healthy.fired() == set()
