"""The smoke test as azd starts it, against a whole deployment on this machine, where tokens are really checked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from speechdrop.cli.local import Deployment, deployment

ROOT = Path(__file__).parents[3]
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"

pytestmark = pytest.mark.azurite


@pytest.fixture(scope="module")
def running(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGINE", "silence")
        with deployment(tmp_path_factory.mktemp("host"), port=0, key="key", workers=1, identity=True) as running:
            blobs = BlobServiceClient.from_connection_string(running.connection)
            for name in ("inbox", "results"):
                blobs.create_container(name)
            yield running


def az_of(identity: dict[str, str], folder: Path, *, status: int = 0) -> str:
    """An `az` whose tokens are the deployment's own; a PATH with it."""
    script = f"""#!{sys.executable} -SE
import json, sys, urllib.request
assert sys.argv[1:3] == ["account", "get-access-token"], sys.argv
if {status}:
    sys.exit("ERROR: Please run 'az login' to setup account.")
url = "{identity["IDENTITY_ENDPOINT"]}?api-version=2019-08-01&resource=https://cognitiveservices.azure.com"
request = urllib.request.Request(url, headers={{"X-IDENTITY-HEADER": "{identity["IDENTITY_HEADER"]}"}})
token = json.load(urllib.request.urlopen(request))
print(json.dumps({{"accessToken": token["access_token"], "expires_on": int(token["expires_on"])}}))
"""
    folder.mkdir()
    (folder / "az").write_text(script)
    (folder / "az").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def smoke(
    running: Deployment, path: str, *options: str, version: str = "2024-04-01"
) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": path,
        "HOME": os.environ["HOME"],
        "NO_PROXY": "*",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "CONTENT_STORAGE": running.connection,
        "SPEECH_ENDPOINT": running.url,
        "SPEECH_API_VERSION": version,
        "INBOX_CONTAINER": "inbox",
        "RESULTS_CONTAINER": "results",
    }
    command = [sys.executable, "-m", "infra.hooks.smoke", *options]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=90)


def left(running: Deployment) -> list[str]:
    blobs = BlobServiceClient.from_connection_string(running.connection)
    containers = [blobs.get_container_client(name) for name in ("inbox", "results")]
    return [name for container in containers for name in container.list_blob_names(name_starts_with="speechdrop-smoke")]


@pytest.mark.parametrize(
    ("version", "promise"),
    [
        ("2024-04-01", "a create refuses an id in use"),
        ("3.1-preview1", "a synthesis is in the list within ACCEPT_WINDOW of its create"),
    ],
)
def test_a_word_becomes_speech_and_the_promise_is_kept(
    running: Deployment, tmp_path: Path, version: str, promise: str
) -> None:
    done = smoke(running, az_of(dict(running.identity), tmp_path / "bin"), "--patience", "60", version=version)
    assert (done.returncode, done.stderr) == (0, ""), running.log.read_text()
    kept, word = done.stdout.splitlines()
    assert kept.startswith(f"Smoke: {promise}: KEPT.")
    assert word.startswith("Smoke: A word was taken in after ")
    assert left(running) == []


def test_without_a_login_the_promise_stays_undecided(running: Deployment, tmp_path: Path) -> None:
    done = smoke(running, az_of(dict(running.identity), tmp_path / "bin", status=1), "--patience", "4")
    assert "UNDECIDED. A synthesis of one word was not made: There is no token for the endpoint" in done.stdout
    assert "`az login`" in done.stdout
    assert running.identity["IDENTITY_HEADER"] not in done.stdout + done.stderr
