"""Each case of this folder runs twice: against the twins in memory and against Azurite."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest
from azure.storage.queue import QueueClient

from shared.adapters.connect import Storage, storage
from shared.adapters.memory import MemoryStorage
from shared.adapters.memory_links import read_memory
from shared.errors import SpeechdropError
from shared.ports import Blobs, Inlet, Table
from shared.settings import Connection

Account = Storage | MemoryStorage
T = TypeVar("T")


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.azurite)])
def account(request: pytest.FixtureRequest) -> Account:
    if request.param == "memory":
        return MemoryStorage(clock=lambda: datetime.now(UTC))
    return storage(Connection(connection_string=request.getfixturevalue("azurite")))


@pytest.fixture
def unused() -> str:
    """A name that no table, container or queue has yet."""
    return f"t{uuid4().hex}"


@pytest.fixture
def table(account: Account, unused: str) -> Table:
    return account.table(unused)


@pytest.fixture
def blobs(account: Account, unused: str) -> Blobs:
    return account.blobs(unused)


@pytest.fixture
def queue(account: Account, unused: str) -> Inlet:
    return account.queue(unused)


@pytest.fixture
def receive(account: Account, unused: str, request: pytest.FixtureRequest) -> Callable[[], list[str]]:
    """Takes all visible messages of `queue`."""
    if isinstance(account, MemoryStorage):
        return lambda: [message.text for message in account.queue(unused).receive()]
    client = QueueClient.from_connection_string(request.getfixturevalue("azurite"), unused)
    return lambda: [base64.b64decode(message.content).decode() for message in client.receive_messages()]


@pytest.fixture
def fetch(account: Account) -> Callable[[str], bytes]:
    """Reads a link as a stranger would; SpeechdropError where that is refused."""
    if isinstance(account, MemoryStorage):
        return lambda url: read_memory(url, account.containers)

    def over_http(url: str) -> bytes:
        try:
            with urlopen(url, timeout=10) as answer:
                content: bytes = answer.read()
        except HTTPError as error:
            error.close()
            raise SpeechdropError(f"refused with {error.code}") from error
        return content

    return over_http


def at_once(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Runs each task in a thread of its own; their results, in order."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]
