"""The container road without Docker or a cluster: what the image is built of, what the manifests say of the app."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.hooks.stage import SERVICE, stage
from shared import wiring
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
COMPONENTS = ("workload-identity", "connection-strings")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def allowed() -> list[str]:
    """What .dockerignore leaves of the repository: nothing but what it names, and what lies below that."""
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert lines[0] == "*"
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def context(target: Path) -> Path:
    """What `docker build` sees of the repository, copied."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if any(name == entry or name.startswith(f"{entry}/") for entry in allowed()):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((KUBERNETES / name).read_text(encoding="utf-8")))


def of_kind(kind: str) -> list[dict[str, Any]]:
    kustomization = documents("kustomization.yaml")[0]
    return [item for name in kustomization["resources"] for item in documents(name) if item["kind"] == kind]


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = only
    return found


def environment(deployment: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["value"] for item in container(deployment)["env"]}


def functions_of(deployment: dict[str, Any]) -> list[str]:
    prefix = "AzureFunctionsJobHost__functions__"
    numbered = {name.removeprefix(prefix): value for name, value in environment(deployment).items() if prefix in name}
    assert sorted(map(int, numbered)) == list(range(len(numbered)))
    return list(numbered.values())


def test_the_image_is_built_of_what_the_hook_stages_and_needs_nothing_else(tmp_path: Path) -> None:
    source = context(tmp_path / "src")
    command = re.search(
        r"RUN SELF_HOSTED_SERVICE=\$\{SERVICE\} AUDIO_BOOKS=\$\{AUDIO_BOOKS\} python /src/(\S+)", DOCKERFILE
    )
    assert command
    done = subprocess.run(
        [sys.executable, source / command[1]], env={SERVICE: "true"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    stage(ROOT, tmp_path / "expected", {SERVICE: "true"})
    built, expected = files_below(source / "dist"), files_below(tmp_path / "expected")
    assert built.keys() <= expected.keys()
    assert {name for name in expected if name not in built and "__pycache__" not in name} <= untracked()
    assert all(built[name] == expected[name] for name in built)


def untracked() -> set[str]:
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines())


def test_all_that_the_context_names_exists() -> None:
    assert [entry for entry in allowed() if not (ROOT / entry).exists()] == []


def test_every_function_runs_in_exactly_one_deployment() -> None:
    """But the one for Event Grid's events: the sweep does its work here."""
    names = re.findall(r'function_name\("(\w+)"\)', (ROOT / "function_app.py").read_text(encoding="utf-8"))
    placed = [name for deployment in of_kind("Deployment") for name in functions_of(deployment)]
    assert sorted(placed) == sorted(set(names) - {"pipeline_intake"})


def test_workers_are_scaled_by_the_queues_that_they_read() -> None:
    queues = {
        item["spec"]["scaleTargetRef"]["name"]: item["spec"]["triggers"][0]["metadata"]["queueName"]
        for item in of_kind("ScaledObject")
    }
    assert queues == {"speechdrop-pipeline": wiring.FINISH_QUEUE, "speechdrop-speak": wiring.SPEAK_QUEUE}
    least = {item["metadata"]["name"]: item["spec"]["minReplicaCount"] for item in of_kind("ScaledObject")}
    assert least == {"speechdrop-pipeline": 1, "speechdrop-speak": 0}, "timers need a pod, speaking does not"


def test_each_deployment_has_a_host_id_of_its_own() -> None:
    ids = [environment(deployment)["AzureFunctionsWebHost__hostid"] for deployment in of_kind("Deployment")]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]{1,32}", host_id) for host_id in ids)


def test_pods_have_no_right_that_they_do_not_need() -> None:
    for deployment in of_kind("Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert container(deployment)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container(deployment)["resources"]["limits"]["memory"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_settings_are_such_as_the_app_takes(component: str) -> None:
    files = [KUBERNETES / "settings.env", KUBERNETES / component / "storage.env"]
    lines = "".join(path.read_text(encoding="utf-8") for path in files).splitlines()
    filled = [re.sub(r"<(\w+)>", lambda found: found[1].lower(), line) for line in lines if not line.startswith("#")]
    environ = dict(line.split("=", 1) for line in filled)
    assert len(environ) == len(filled)
    settings = Settings.from_env(environ)
    if component == "workload-identity":
        assert settings.content_storage.blob_uri == "https://contentaccount.blob.core.windows.net"
        assert settings.host_storage.client_id == "clientid"
    else:
        assert settings.content_storage.connection_string == "contentconnection"
        assert settings.service_keys == (settings.speech_key,)
    known = {name.upper() for name in Settings.__dataclass_fields__} | set(
        re.findall(r"%(\w+)%", (ROOT / "function_app.py").read_text(encoding="utf-8"))
    )
    assert {name for name in environ if "__" not in name} - {"AzureWebJobsStorage", "CONTENT_STORAGE"} <= known
    # In a ConfigMap is no secret.
    assert component == "connection-strings" or not [name for name in environ if name.endswith(("_KEY", "_KEYS"))]


def kustomized(component: str, folder: Path) -> list[dict[str, Any]] | None:
    """What kubectl makes of the manifests with this component; None: there is no kubectl."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return None
    shutil.copytree(KUBERNETES, folder, dirs_exist_ok=True)
    chosen = (folder / "kustomization.yaml").read_text(encoding="utf-8").replace(f"- {COMPONENTS[0]}", f"- {component}")
    (folder / "kustomization.yaml").write_text(chosen, encoding="utf-8")
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_and_keda_enter_storage_by_either_component(component: str, tmp_path: Path) -> None:
    made = kustomized(component, tmp_path)
    if made is None:
        print(f"\nnot run: kubectl kustomize with {component}: there is no kubectl on PATH")
        return
    named = {(each["kind"], each["metadata"]["name"]) for each in made}
    for deployment in (each for each in made if each["kind"] == "Deployment"):
        given = [source for entry in container(deployment)["envFrom"] for source in entry.items()]
        assert len(given) == 2
        assert {(kind[0].upper() + kind[1:].removesuffix("Ref"), source["name"]) for kind, source in given} <= named
    scalers = [each["spec"] for each in made if each["kind"] == "ScaledObject"]
    scaled = [trigger["metadata"] for scaler in scalers for trigger in scaler["triggers"]]
    (keda,) = (each["spec"] for each in made if each["kind"] == "TriggerAuthentication")
    (account,) = (each["metadata"] for each in made if each["kind"] == "ServiceAccount")
    if component == "workload-identity":
        assert keda == {"podIdentity": {"provider": "azure-workload", "identityId": "<CLIENTID>"}}
        assert account["annotations"] == {"azure.workload.identity/client-id": "<CLIENTID>"}
        assert {trigger["accountName"] for trigger in scaled} == {"<HOSTACCOUNT>"}
    else:
        assert ("Secret", keda["secretTargetRef"][0]["name"]) in named
        assert not [trigger for trigger in scaled if "accountName" in trigger]


def test_the_image_listens_where_the_service_looks() -> None:
    port = re.search(r"ASPNETCORE_URLS=http://\+:(\d+)", DOCKERFILE)
    assert port
    (service,) = of_kind("Service")
    assert service["spec"]["ports"][0]["targetPort"] == int(port[1])
    assert f"EXPOSE {port[1]}" in DOCKERFILE
