"""Prints at the end what the kills came to."""

from __future__ import annotations

import pytest

from tests.crash.tally import TALLY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY.kills:
        terminalreporter.write_line(str(TALLY))
