"""One demo for all end-to-end tests: with the real voice, and a process killed at the worst instant of each step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from speechdrop.cli.documents import Ended, files_below, read_manifest
from speechdrop.devhost import azurite as emulator

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
KILLING = Path(__file__).parent / "killing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a demo left behind."""

    status: int
    output: str
    out: Path
    killed: frozenset[str]
    storage: str
    """Connection string of the Azurite that has its data again."""

    def manifests(self) -> Mapping[str, dict[str, Any]]:
        found = (json.loads(file.read_bytes()) for path, file in files_below(self.out) if file.name == "manifest.json")
        return {manifest["path"]: manifest for manifest in found}

    def ended(self) -> Mapping[str, Ended]:
        return {path: read_manifest(json.dumps(manifest).encode()) for path, manifest in self.manifests().items()}

    def blobs(self, container: str, prefix: str = "") -> Iterator[bytes]:
        client = BlobServiceClient.from_connection_string(self.storage).get_container_client(container)
        for name in client.list_blob_names(name_starts_with=prefix):
            yield client.download_blob(name).readall()

    def spoken(self) -> Counter[str]:
        """How often each text was accepted by the service, by its SHA-256, as the ledger has it."""
        table = TableServiceClient.from_connection_string(self.storage).get_table_client("syntheses")
        work = BlobServiceClient.from_connection_string(self.storage).get_container_client("synthesis-work")
        rows = table.query_entities("RowKey ge 'ledger~' and RowKey lt 'ledger~~'")
        digests = (json.loads(work.download_blob(row["blob"]).readall()) for row in rows)
        return Counter(digest for listed in digests for digest in listed["inputs"])


@pytest.fixture(scope="session")
def demo(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`azurite` is asked for only because it says what to do where Azurite is missing; the demo starts its own."""
    base = tmp_path_factory.mktemp("demo")
    marks = base / "killed"
    marks.mkdir()
    places = {"--data": base / "data", "--out": base / "out", "--samples": SAMPLES, "--patience": 900}
    options = [str(word) for option in places.items() for word in option]
    done = subprocess.run(
        [sys.executable, "-m", "speechdrop", "demo", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(KILLING), "KILLING_MARKS": str(marks)},
        capture_output=True,
        text=True,
        timeout=1000,
    )
    with emulator.running(base / "data" / "azurite") as storage:
        yield Demo(
            status=done.returncode,
            output=done.stdout + done.stderr,
            out=base / "out",
            killed=frozenset(mark.name for mark in marks.iterdir()),
            storage=storage,
        )
