"""The running pipelines that most tests here start from."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.running import Running


@pytest.fixture
def running() -> Running:
    return Running.begin()


@pytest.fixture
def preview() -> Running:
    """Of the version that draws ids itself."""
    return Running.begin(speech_api_version="3.1-preview1")
