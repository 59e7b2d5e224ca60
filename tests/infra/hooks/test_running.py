"""azure.yaml's hooks as azd starts them: the same for both kinds of shells, by whatever Python there is."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.hooks import run
from tests.infra.hooks.cloud import ENVIRONMENT, Cloud

ROOT = Path(__file__).parents[3]
AZURE = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))


def hooks() -> dict[str, Any]:
    of_services = {name: hook for service in AZURE["services"].values() for name, hook in service["hooks"].items()}
    return {**AZURE["hooks"], **of_services}


def shell(command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """As azd runs an inline hook: from the folder of azure.yaml, with its environment."""
    kept = {"PATH": f"{os.environ['PATH']}:{Path(sys.executable).parent}:/usr/bin:/bin", "NO_PROXY": "*"}
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, env={**kept, **environ}, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", ["prepackage", "postdeploy"])
def test_both_kinds_of_shells_run_the_same(name: str) -> None:
    hook = hooks()[name]
    run_by_sh = hook["posix"]["run"]
    assert run_by_sh.startswith("python3 ")
    assert hook["posix"]["shell"] == "sh"
    assert hook["windows"] == {**hook["posix"], "shell": "pwsh", "run": run_by_sh.replace("python3 ", "python ")}


def test_every_hook_that_azure_yaml_names_exists() -> None:
    for hook in hooks().values():
        python, script, *names = hook["posix"]["run"].split()
        assert (python, script) == ("python3", "infra/hooks/run.py")
        assert set(names) <= set(run.NEEDS_PACKAGES)
    for name in run.NEEDS_PACKAGES:
        assert (ROOT / "infra" / "hooks" / f"{name}.py").exists()


def test_azd_packages_what_the_hook_lays_out() -> None:
    (service,) = AZURE["services"].values()
    assert (service["project"], service["dist"]) == (".", "dist")
    assert "/dist/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_a_hook_that_fails_stops_those_after_it(cloud: Cloud) -> None:
    done = shell("python3 infra/hooks/run.py events smoke")
    assert done.returncode == 1
    assert done.stderr.startswith("Events: azd's environment has no usable AZURE_SUBSCRIPTION_ID")
    assert "Smoke" not in done.stderr + done.stdout


def test_events_run_from_the_shell(cloud: Cloud) -> None:
    done = shell("python3 infra/hooks/run.py events", **ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert cloud.events


def test_an_unknown_hook_is_refused_by_name() -> None:
    done = shell("python3 infra/hooks/run.py event")
    assert (done.returncode, done.stderr) == (2, "Name hooks to run: stage, events, smoke.\n")


def test_an_old_python_looks_for_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.main(["stage"]) == 2
    assert "need Python 3.11 or later on PATH" in capfd.readouterr().err
    newer = tmp_path / "python3.12"
    newer.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "$@"\nexit 7\n')
    newer.chmod(0o755)
    assert run.main(["stage"]) == 7
    assert capfd.readouterr().out.endswith("infra/hooks/run.py stage\n")


def test_packages_are_installed_once_and_anew_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n")
    home = tmp_path / "hooks"
    python = run.with_packages(home, requirements)
    assert subprocess.run([python, "-c", "import pip"], check=False).returncode == 0

    def made(*arguments: object, **options: object) -> None:
        raise OSError("made again")

    monkeypatch.setattr(venv, "create", made)
    assert run.with_packages(home, requirements) == python
    requirements.write_text("# something else\n")
    with pytest.raises(OSError, match="made again"):
        run.with_packages(home, requirements)


def test_what_is_installed_is_no_environment_of_azd() -> None:
    """azd lists every folder of .azure as an environment of its own: one named like ours would be cleared."""
    assert ".azure" not in run.OWN.parts
    assert f"{run.OWN.parent.name}/" in (run.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
