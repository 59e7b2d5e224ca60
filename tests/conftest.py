"""What all tests share: one Azurite for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from speechdrop.devhost import azurite as emulator


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A connection string of Azurite. Use names of your own for containers, queues and tables: all tests share it."""
    try:
        emulator.node()
        emulator.script()
    except emulator.AzuriteMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with emulator.running(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string
