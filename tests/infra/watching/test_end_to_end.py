"""The app as it runs, from the drop to the manifest, under telemetry as the Functions worker sets it up."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.connect import storage
from shared.telemetry import INSTRUMENTS
from shared.wiring import FINISH_QUEUE, POISON_SUFFIX
from speechdrop.cli.documents import Containers
from speechdrop.cli.local import Deployment, deployment, last_words, new_key
from tests.infra.bicep.syntax import Object, Text, read
from tests.infra.watching.deployed import MODULES, ROOT, alerts, workbook_queries
from tests.infra.watching.ingestion import Ingestion, ingestion
from tests.infra.watching.listening import QUIET
from tests.infra.watching.workspace import TABLES, Workspace
from tests.leaks import know

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(120)]

PATH = "a folder/of-somebody.txt"
TEXT = "A sentence that nobody but its owner is to read."
FILES = {PATH: TEXT, "notes/second.txt": "Another one, for company.", "broken.ssml": "<speak>never closed"}
EXPORT_SECONDS = 0.5
PATIENCE_SECONDS = 60


def app_settings() -> dict[str, str]:
    """Those that infra/modules/app.bicep turns telemetry on by, but for the ones that Azure alone knows."""
    declared = read(MODULES / "app.bicep").get("telemetry")
    assert declared
    assert isinstance(declared.value, Object)
    told = {item.name: item.value.literal for item in declared.value.properties if isinstance(item.value, Text)}
    return {name: value for name, value in told.items() if name and value}


@dataclass(frozen=True)
class Captured:
    workspace: Workspace
    began: datetime
    ended: datetime
    key: str
    job: str

    def ask(self, query: str) -> list[dict[str, object]]:
        for name, value in (("{TimeRange:grain}", "1m"), ("{Price}", "15"), ("{Job}", self.job)):
            query = query.replace(name, value)
        return self.workspace.ask(query, after=self.began, until=self.ended)


@contextmanager
def told(data: Path, key: str, **settings: str) -> Iterator[tuple[Deployment, Ingestion]]:
    """The app while it runs, and what takes its telemetry."""
    with ingestion() as receiver, pytest.MonkeyPatch.context() as patch:
        environ = {
            **app_settings(),
            **{f"APPLICATIONINSIGHTS_{name}": value for name, value in QUIET.items()},
            "APPLICATIONINSIGHTS_CONNECTION_STRING": receiver.connection_string,
            "OTEL_METRIC_EXPORT_INTERVAL": str(EXPORT_SECONDS * 1000),
            "OTEL_BLRP_SCHEDULE_DELAY": str(round(EXPORT_SECONDS * 1000)),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "worker"), str(ROOT)]),
            "ENGINE": "silence",
            "SWEEP_SCHEDULE": "*/2 * * * * *",
            **settings,
        }
        for name, value in environ.items():
            patch.setenv(name, value)
        with deployment(data, port=0, key=key, workers=1) as running:
            yield running, receiver


def drop(running: Deployment, files: Mapping[str, str], folder: Path) -> Containers:
    given = running.settings
    containers = Containers(running.connection, inbox=given.inbox_container, results=given.results_container)
    for path, text in files.items():
        file = folder / "file"
        file.write_text(text)
        know(text)
        containers.drop(path, file)
    return containers


@pytest.fixture(scope="module")
def captured(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Captured:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    data, workspace = tmp_path_factory.mktemp("watched"), Workspace()
    key, began = new_key(), datetime.now(UTC)
    with told(data, key) as (running, receiver):
        containers, left = drop(running, FILES, data), set(FILES)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left:
            running.check()
            assert time.monotonic() < deadline, f"{left} did not end: {last_words(running.log)}"
            for ended in containers.newly_ended():
                left.discard(ended.path)
            time.sleep(0.2)
        time.sleep(4 * EXPORT_SECONDS)  # its last words
    for table, row in receiver.take():
        workspace.add(table, row)
    jobs = {row["job"] for row in workspace.properties("AppTraces") if "job" in row}
    return Captured(workspace, began, datetime.now(UTC), key, min(jobs))


FAULTS = {"budget-spent", "poison-messages"}


def test_faults_of_the_whole_app_raise_their_alerts_and_no_others(azurite: str, tmp_path: Path) -> None:
    """More is dropped than a day may cost, and a message cannot be followed."""
    workspace, began, fired = Workspace(), datetime.now(UTC), set[str]()
    with told(tmp_path, new_key(), DAILY_CHARACTERS="100") as (running, receiver):
        storage(running.settings.host_storage).queue(FINISH_QUEUE + POISON_SUFFIX).send('{"job": "of nobody"}')
        drop(running, {f"{number}.txt": f"{number} " * 30 for number in range(2)}, tmp_path)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while fired != FAULTS and time.monotonic() < deadline:
            running.check()
            time.sleep(EXPORT_SECONDS)
            for table, row in receiver.take():
                workspace.add(table, row)
            now = datetime.now(UTC)
            fired = {alert.name for alert in alerts() if workspace.ask(alert.query, after=began, until=now)}
    assert fired == FAULTS


def test_a_healthy_run_raises_no_alert(captured: Captured) -> None:
    assert {alert.name: captured.ask(alert.query) for alert in alerts() if captured.ask(alert.query)} == {}


def test_silence_is_an_alert(captured: Captured) -> None:
    """The app was stopped: a quarter of an hour later nothing has told of its timers."""
    fired = set()
    for alert in alerts():
        later = captured.ended + timedelta(hours=1)
        if captured.workspace.ask(alert.query, after=later - alert.window, until=later):
            fired.add(alert.name)
    assert fired == {"poll-silent", "sweep-silent"}


FROM_ELSEWHERE = {"instances", "compute", "functions"}
"""Queries over what the platform tells of itself."""
NOTHING_TO_SHOW = {"budgets", "breaches", "jobs-failed", "warnings", "notices"}
"""In a run in which all goes well."""


@pytest.mark.parametrize("name", workbook_queries())
def test_the_workbook_shows_the_run(captured: Captured, name: str) -> None:
    rows = captured.ask(workbook_queries()[name])
    assert bool(rows) == (name not in FROM_ELSEWHERE | NOTHING_TO_SHOW), rows


def test_what_is_told_is_in_the_table_of_instruments(captured: Captured) -> None:
    known = {item.name: item.dimensions for item in INSTRUMENTS}
    rows = captured.workspace.ask("AppMetrics", after=captured.began, until=captured.ended)
    ours = [row for row in rows if row["Name"].startswith("speechdrop.")]
    assert {row["Name"] for row in ours} >= {"speechdrop.documents", "speechdrop.jobs", "speechdrop.syntheses"}
    for row in ours:
        assert json.loads(row["Properties"]).keys() == known[row["Name"]].keys()


def test_no_path_is_in_a_metric_and_no_secret_or_text_anywhere(captured: Captured) -> None:
    for table in TABLES:
        for row in captured.workspace.ask(table, after=captured.began, until=captured.ended):
            said = str(row)
            assert captured.key not in said
            assert "sig=" not in said
            assert TEXT not in said
            assert table == "AppTraces" or PATH not in said


def test_calls_of_the_app_are_not_told_one_by_one(captured: Captured) -> None:
    assert captured.workspace.count("AppDependencies") == 0
