"""The workflows: nothing runs that was not pinned, with no more rights than it needs, and what .ci/run runs is run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.hooks.stage import FLAGS

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

each = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))


def read(path: Path) -> dict[str, Any]:
    content: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    # YAML 1.1 takes `on` for a truth value.
    return {("on" if key is True else key): value for key, value in content.items()}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} == {"ci.yml", "deploy.yml"}


@each
def test_every_action_is_pinned_by_commit_with_its_tag_beside_it(path: Path) -> None:
    used = re.findall(r"uses:\s*(.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [use for use in used if not PINNED.fullmatch(use.strip())] == []


def test_an_action_has_one_commit_everywhere() -> None:
    used = {use for path in WORKFLOWS for use in re.findall(r"uses:\s*(\S+)", path.read_text(encoding="utf-8"))}
    assert len(used) == len({use.split("@")[0] for use in used})


@each
def test_rights_are_none_but_those_that_a_job_names(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    allowed = {"ci.yml": {"contents": "read"}, "deploy.yml": {"contents": "read", "id-token": "write"}}[path.name]
    assert [job["permissions"] for job in workflow["jobs"].values()] == [allowed] * len(workflow["jobs"])


@each
def test_no_job_runs_for_ever_or_keeps_the_checkouts_token(path: Path) -> None:
    workflow = read(path)
    assert all(0 < job["timeout-minutes"] <= 90 for job in workflow["jobs"].values())
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(workflow["jobs"])
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


@each
def test_nothing_that_others_write_becomes_shell_code(path: Path) -> None:
    """Expressions are filled in before the shell reads its script, so scripts have variables in their place."""
    workflow = read(path)
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []
    assert "pull_request_target" not in workflow["on"]


@each
def test_no_secret_is_stored(path: Path) -> None:
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_what_ci_runs_is_run_and_the_compiler_is_installed_before_the_templates_are_built() -> None:
    workflow = read(ROOT / ".github" / "workflows" / "ci.yml")
    scripts = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in workflow["jobs"].items()}
    assert scripts["test"] == ["bash .ci/run"]
    assert workflow["jobs"]["test"]["env"] == {"BICEP": ""}, "a compiler of any version stands on the runner's PATH"
    compiler, build = scripts["infra"]
    assert re.search(r"az bicep install --version v\d+\.\d+\.\d+\n", compiler)
    assert build == "make infra"
    supported = re.search(r"Needed: Python (3\.\d+) to (3\.\d+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert supported
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert (versions[0], versions[-1]) == supported.groups()


def test_a_deployment_by_workflow_has_every_option_and_what_the_last_one_left() -> None:
    """azd finds options in its environment only, which a runner has not; the budget's first month cannot be changed."""
    workflow = read(ROOT / ".github" / "workflows" / "deploy.yml")
    given = workflow["jobs"]["deploy"]["env"]
    names = set(re.findall(r"\$\{(\w+)", (ROOT / "infra" / "main.parameters.json").read_text(encoding="utf-8")))
    of_azd = {"AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE"}
    assert {*names, *FLAGS} - of_azd <= set(given)
    assert all(re.match(rf"\$\{{\{{ vars\.{name}\b", value) for name, value in given.items())
    # azd reads JSON here, which an empty text is not.
    assert given["APP_SETTINGS"].endswith("|| '{}' }}")

    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    recall, provision = (
        next(i for i, script in enumerate(scripts) if word in script) for word in ("refresh", "provision")
    )
    assert recall < provision
    outputs = set(
        re.findall(r"^output (\w+)", (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert "BUDGET_START" in outputs
    set_again = set(re.findall(r'azd env set (\w+) "\$\1"', scripts[recall]))
    # What is recalled of the budget's start is right; the variable is for who can recall nothing.
    assert set_again == {name for name in set(given) & outputs if not name.startswith("AZURE_")} - {"BUDGET_START"}


@pytest.mark.parametrize(
    ("refresh", "ends"),
    [
        ("echo 'SUCCESS: the environment was refreshed'", 0),
        ("echo \"ERROR: getting deployment: 'dev': no deployments found\" >&2; exit 1", 0),
        ("echo 'ERROR: not logged in, run `azd auth login`' >&2; exit 1", 1),
    ],
    ids=["deployed before", "never deployed", "no login"],
)
def test_a_first_deployment_has_nothing_to_recall(tmp_path: Path, refresh: str, ends: int) -> None:
    azd = tmp_path / "azd"
    azd.write_text(f'#!/bin/bash\necho "$*" >> "$0.asked"\nif [ "$2" = refresh ]; then {refresh}; fi\n')
    azd.chmod(0o755)
    workflow = read(ROOT / ".github" / "workflows" / "deploy.yml")
    script = next(step["run"] for step in steps(workflow) if "refresh" in step.get("run", ""))
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    environ = {"PATH": path, "INBOX_CONTAINER": "in", "RESULTS_CONTAINER": "out"}
    done = subprocess.run(["bash", "-e", "-c", script], env=environ, capture_output=True, text=True, timeout=30)
    assert done.returncode == ends
    assert ("ERROR" if "ERROR" in refresh else "SUCCESS") in done.stdout
    asked = (tmp_path / "azd.asked").read_text().splitlines()
    wanted = ["env refresh --no-prompt", "env set INBOX_CONTAINER in", "env set RESULTS_CONTAINER out"]
    assert asked == (wanted[:1] if ends else wanted)
