"""Files that cannot be spoken, dropped on a running host: each ends with a report, and no process grows for it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobServiceClient, ContainerClient

from speechdrop.cli.local import Deployment, deployment

pytestmark = pytest.mark.azurite

MEBIBYTE = 1 << 20
GROWTH_LIMIT = 4 * 8 * MEBIBYTE + 32 * MEBIBYTE
"""A document as large as they may be, in some four forms at once, and what allocators keep: far below a gigabyte."""


@pytest.fixture(scope="module")
def running(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGINE", "silence")
        with deployment(tmp_path_factory.mktemp("host"), port=0, key="key", workers=2) as running:
            blobs = BlobServiceClient.from_connection_string(running.connection)
            for name in ("inbox", "results"):
                blobs.create_container(name)
            yield running


def container(running: Deployment, name: str) -> ContainerClient:
    return BlobServiceClient.from_connection_string(running.connection).get_container_client(name)


def manifest_of(running: Deployment, path: str, *, patience: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        running.check()
        try:
            value: dict[str, Any] = json.loads(
                container(running, "results").download_blob(f"{path}/manifest.json").readall()
            )
            return value
        except ResourceNotFoundError:
            time.sleep(0.1)
    raise AssertionError(f"{path} has no manifest after {patience:g} s")


BAD: Mapping[str, tuple[bytes, str, str]] = {
    "empty.txt": (b"", "", "no text"),
    "blank.txt": (b" \r\n\t\n" * 1000, "", "no text"),
    "binary.txt": (b"MZ\x90\x00" + os.urandom(8 * MEBIBYTE - 4), "byte 3", "not a text"),
    "mixed.txt": (("Ein schöner Tag. " * 5_000).encode() + b"Caf\xe9 am Ufer", "byte 90003", "UTF-8"),
    "half.txt": ("ab".encode("utf-16") + b"\xd8", "byte", "UTF-16"),
    "long.txt": (b"word " * (2 * MEBIBYTE), "", "too long"),
    "broken.ssml": (b"<speak>\n<voice name='x'>Hello</speak>", "line 2", "voice"),
    "bomb.xml": (b'<!DOCTYPE b [<!ENTITY a "aaaa">]><speak>&a;</speak>', "line 1", ""),
    "picture.png": (b"\x89PNG\r\n", "", ".png"),
}


@pytest.mark.parametrize("path", BAD)
def test_a_bad_file_ends_with_a_report_and_stays(running: Deployment, path: str) -> None:
    data, where, why = BAD[path]
    container(running, "inbox").upload_blob(path, data)
    manifest = manifest_of(running, path)
    assert manifest["status"] == "FAILED"
    error = manifest["error"]
    assert error["document"] == path
    assert where in error["where"]
    assert why in error["why"]
    assert error["remedy"]
    assert container(running, "inbox").get_blob_client(path).get_blob_properties().size == len(data)


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory from /proc")
def test_no_process_grows_for_a_gigabyte_or_a_large_bad_file(running: Deployment) -> None:
    mixed = "schön ".encode() * MEBIBYTE + b"\xff"
    container(running, "inbox").upload_blob("warm.txt", b"Something to warm every process up.")
    assert manifest_of(running, "warm.txt")["status"] == "FINISHED"
    processes = children_of(running.process.pid)
    assert len(processes) >= 4
    idle = {pid: memory(pid, "VmRSS") for pid in processes}
    for pid in processes:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # starts its peak anew
    upload_gigabyte(running, "gigabyte.txt")
    assert "too long" in manifest_of(running, "gigabyte.txt")["error"]["why"]
    for path, content, why in [("binary2.txt", BAD["binary.txt"][0], "not a text"), ("mixed2.txt", mixed, "UTF-8")]:
        container(running, "inbox").upload_blob(path, content)
        assert why in manifest_of(running, path)["error"]["why"]
    growth = {pid: memory(pid, "VmHWM") - idle[pid] for pid in processes}
    assert max(growth.values()) <= GROWTH_LIMIT, growth


def upload_gigabyte(running: Deployment, path: str) -> None:
    blob = container(running, "inbox").get_blob_client(path)
    blocks = [BlobBlock(f"{number:08d}") for number in range(16)]
    for block in blocks:
        blob.stage_block(block.id, b"many words " * (64 * MEBIBYTE // 11))
    blob.commit_block_list(blocks)


def children_of(pid: int) -> list[int]:
    """The host's processes: those that run our code."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if "devhost.child" in Path(f"/proc/{child}/cmdline").read_text()]


def memory(pid: int, what: str) -> int:
    """Bytes, by the kernel."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024
