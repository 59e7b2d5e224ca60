"""The commands and their options; each calls one function of its own module."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from shared.errors import SpeechdropError
from speechdrop.cli import demo as demo_command
from speechdrop.cli import run as run_command

FOLDER = click.Path(file_okay=False, path_type=Path)
KEPT = Path(".speechdrop")


class Commands(click.Group):
    """Errors that Speechdrop raises on purpose are shown as one plain message, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SpeechdropError as error:
            raise click.ClickException(str(error)) from error


def _console() -> Console:
    """Rich takes a pipe for 80 columns wide, and would break long names."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


@click.group(cls=Commands)
def main() -> None:
    """Drop text into storage, get speech out of storage."""
    # These end a command as Ctrl-C does, so that it stops what it started; the second comes of a closed terminal.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


@main.command()
@click.option("--samples", type=FOLDER, default=Path("samples"), show_default=True, help="Folder of the documents.")
@click.option("--out", type=FOLDER, default=Path("out"), show_default=True, help="Folder for the audio.")
@click.option("--data", type=FOLDER, default=KEPT / "demo", show_default=True, help="Emptied first.")
@click.option("--workers", type=click.IntRange(1, 16), default=2, show_default=True)
@click.option("--patience", type=click.IntRange(1), default=600, show_default=True, help="Seconds before giving up.")
@click.pass_context
def demo(ctx: click.Context, samples: Path, out: Path, data: Path, workers: int, patience: int) -> None:
    """Speak the samples once, on this machine alone, and check what became of each."""
    console = _console()
    good = demo_command.demo(console, samples=samples, out=out, data=data, workers=workers, patience=patience)
    ctx.exit(0 if good else 1)


@main.command()
@click.option("--inbox", type=FOLDER, default=Path("inbox"), show_default=True, help="Folder to drop text files into.")
@click.option("--out", type=FOLDER, default=Path("out"), show_default=True, help="Folder for the audio.")
@click.option("--data", type=FOLDER, default=KEPT / "run", show_default=True, help="Kept between runs.")
@click.option("--port", type=click.IntRange(1, 65535), default=7071, envvar="PORT", show_default=True, show_envvar=True)
@click.option("--workers", type=click.IntRange(1, 16), default=2, show_default=True)
def run(inbox: Path, out: Path, data: Path, port: int, workers: int) -> None:
    """Keep everything running: files dropped into a folder become speech in another, until Ctrl-C."""
    run_command.run(_console(), inbox=inbox, out=out, data=data, port=port, workers=workers)
