"""Secrets and texts of documents that reached a log: every record of the run is looked at, and the hosts' log files.

A text is known by any six words of it in a row: those of the samples, those of all files that a test drops into an
inbox in memory or sends to a service, and those that a test says. What is found is noted in a file, as the crash
harness's children find some, without the secret itself.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.memory_blobs import MemoryBlobs
from shared.settings import Settings

_PATTERNS = {
    "a signature": r"\bsig=(?!REDACTED|…)[\w%/+-]{8,}",
    "an account key": r"AccountKey=[\w/+]{8,}|Eby8vdM02xNOcqF[\w/+]+",
    "a webhook's secret": r"whsec_[\w/+]{8,}",
    "a token": r"Bearer [\w.-]{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.",
    "a subscription key": r"(?i:ocp-apim-subscription-key)['\"]?\s*[:=]\s*['\"]?(?!REDACTED)\w+",
}
A_TEXT = "a document's text"
_ANY = re.compile("|".join(f"(?P<_{number}>{pattern})" for number, pattern in enumerate(_PATTERNS.values())))
INBOX = Settings().inbox_container
_LOGS = ("log", "host.log")
"""Names of the files that hosts log to, in the folders of tests."""


_ROW = 6
"""Words."""
_MOST_OF_A_TEXT = 300_000
_SAMPLES = Path(__file__).parents[1] / "samples"
_known: set[str] = set()


def know(text: str) -> None:
    """From now on nothing of this text may be logged; one of fewer than four words may be anybody's."""
    words = _words(text[:_MOST_OF_A_TEXT])
    if len(words) >= _ROW - 2:
        _known.update(_rows(words, min(_ROW, len(words))))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def _rows(words: list[str], length: int) -> Iterator[str]:
    return (" ".join(words[at : at + length]) for at in range(len(words) - length + 1))


def leaks_in(text: str) -> set[str]:
    """What kinds of secrets a text holds."""
    names = list(_PATTERNS)
    found = {names[int(str(found.lastgroup)[1:])] for found in _ANY.finditer(text)}
    words = _words(text)
    is_known = any(row in _known for length in range(_ROW - 2, _ROW + 1) for row in _rows(words, length))
    return found | ({A_TEXT} if is_known else set())


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
    os.environ.setdefault("DEVHOST_VERBOSE", "true")  # hosts log all that they would write where they are deployed
    for sample in _SAMPLES.rglob("*"):
        if sample.is_file():
            know(sample.read_bytes().decode("utf-8", "ignore"))
    _watch_inboxes()
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


def _watch_inboxes() -> None:
    """What is written into an inbox in memory is somebody's text."""
    write = MemoryBlobs.write

    def noted(blobs: MemoryBlobs, name: str, data: bytes | Iterable[bytes], **options: Any) -> str:
        if blobs.name == INBOX and isinstance(data, bytes) and not name.endswith(".json"):
            know(data.decode("utf-8", "ignore"))
        return write(blobs, name, data, **options)

    MemoryBlobs.write = noted  # type: ignore[method-assign,assignment]


def _temporary(config: pytest.Config) -> Path:
    """Under which the folders of all tests lie."""
    folders: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    return folders.getbasetemp()
