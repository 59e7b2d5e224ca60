"""azd's pre-package hook: lays the app's own files into `dist/`, with one requirements.txt of all that it needs there.

The self-hosted service needs engines and encoders besides (200 MB), audio books FFmpeg; where they are off these would
only slow the build and the start down. The work tree stays as it is, so that nothing has to be undone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("function_app.py", "host.json", "constraints.txt", "LICENSE")
FOLDERS = ("shared",)
ALWAYS = "requirements.txt"
SERVICE, AUDIO_BOOKS = "SELF_HOSTED_SERVICE", "AUDIO_BOOKS"
FLAGS = {SERVICE: "requirements-service.txt", AUDIO_BOOKS: "requirements-m4b.txt"}
"""Variables of azd's environment that turn a part on, and what that needs."""
WORDS = {"true": True, "1": True, "false": False, "0": False, "": False}


class StageFailed(Exception):
    """The package cannot be laid out; says why."""


def requirements(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the requirement files that the deployed app needs. Raises StageFailed."""
    return (ALWAYS, *(name for flag, name in FLAGS.items() if is_on(flag, environ)))


def is_on(flag: str, environ: Mapping[str, str]) -> bool:
    """Raises StageFailed: it is neither on nor off."""
    word = environ.get(flag, "").strip().lower()
    if word not in WORDS:
        raise StageFailed(f"{flag} is '{word}'; set it to true or false: azd env set {flag} true")
    return WORDS[word]


def lines_of(root: Path, name: str) -> Iterator[str]:
    """The requirements of a file, and of those that it names by `-r`."""
    for line in (root / name).read_text(encoding="utf-8").splitlines():
        text = line.partition(" #")[0].strip()
        if text.startswith("-r "):
            yield from lines_of(root, text.removeprefix("-r ").strip())
        elif text and not text.startswith(("#", "-c ")):
            yield text


def merged(root: Path, names: Iterable[str]) -> str:
    """One requirements file of several: each requirement once, in order, under the common constraints."""
    wanted = dict.fromkeys(line for name in names for line in lines_of(root, name))
    return "\n".join(["-c constraints.txt", *wanted, ""])


def stage(root: Path, target: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Fills `target`, which is emptied first; returns the requirement files that went in. Raises StageFailed."""
    names = requirements(environ)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in FILES:
        shutil.copy2(root / name, target / name)
    for name in FOLDERS:
        shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (target / ALWAYS).write_text(merged(root, names), encoding="utf-8")
    return names


if __name__ == "__main__":
    try:
        print(f"Laid out dist/ with {', '.join(stage(ROOT, ROOT / 'dist', os.environ))}.")
    except (StageFailed, OSError) as problem:
        sys.exit(f"dist/ was not laid out: {problem}")
