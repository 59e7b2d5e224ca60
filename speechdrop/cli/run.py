"""`speechdrop run`: everything kept running, a local folder mirrored to the inbox and the results to another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from speechdrop.cli import local
from speechdrop.cli.documents import Containers, files_below
from speechdrop.cli.progress import line_of

LOOK_SECONDS = 0.5
"""Between two looks at the folder and the results, at least; a slow look is followed by a longer pause."""

REQUEST = Path(__file__).with_name("create.txt")
"""Azure's own published example of a create, with the three placeholders that its page says to replace."""


def run(console: Console, *, inbox: Path, out: Path, data: Path, port: int, workers: int) -> None:
    """Until Ctrl-C. Raises what `local.deployment` raises."""
    with local.held(data):
        inbox.mkdir(parents=True, exist_ok=True)
        console.print("Starting Azurite and the development host …")
        with local.deployment(data, port=port, key=local.kept_key(data), workers=workers) as running:
            try:
                welcome(console, running, inbox=inbox, out=out)
                mirror(console, running, inbox=inbox, out=out)
            except KeyboardInterrupt:
                console.print("Stopping …")


def mirror(console: Console, running: local.Deployment, *, inbox: Path, out: Path) -> None:
    settings = running.settings
    containers = Containers(running.connection, inbox=settings.inbox_container, results=settings.results_container)
    folder = Folder(inbox)
    while True:
        running.check()
        began = time.monotonic()
        for path, file in folder.settled().items():
            if containers.drop(path, file):
                console.print(f"↑ {escape(path)}", soft_wrap=True)
        for ended in containers.newly_ended():
            if containers.fetch(ended, out):
                console.print(line_of(ended), soft_wrap=True)
        # A look costs more as results pile up; it never takes more than a tenth of the time.
        time.sleep(max(LOOK_SECONDS, 9 * (time.monotonic() - began)))


@dataclass(slots=True)
class Folder:
    """A folder that is watched by looking: a file counts once two looks in a row find it the same."""

    path: Path
    _last: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    _taken: dict[str, tuple[int, int]] = field(default_factory=dict)

    def settled(self) -> dict[str, Path]:
        """New or changed files that nobody is writing to any more."""
        files = dict(files_below(self.path))
        now = {path: mark for path, file in files.items() if (mark := mark_of(file))}
        ready = [path for path, mark in now.items() if self._last.get(path) == mark != self._taken.get(path)]
        self._last = now
        self._taken.update((path, now[path]) for path in ready)
        return {path: files[path] for path in ready}


def mark_of(file: Path) -> tuple[int, int] | None:
    """What changes when a file does: time and size. None: it is gone."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size


def welcome(console: Console, running: local.Deployment, *, inbox: Path, out: Path) -> None:
    console.print(f"""
Drop text files into [bold]{inbox}/[/]; their speech appears in [bold]{out}/[/]. Ctrl-C stops.

Speech service  [bold]{running.url}[/]
Key             [bold]{running.key}[/]
Host's log      {running.log}

A request to the service, ready to paste:
""")
    # Past rich, for copying: it would turn the tabs into spaces.
    console.file.write(example(running.url, running.key))
    console.file.flush()


def example(url: str, key: str) -> str:
    """The published request, sent to this service. Its body has raw newlines and trailing commas; that is meant."""
    request = REQUEST.read_text(encoding="utf-8")
    return request.replace("https://YourSpeechRegion.customvoice.api.speech.microsoft.com", url).replace(
        "YourSpeechKey", key
    )
