"""The running pipeline that most tests here start from."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.running import Running


@pytest.fixture
def running() -> Running:
    return Running.begin()
