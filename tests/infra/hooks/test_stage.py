"""What azd packages: the app's own files, all of them, with the requirements of what is on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pathspec
import pytest

from infra.hooks.stage import SERVICE, StageFailed, merged, requirements, stage

ROOT = Path(__file__).parents[3]
ENGINES = ("av", "hibari", "lameenc", "sentencex", "soxr", "numpy", "onnxruntime", "speechdrop", "infra")


def tracked() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    return {name for name in listed.stdout.decode().splitlines() if (ROOT / name).exists()}


def names_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def requirement_lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] not in "#-"]


def test_it_holds_what_func_would_publish(tmp_path: Path) -> None:
    """`.funcignore` says for Core Tools what the hook says for azd."""
    stage(ROOT, tmp_path / "dist", {})
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text(encoding="utf-8").splitlines())
    published = {name for name in tracked() if not ignored.match_file(name)}
    assert names_below(tmp_path / "dist") == published - {"requirements-service.txt", ".funcignore"}


def test_without_the_service_nothing_but_the_pipelines_requirements(tmp_path: Path) -> None:
    assert stage(ROOT, tmp_path / "dist", {}) == ("requirements.txt",)
    assert requirement_lines(tmp_path / "dist" / "requirements.txt") == requirement_lines(ROOT / "requirements.txt")


def test_with_the_service_its_engines_too(tmp_path: Path) -> None:
    stage(ROOT, tmp_path / "dist", {SERVICE: "true"})
    both = requirement_lines(ROOT / "requirements.txt") + requirement_lines(ROOT / "requirements-service.txt")
    assert requirement_lines(tmp_path / "dist" / "requirements.txt") == both
    text = (tmp_path / "dist" / "requirements.txt").read_text(encoding="utf-8")
    assert text.startswith("-c constraints.txt\n")
    assert "-r" not in text


def test_the_work_tree_stays_as_it_is(tmp_path: Path) -> None:
    before = (ROOT / "requirements.txt").read_bytes()
    stage(ROOT, tmp_path / "dist", {SERVICE: "true"})
    assert (ROOT / "requirements.txt").read_bytes() == before


def test_a_second_time_nothing_of_the_first_is_left(tmp_path: Path) -> None:
    stage(ROOT, tmp_path / "dist", {SERVICE: "true"})
    (tmp_path / "dist" / "shared" / "removed_since.py").touch()
    stage(ROOT, tmp_path / "dist", {})
    assert not (tmp_path / "dist" / "shared" / "removed_since.py").exists()
    assert "av==" not in (tmp_path / "dist" / "requirements.txt").read_text(encoding="utf-8")


def test_the_staged_app_declares_its_functions_without_engines(tmp_path: Path) -> None:
    stage(ROOT, tmp_path / "dist", {})
    code = f"""
import sys
sys.modules.update(dict.fromkeys({ENGINES}))
import function_app
print(function_app.__file__, len(function_app.app.get_functions()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "dist", env={}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    file, functions = done.stdout.split()
    assert Path(file) == tmp_path / "dist" / "function_app.py"
    assert int(functions) > 10


def test_a_requirement_that_both_files_name_comes_once() -> None:
    texts = [
        "# A\n-c constraints.txt\na==1; python_version < '3.13'\nb==2  # why\n",
        "-r requirements.txt\n\nb==2\nc==3\n",
    ]
    assert merged(texts) == "-c constraints.txt\na==1; python_version < '3.13'\nb==2\nc==3\n"


@pytest.mark.parametrize("word", ["yes", "on", "selfHosted"])
def test_a_flag_that_is_no_flag_is_refused(word: str) -> None:
    with pytest.raises(StageFailed, match=f"azd env set {SERVICE} true"):
        requirements({SERVICE: word})
