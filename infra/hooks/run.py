"""Runs hooks by their names, in turn: `python infra/hooks/run.py events smoke`. The same for posix and Windows.

Started by whatever Python the shell finds, so it uses nothing but the standard library, and nothing newer than 3.7.
The hooks themselves run in `.venv` where `make setup` made one, else in an environment of their own below
`.speechdrop`: azd takes every folder of its own `.azure` for an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3", "python")
REQUIREMENTS = ROOT / "requirements.txt"
OWN = ROOT / ".speechdrop" / "hooks"
NEEDS_PACKAGES = {"stage": False, "events": True, "smoke": True}
"""The hooks, and whether they need what requirements.txt names."""


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NEEDS_PACKAGES]
    if unknown or not names:
        return complain(f"Name hooks to run: {', '.join(NEEDS_PACKAGES)}.")
    if sys.version_info < OLDEST:
        return by_a_newer_python(names)
    for name in names:
        try:
            python = with_packages() if NEEDS_PACKAGES[name] else sys.executable
        except (OSError, subprocess.CalledProcessError) as error:
            return complain(f"The packages of {REQUIREMENTS.name} could not be installed: {error}")
        status = subprocess.call([python, "-m", f"infra.hooks.{name}"], cwd=str(ROOT))  # noqa: S603 (our own)
        if status:
            return status
    return 0


def complain(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


def by_a_newer_python(names: list[str]) -> int:
    for found in filter(None, map(shutil.which, NEWER)):
        check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
        if subprocess.call([found, "-c", check]) == 0:  # noqa: S603 (our own)
            return subprocess.call([found, __file__, *names])  # noqa: S603 (our own)
    return complain("The hooks need Python 3.11 or later on PATH: https://www.python.org/downloads/")


def with_packages(home: Path = OWN, requirements: Path = REQUIREMENTS) -> str:
    """The Python of an environment that has them, made on first use, and anew when they change."""
    if home.is_relative_to(ROOT) and (ROOT / ".venv" / ".ready").exists():
        return python_of(ROOT / ".venv")
    wanted, mark = requirements.read_bytes(), home / ".requirements"
    if not mark.exists() or mark.read_bytes() != wanted:
        print(f"Installing {requirements.name} into {home} for the hooks.", flush=True)
        venv.create(str(home), clear=True, with_pip=True)
        install = [python_of(home), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "install"]
        subprocess.run([*install, "-r", str(requirements)], check=True)  # noqa: S603 (our own)
        mark.write_bytes(wanted)
    return python_of(home)


def python_of(home: Path) -> str:
    return str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
