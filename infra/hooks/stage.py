"""azd's pre-package hook: lays the app's own files into `dist/`, with one requirements.txt of all that it needs there.

The self-hosted service needs engines and encoders besides (`requirements-service.txt`, 200 MB); without it they would
only slow the build and the start down. The work tree stays as it is, so that nothing has to be undone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("function_app.py", "host.json", "constraints.txt", "LICENSE")
FOLDERS = ("shared",)
SERVICE = "SELF_HOSTED_SERVICE"
"""The variable of azd's environment, and the flag of infra/main.bicep, that turns the service on."""
WORDS = {"true": True, "1": True, "false": False, "0": False, "": False}


class StageFailed(Exception):
    """The package cannot be laid out; says why."""


def requirements(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the requirement files that the deployed app needs. Raises StageFailed."""
    word = environ.get(SERVICE, "").strip().lower()
    if word not in WORDS:
        raise StageFailed(f"{SERVICE} is '{word}'; set it to true or false: azd env set {SERVICE} true")
    return ("requirements.txt", *(["requirements-service.txt"] if WORDS[word] else []))


def merged(texts: Iterable[str]) -> str:
    """One requirements file of several: each requirement once, in order, under the common constraints."""
    lines = (line.partition(" #")[0].strip() for text in texts for line in text.splitlines())
    wanted = dict.fromkeys(line for line in lines if line and not line.startswith(("#", "-c", "-r")))
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
    text = merged((root / name).read_text(encoding="utf-8") for name in names)
    (target / "requirements.txt").write_text(text, encoding="utf-8")
    return names


if __name__ == "__main__":
    try:
        print(f"Laid out dist/ with {', '.join(stage(ROOT, ROOT / 'dist', os.environ))}.")
    except (StageFailed, OSError) as problem:
        sys.exit(f"dist/ was not laid out: {problem}")
