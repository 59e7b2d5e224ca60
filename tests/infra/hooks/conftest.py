"""A cloud on loopback, with its `az` the only one on PATH."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.hooks import cloud as clouds


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[clouds.Cloud]:
    with clouds.running() as cloud:
        clouds.install_az(tmp_path / "bin", cloud)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.setenv("NO_PROXY", "*")
        yield cloud
