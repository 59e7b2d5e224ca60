"""Prints at the end the fault matrix, with the seconds that each of its cells took, and what the kills came to.

`make test-faults` says how many kills there have to be.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.crash.cells import ELSEWHERE
from tests.crash.tally import TALLY

LEAST_KILLS = int(os.environ.get("LEAST_KILLS", "0"))
LEAST_OVER_AZURITE = int(os.environ.get("LEAST_OVER_AZURITE", "0"))
MATRIX = "test_fault_matrix.py::test_"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _are_too_few():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seconds: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and (cell := _cell_of(report.nodeid)):
            seconds[cell] += report.duration
    for cell, taken in seconds.items():
        terminalreporter.write_line(f"fault matrix: {cell}: {taken:.1f} s")
    if _are_too_few():
        wanted = f"at least {LEAST_KILLS}, {LEAST_OVER_AZURITE} of them over Azurite"
        terminalreporter.write_line(f"too few kills: {wanted}; there were {TALLY.over_azurite} over Azurite", red=True)


def _cell_of(node: str) -> str:
    """ "" where the test is no cell."""
    _, is_cell, name = node.partition(MATRIX)
    if is_cell:
        return name.partition("[")[0].replace("_", " ")
    return next((cell for cell, shown in ELSEWHERE.items() if node.startswith(shown)), "")


def _are_too_few() -> bool:
    return TALLY.kills < LEAST_KILLS or TALLY.over_azurite < LEAST_OVER_AZURITE


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run."""
    if TALLY.kills:
        print(TALLY)
