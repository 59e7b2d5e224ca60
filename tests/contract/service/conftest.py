"""Two hosts for all cases of the run: one that works, and one that is idle. Each case is a caller of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from speechdrop.devhost.identity import LocalIdentity
from tests.contract.service.api import Api, Caller, Case
from tests.contract.service.hosting import KEYS, host


@pytest.fixture(scope="session")
def identity() -> Iterator[LocalIdentity]:
    with LocalIdentity() as identity:
        yield identity


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
