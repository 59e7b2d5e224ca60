"""A host with a managed identity: the pipeline enters the service by its tokens, and so does Microsoft's library."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

from speechdrop.cli.local import Deployment, deployment

pytestmark = pytest.mark.azurite


@pytest.fixture(scope="module")
def running(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGINE", "silence")
        with deployment(tmp_path_factory.mktemp("host"), port=0, key="key", workers=1, identity=True) as running:
            yield running


def test_the_pipeline_enters_by_its_identity(running: Deployment) -> None:
    blobs = BlobServiceClient.from_connection_string(running.connection)
    for name in ("inbox", "results"):
        blobs.create_container(name)
    blobs.get_blob_client("inbox", "note.txt").upload_blob("A short note.")
    manifest, deadline = blobs.get_blob_client("results", "note.txt/manifest.json"), time.monotonic() + 40
    while True:
        running.check()
        try:
            assert json.loads(manifest.download_blob().readall())["status"] == "FINISHED"
            break
        except ResourceNotFoundError:
            assert time.monotonic() < deadline, running.log.read_text()
            time.sleep(0.1)


def test_a_client_with_default_azure_credential_enters(running: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running.identity.items():
        monkeypatch.setenv(name, value)
    with DefaultAzureCredential() as credential:
        token = credential.get_token("https://cognitiveservices.azure.com/.default").token
    answer = requests.get(
        f"{running.url}/texttospeech/batchsyntheses?api-version=2024-04-01",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 200
    assert len(answer.json()["value"]) == 1
    log = running.log.read_text()
    assert token not in log
    assert running.identity["IDENTITY_HEADER"] not in log
