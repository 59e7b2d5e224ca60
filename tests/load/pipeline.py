"""Many small files dropped at once: what the pipeline asks of the endpoint and of storage, its memory and its time.

`make test-load` runs this file; plain pytest does not collect it. DROP_FILES makes it shorter. The app runs whole, the
service speaks silence, fast; times of settings are the documented ones (pipeline_run.py says which schedules). Only
requests of the pipeline's own code are counted: not the host's, nor the service's; looks for option files are shown
apart.
"""

from __future__ import annotations

import math
import os
from collections import Counter

import pytest
from rich.console import Console
from rich.table import Table

from tests.load.pipeline_counting import OPTIONS
from tests.load.pipeline_peer import Peer, one_job_per_file
from tests.load.pipeline_run import Run, counted_deployment, run, texts

FILES = int(os.environ.get("DROP_FILES", "10000"))
PEER_FILES = min(200, FILES // 10)
JOB_BYTES = 2_000_000
API_MOST = 300
STORAGE_MOST = 11.0
"""Per file."""
MEMORY_RATIO_MOST = 1.2
STORAGE_ITSELF = "azurite"
"""It keeps its tables in memory."""

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(5400)]


@pytest.fixture(scope="module")
def tenth(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("tenth") / "data", FILES // 10)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tenth: Run) -> Run:
    return run(tmp_path_factory.mktemp("whole") / "data", FILES)


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Peer:
    with counted_deployment(tmp_path_factory.mktemp("peer") / "data") as (running, _):
        return one_job_per_file(running, list(texts(PEER_FILES)))


def test_every_file_is_finished_and_paid_once(tenth: Run, whole: Run) -> None:
    for done in (tenth, whole):
        assert done.statuses == {"FINISHED": done.files}
        assert done.manifests == done.files
        assert len(done.accepted) == done.files
        assert set(done.accepted.values()) == {1}


def test_it_asks_little_of_endpoint_and_storage(whole: Run, peer: Peer) -> None:
    storage = Counter({name: count for name, count in whole.requests.items() if _is_storage(name)})
    api = Counter({name: count for name, count in whole.requests.items() if name.startswith("speech.")})
    _show_requests(whole, storage)
    _show_peer(whole, api, peer)
    jobs = math.ceil(whole.bytes / JOB_BYTES)
    assert jobs <= api["speech.create"] <= 2 * jobs + 2
    assert api["speech.create"] < api.total() <= API_MOST
    assert 1 < storage.total() / whole.files <= STORAGE_MOST


def test_its_memory_does_not_grow_with_the_drop(tenth: Run, whole: Run) -> None:
    table = Table(title="most memory, MB")
    for column in ("process", f"{tenth.files} files", f"{whole.files} files", "ratio"):
        table.add_column(column, justify="left" if column == "process" else "right")
    ratios = {role: size / tenth.memory_bytes[role] for role, size in whole.memory_bytes.items()}
    for role, ratio in sorted(ratios.items()):
        sizes = [f"{found.memory_bytes[role] / 1e6:.0f}" for found in (tenth, whole)]
        table.add_row(role, *sizes, f"{ratio:.2f}")
    Console().print(table)
    ratios.pop(STORAGE_ITSELF)
    assert {role: ratio for role, ratio in ratios.items() if ratio > MEMORY_RATIO_MOST} == {}


def _is_storage(name: str) -> bool:
    return name != OPTIONS and not name.startswith("speech.")


def _show_requests(whole: Run, storage: Counter[str]) -> None:
    table = Table(title=f"storage requests of the pipeline, {whole.files} files of {whole.bytes // whole.files} bytes")
    for column in ("port and method", "requests", "per file"):
        table.add_column(column, justify="left" if column == "port and method" else "right")
    for name, count in [*storage.most_common(), ("together", storage.total()), (OPTIONS, whole.requests[OPTIONS])]:
        table.add_row(name, str(count), f"{count / whole.files:.3f}")
    Console().print()
    Console().print(table)


def _show_peer(whole: Run, api: Counter[str], peer: Peer) -> None:
    """The peer's counts are of fewer files, as all of them are alike."""
    scale = whole.files / peer.files
    table = Table(title=f"requests of the API for {whole.files} files")
    for column in ("", "this pipeline", f"one job per file ({peer.files} of them, times {scale:g})"):
        table.add_column(column, justify="right" if column else "left")
    gets = api["speech.get"] + api["speech.list"]
    table.add_row("creates", str(api["speech.create"]), f"{peer.requests['PUT'] * scale:.0f}")
    table.add_row("GETs", str(gets), f"{peer.requests['GET'] * scale:.0f}")
    table.add_row("told to come later", "", f"{peer.requests['429'] * scale:.0f}")
    table.add_row("seconds", f"{whole.seconds:.0f}", f"{peer.seconds * scale:.0f}")
    Console().print(table)
    Console().print(f"uploading the files took {whole.upload_seconds:.0f} of the {whole.seconds:.0f} seconds")
