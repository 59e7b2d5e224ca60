"""`speechdrop demo`: the samples once through everything, on a fresh data folder, with what became of each checked."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from speechdrop.cli import local
from speechdrop.cli.documents import Containers, Ended, files_below, is_document
from speechdrop.cli.progress import Progress, clock, failures, shown, summary

MUST_FAIL = frozenset({"empty.txt", "broken.ssml"})
"""Samples that are wrong on purpose: each must end as a clear error. All others must be spoken."""

LOOK_SECONDS = 0.4
"""Between two looks into the results container."""


def demo(
    console: Console, *, samples: Path, out: Path, data: Path, workers: int, patience: float, identity: bool
) -> bool:
    """Whether every document ended as it should. Raises what `local.deployment` raises."""
    files = dict(files_below(samples))
    count = sum(map(is_document, files))
    if not count:
        raise local.DeploymentFailed(f"There is no document in the folder '{samples}'.")
    with local.held(data):
        empty(data)
        console.print("Starting Azurite and the development host …")
        with local.deployment(data, port=0, key=local.new_key(), workers=workers, identity=identity) as running:
            console.print(f"The speech service answers at {running.url}. Dropping {count} documents.")
            progress = speak(console, running, files, out=out, patience=patience)
            spent = max((seconds for _, seconds in progress.ended.values()), default=0.0)
    return report(console, progress, spent=spent, out=out, log=data / "host.log")


def speak(
    console: Console, running: local.Deployment, files: Mapping[str, Path], *, out: Path, patience: float
) -> Progress:
    """Uploads all files, then follows the documents until each has its manifest and its audio is in `out`."""
    settings = running.settings
    containers = Containers(running.connection, inbox=settings.inbox_container, results=settings.results_container)
    deadline = time.monotonic() + patience
    with shown(console) as progress:
        for path, file in files.items():
            containers.drop(path, file)
            if is_document(path):
                progress.on_upload(path)
        while progress.waiting and time.monotonic() < deadline:
            running.check()
            for ended in containers.newly_ended():
                progress.on_end(ended)
            if progress.live:
                progress.jobs = jobs_of(running)
            time.sleep(LOOK_SECONDS)
    for ended, _ in progress.ended.values():
        containers.fetch(ended, out)
    return progress


def jobs_of(running: local.Deployment) -> str:
    """How many syntheses the service has, by status, as its own list tells."""
    answer = local.list_syntheses(running, top=100)
    counts = Counter(item["status"] for item in answer.json()["value"]) if answer.ok else Counter[str]()
    return "jobs: " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) if counts else ""


def report(console: Console, progress: Progress, *, spent: float, out: Path, log: Path) -> bool:
    """Prints the table, the errors, the speed and what is not as expected."""
    rows = [progress.ended[path] for path in progress.uploaded if path in progress.ended]
    console.print(summary(rows))
    for line in failures(rows):
        console.print(line, soft_wrap=True)
    audio = sum(ended.duration for ended, _ in rows)
    if spent and audio:
        rate = f"{audio / spent:.0f} times real time"
        console.print(f"\n{clock(audio)} of speech in {clock(spent)}: {rate}. The audio is in {out}/.")
    wrong = unexpected([ended for ended, _ in rows], waiting=progress.waiting)
    for line in wrong:
        console.print(f"[red]Not as expected:[/] {line}", soft_wrap=True)
    if wrong:
        console.print(f"The host's log is {log}.")
    return not wrong


def unexpected(rows: Sequence[Ended], *, waiting: Sequence[str]) -> list[str]:
    """What a demo must not end with."""
    wrong = [f"{path} has no manifest yet" for path in waiting]
    for ended in rows:
        if ended.finished is (ended.path in MUST_FAIL):
            wrong.append(f"{ended.path} is {ended.status}")
        elif ended.finished and not (ended.duration and ended.files):
            wrong.append(f"{ended.path} is FINISHED without audio")
    return wrong


def empty(data: Path) -> None:
    """Removes what an earlier demo left; only what this command and its host make themselves."""
    for name in ("azurite", "host"):
        shutil.rmtree(data / name, ignore_errors=True)
