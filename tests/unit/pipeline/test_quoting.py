"""An endpoint whose errors quote what it was sent: no log, manifest, notice or report shows a document's text."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.crash.endpoint import BEFORE, Endpoint
from tests.crash.scenarios import book, note
from tests.leaks import leaks_in
from tests.unit.pipeline.running import Running


@dataclass
class Told:
    name: str = "told"
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def notify(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)


def refused(endpoint: Endpoint) -> None:
    endpoint.refused_texts = lambda text: "name b" in text


def failed_inputs(endpoint: Endpoint) -> None:
    endpoint.bad_texts = lambda text: "name b" in text or "Paragraph 1" in text


def failed_jobs(endpoint: Endpoint) -> None:
    endpoint.fail_whole = 1000


def unwritten(endpoint: Endpoint) -> None:
    endpoint.writes_destination = False


def before(fault: str) -> Callable[[Endpoint], None]:
    def meet(endpoint: Endpoint) -> None:
        endpoint.faults = [fault] * 4

    return meet


ROADS = {
    "refused": (refused, True),
    "failed inputs": (failed_inputs, True),
    "failed jobs": (failed_jobs, True),
    "a destination that cannot be written": (unwritten, False),
    **{fault: (before(fault), False) for fault in BEFORE},
}


@pytest.mark.parametrize("version", ["2024-04-01", "3.1-preview1"])
@pytest.mark.parametrize(("goes_wrong", "fails"), ROADS.values(), ids=ROADS)
def test_no_text_gets_out(
    goes_wrong: Callable[[Endpoint], None], fails: bool, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    running = Running.begin(speech_api_version=version, max_attempts=1 if fails else 3)
    told = Told()
    running.p = replace(running.p, notifiers=(told,))
    running.world.endpoint.quotes = True
    goes_wrong(running.world.endpoint)
    with caplog.at_level(logging.INFO):
        running.take("book.txt", book("book"))
        for name in "abc":
            running.take(f"{name}.txt", note(name))
        running.settle(120)
        running.round()
    results = [info.name for info in running.world.results.list() if info.name.endswith("manifest.json")]
    manifests = [running.world.results.read(name).decode() for name in results]
    assert len(results) == len(told.events) == 4
    assert any('"FAILED"' in manifest for manifest in manifests) is fails
    assert leaks_in("\n".join([*manifests, json.dumps(told.events), caplog.text])) == set()


def test_what_is_said_besides_is_told(running: Running) -> None:
    running.world.endpoint.quotes = True
    refused(running.world.endpoint)
    running.take("b.txt", note("b"))
    running.settle()
    assert running.error("b.txt")["why"] == "The endpoint refused the job: refused: …"
