"""Prints at the end what the kills came to, and the fault matrix with the seconds that each of its cells took."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.crash.tally import TALLY

MATRIX = "test_fault_matrix.py::test_"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seconds: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        _, is_cell, name = report.nodeid.partition(MATRIX)
        if is_cell and report.when == "call":
            seconds[name.partition("[")[0].replace("_", " ")] += report.duration
    for cell, taken in seconds.items():
        terminalreporter.write_line(f"fault matrix: {cell}: {taken:.1f} s")
    if TALLY.kills:
        terminalreporter.write_line(str(TALLY))
