"""What a person sees while documents are spoken, and the table at the end. Plain lines where output is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from speechdrop.cli.documents import Ended


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where each document stands. `seconds` count from its upload to the sight of its manifest."""

    console: Console
    live: bool
    uploaded: dict[str, float] = field(default_factory=dict)
    ended: dict[str, tuple[Ended, float]] = field(default_factory=dict)
    jobs: str = ""

    @property
    def waiting(self) -> list[str]:
        return [path for path in self.uploaded if path not in self.ended]

    def on_upload(self, path: str) -> None:
        self.uploaded[path] = time.monotonic()
        self.ended.pop(path, None)

    def on_end(self, ended: Ended) -> None:
        seconds = time.monotonic() - self.uploaded.setdefault(ended.path, time.monotonic())
        self.ended[ended.path] = (ended, seconds)
        if not self.live:
            self.console.print(f"{seconds:6.1f} s  {line_of(ended)}", soft_wrap=True)

    def __rich__(self) -> Table:
        """The live view: rich calls this at every refresh."""
        grid = Table.grid(padding=(0, 2))
        for path, since in self.uploaded.items():
            if path in self.ended:
                ended, seconds = self.ended[path]
                mark = "[green]✓[/]" if ended.finished else "[red]✗[/]"
                grid.add_row(mark, escape(path), f"{seconds:.1f} s", _sound(ended))
            else:
                grid.add_row(Spinner("dots"), escape(path), f"{time.monotonic() - since:.1f} s", "")
        grid.add_row("", f"{len(self.ended)} of {len(self.uploaded)} documents", "", self.jobs)
        return grid


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    progress = Progress(console=console, live=console.is_terminal)
    if progress.live:
        with Live(progress, console=console, refresh_per_second=8, transient=True):
            yield progress
    else:
        yield progress


def line_of(ended: Ended) -> str:
    """One document in one line, for plain output."""
    if ended.finished:
        return f"[green]✓[/] {escape(ended.path)}: {_sound(ended)}"
    return f"[red]✗[/] {escape(ended.path)}: {escape(ended.reason)}"


def summary(rows: Iterable[tuple[Ended, float]]) -> Table:
    table = Table()
    table.add_column("document", overflow="fold")
    table.add_column("status")
    for name in ("audio", "characters", "jobs", "seconds"):
        table.add_column(name, justify="right")
    for ended, seconds in rows:
        status = f"[green]{ended.status}[/]" if ended.finished else f"[red]{ended.status}[/]"
        characters = f"{ended.characters:,}" if ended.characters else "–"
        jobs = str(ended.jobs or "–")
        table.add_row(escape(ended.path), status, _sound(ended) or "–", characters, jobs, f"{seconds:.1f}")
    return table


def failures(rows: Sequence[tuple[Ended, float]]) -> Iterator[str]:
    """What each failed document's manifest says, ready to print."""
    for ended, _ in rows:
        if not ended.finished:
            yield f"[red]✗[/] [bold]{escape(ended.path)}[/]: {escape(ended.reason)}"


def clock(seconds: float) -> str:
    """`7.4 s`, `12:05` or `3:40:12`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def _sound(ended: Ended) -> str:
    return clock(ended.duration) if ended.finished else ""
