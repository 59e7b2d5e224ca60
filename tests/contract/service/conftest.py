"""Two hosts for all cases of the run: one that works, and one that is idle. Each case is a caller of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import requests

from speechdrop.devhost.identity import LocalIdentity
from tests.contract.service.api import Api
from tests.contract.service.cases import Case, Player
from tests.contract.service.hosting import KEYS, host

AT_A_TIME = 4


@pytest.fixture(scope="session")
def identity() -> Iterator[LocalIdentity]:
    with LocalIdentity() as identity:
        yield identity


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Where the two hosts keep what is theirs."""
    return {name: tmp_path_factory.mktemp(name) for name in ("busy", "idle")}


@pytest.fixture(scope="session")
def player(
    request: pytest.FixtureRequest, azurite: str, homes: Mapping[str, Path], identity: LocalIdentity
) -> Iterator[Player]:
    """Plays all cases of the run, some at a time, and tells of each when it is asked for.

    `azurite` is asked for only because it says what to do where Azurite is missing.
    """
    busy = {"BYOS_CONTAINER": "brought", "ACTIVE_LIMIT_PERCENT": "0", "FETCH_HOSTS": "sounds.example"}
    idle = {"AzureWebJobs.service_speak.Disabled": "true", "ACTIVE_LIMIT_PERCENT": "2"}
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec")]
    cases: list[Case] = [case for item in items if isinstance(case := item.callspec.params.get("case"), Case)]
    with (
        host(homes["busy"], identity, **busy) as busy_host,
        host(homes["idle"], identity, **idle) as idle_host,
        requests.Session() as session,
        ThreadPoolExecutor(AT_A_TIME) as pool,
    ):
        session.trust_env = False  # or each request reads the environment, which pytest changes meanwhile
        keys = iter(KEYS)

        def play(case: Case) -> Callable[[], None]:
            url, connection = idle_host if case.idle else busy_host
            place = {"url": url, "connection": connection, "key": next(keys)}
            api = Api(**place, version=case.version, identity=identity, session=session)
            return lambda: case.play(api)

        playing = {case.id: pool.submit(play(case)) for case in cases if not case.alone}

        def player(case: Case) -> None:
            if case.id in playing:
                return playing[case.id].result()
            wait(playing.values())
            return play(case)()

        yield player
        pool.shutdown(cancel_futures=True)


_COUNTS = {"passed": 0, "failed": 0}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "tests/contract/service/test_cases.py" in report.nodeid and (report.when == "call" or report.failed):
        _COUNTS["passed" if report.passed else "failed"] += 1


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run."""
    if any(_COUNTS.values()):
        print(f"contract cases: {_COUNTS['passed']} passed, {_COUNTS['failed']} failed")
