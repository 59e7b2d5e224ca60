"""Secrets and texts of documents that reached a log: every record of the run is looked at, and the hosts' log files.

What is found is noted in a file, as the crash harness's children find some, without the secret itself.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

import pytest

_PATTERNS = {
    "a signature": r"\bsig=(?!REDACTED|…)[\w%/+-]{8,}",
    "an account key": r"AccountKey=[\w/+]{8,}|Eby8vdM02xNOcqF[\w/+]+",
    "a webhook's secret": r"whsec_[\w/+]{8,}",
    "a token": r"Bearer [\w.-]{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.",
    "a subscription key": r"(?i:ocp-apim-subscription-key)['\"]?\s*[:=]\s*['\"]?(?!REDACTED)\w+",
    "a document's text": "begins here, and it goes on|A short note with the name|High water at Orran Haven is"
    "|the forty-one steps from her",
}
_ANY = re.compile("|".join(f"(?P<_{number}>{pattern})" for number, pattern in enumerate(_PATTERNS.values())))
_LOGS = ("log", "host.log")
"""Names of the files that hosts log to, in the folders of tests."""


def leaks_in(text: str) -> set[str]:
    """What kinds of secrets a text holds."""
    names = list(_PATTERNS)
    return {names[int(str(found.lastgroup)[1:])] for found in _ANY.finditer(text)}


class Watch(logging.Handler):
    """Notes leaks of any logger that propagates; also in children that were forked."""

    def __init__(self, file: Path) -> None:
        super().__init__(logging.NOTSET)
        self.file = file

    def emit(self, record: logging.LogRecord) -> None:
        for kind in leaks_in(self.format(record)):
            with self.file.open("a") as notes:
                notes.write(f"{kind} by {record.name}:{record.lineno} in {os.environ.get('PYTEST_CURRENT_TEST')}\n")

    def begin(self) -> None:
        """Our own code logs all that a deployed host would write."""
        logging.getLogger().addHandler(self)
        for name in ("shared", "speechdrop"):
            logging.getLogger(name).setLevel(logging.INFO)

    def noted(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []


def leaks_in_files(folder: Path) -> list[str]:
    """Of the log files below a folder."""
    files = (file for file in folder.rglob("*log") if file.name in _LOGS and file.is_file())
    return [
        f"{kind} in {file.relative_to(folder)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        for kind in leaks_in(line)
    ]


_WATCH = pytest.StashKey[Watch]()
_FOUND = pytest.StashKey[list[str]]()


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[_WATCH] = Watch(_temporary(session.config) / "leaks")
    session.config.stash[_WATCH].begin()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run has failed where any line that anybody logged in it holds a secret, or the text of a document."""
    config = session.config
    if _WATCH in config.stash:
        config.stash[_FOUND] = [*config.stash[_WATCH].noted(), *leaks_in_files(_temporary(config))]
        if config.stash[_FOUND]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_FOUND, []):
        terminalreporter.write_line(f"LOGGED: {line}", red=True)


def _temporary(config: pytest.Config) -> Path:
    """Under which the folders of all tests lie."""
    folders: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    return folders.getbasetemp()
