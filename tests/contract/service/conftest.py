"""Two hosts with the silent engine for all cases of the run: one that works, and one that is idle.

Both run the service alone: without inbox, endpoint and content storage. Each case is a caller of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from speechdrop.cli.local import TIMES, free_port, last_words, stop
from speechdrop.devhost import azurite as emulator
from speechdrop.devhost.identity import LocalIdentity
from tests.contract.service.api import Api, Caller, Case

KEYS = [f"contract-{number:04d}" for number in range(1500)]
"""A caller has a budget of requests."""
SERVICE_ALONE = {f"AzureWebJobs.pipeline_{name}.Disabled": "true" for name in ("intake", "poll", "finish", "sweep")}
_FUNCTIONS = emulator.REPOSITORY / "function_app.py"


@contextmanager
def host(home: Path, identity: LocalIdentity, **settings: str) -> Iterator[tuple[str, str]]:
    """A running service; gives its URL and its storage's connection string."""
    port, log = free_port(), home / "host.log"
    command = [sys.executable, "-m", "speechdrop.devhost", "--app", str(_FUNCTIONS), "--data", str(home / "host")]
    with emulator.running(home / "azurite") as connection, log.open("wb") as output:
        own = {"AzureWebJobsStorage": connection, "SERVICE_KEYS": ",".join(KEYS), "ENGINE": "silence"}
        local = {"DESTINATION_HOSTS": ".blob.core.windows.net,127.0.0.1"}
        environ = {**os.environ, **TIMES, **own, **local, **identity.settings, **SERVICE_ALONE, **settings}
        environ.pop("CONTENT_STORAGE", None)
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "2"],
            cwd=emulator.REPOSITORY,
            env=environ,
            stdout=output,
            stderr=output,
        )
        try:
            _await(f"http://127.0.0.1:{port}/openapi.json", process, log)
            yield f"http://127.0.0.1:{port}", connection
        finally:
            stop(process)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert requests.get(url, timeout=10).status_code == 200
            return
        except requests.ConnectionError:
            assert process.poll() is None, last_words(log)
            assert time.monotonic() < deadline, last_words(log)
            time.sleep(0.05)


@pytest.fixture(scope="session")
def identity() -> Iterator[LocalIdentity]:
    identity = LocalIdentity()
    identity.start()
    yield identity
    identity.stop()


@pytest.fixture(scope="session")
def caller(azurite: str, tmp_path_factory: pytest.TempPathFactory, identity: LocalIdentity) -> Iterator[Caller]:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    keys = iter(KEYS)
    idle = {"AzureWebJobs.service_speak.Disabled": "true", "ACTIVE_LIMIT_PERCENT": "2"}
    with (
        host(tmp_path_factory.mktemp("busy"), identity, BYOS_CONTAINER="brought") as busy_host,
        host(tmp_path_factory.mktemp("idle"), identity, **idle) as idle_host,
        requests.Session() as session,
    ):

        def make(case: Case) -> Api:
            url, connection = idle_host if case.idle else busy_host
            return Api(
                url=url,
                version=case.version,
                connection=connection,
                identity=identity,
                key=next(keys),
                session=session,
            )

        yield make


_COUNTS = {"passed": 0, "failed": 0}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "tests/contract/service/test_cases.py" in report.nodeid and (report.when == "call" or report.failed):
        _COUNTS["passed" if report.passed else "failed"] += 1


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run."""
    if any(_COUNTS.values()):
        print(f"contract cases: {_COUNTS['passed']} passed, {_COUNTS['failed']} failed")
