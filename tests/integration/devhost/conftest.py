"""Devhosts beside the run's one Azurite."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.devhost.hosting import Devhost


@pytest.fixture(scope="module")
def made(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Devhost]]:
    """Makes devhosts with a container and a queue of their own, and stops those that still run."""
    hosts: list[Devhost] = []

    def make(*options: str, connection: str = azurite, storage: str = "", **settings: str) -> Devhost:
        home = tmp_path_factory.mktemp("devhost")
        hosts.append(Devhost(home=home, connection=connection, options=options, settings=settings, storage=storage))
        if not storage:
            hosts[-1].make_storage()
        return hosts[-1]

    yield make
    for host in hosts:
        if host.process:
            host.stop()
