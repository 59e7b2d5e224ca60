"""What azd packages: the app's own files, all of them, with the requirements of what is on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pathspec
import pytest

from infra.hooks.stage import AUDIO_BOOKS, FLAGS, SERVICE, StageFailed, merged, requirements, stage

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
    assert names_below(tmp_path / "dist") == published - {*FLAGS.values(), ".funcignore"}


def test_without_the_service_nothing_but_the_pipelines_requirements(tmp_path: Path) -> None:
    assert stage(ROOT, tmp_path / "dist", {}) == ("requirements.txt",)
    assert requirement_lines(tmp_path / "dist" / "requirements.txt") == requirement_lines(ROOT / "requirements.txt")


def test_with_the_service_its_engines_too(tmp_path: Path) -> None:
    stage(ROOT, tmp_path / "dist", {SERVICE: "true"})
    text = (tmp_path / "dist" / "requirements.txt").read_text(encoding="utf-8")
    assert text.startswith("-c constraints.txt\n")
    for name in ("requirements.txt", "requirements-m4b.txt", "requirements-service.txt"):
        assert set(requirement_lines(ROOT / name)) <= set(text.splitlines()), name
    assert re.search(r"^av==", text, re.MULTILINE), "the service cannot encode without"
    assert "-r" not in text


def test_with_audio_books_what_they_need(tmp_path: Path) -> None:
    assert stage(ROOT, tmp_path / "dist", {AUDIO_BOOKS: "true"}) == ("requirements.txt", "requirements-m4b.txt")
    lines = requirement_lines(tmp_path / "dist" / "requirements.txt")
    assert set(lines) > set(requirement_lines(ROOT / "requirements-m4b.txt"))
    assert not [line for line in lines if line.startswith("hibari")]


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


def test_a_requirement_that_several_files_name_comes_once(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# A\n-c constraints.txt\na==1; python_version < '3.13'\nb==2  # why\n")
    (tmp_path / "more.txt").write_text("-r requirements.txt\n\nb==2\nc==3\n")
    expected = "-c constraints.txt\na==1; python_version < '3.13'\nb==2\nc==3\n"
    assert merged(tmp_path, ["requirements.txt", "more.txt"]) == expected
    assert merged(tmp_path, ["more.txt"]) == expected


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("word", ["yes", "on", "selfHosted"])
def test_a_flag_that_is_no_flag_is_refused(flag: str, word: str) -> None:
    with pytest.raises(StageFailed, match=f"azd env set {flag} true"):
        requirements({flag: word})
