"""How the storage SDK's requests travel: one pool of HTTP connections for all clients of a process."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any
from weakref import WeakMethod

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_PIECE = 256 * 1024
"""Bytes taken from a connection at a time, which a download gathers: so many that the allocator gives them back."""
_POOL = 64
"""Connections kept open per host: above the threads that a worker runs."""


def transport(local: bool) -> RequestsTransport:
    """`local`: to an emulator on this machine, which no proxy of the environment is for."""
    return _Transport(
        session=_session(local),
        session_owner=False,
        connection_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        connection_data_block_size=_PIECE,
    )


class _Transport(RequestsTransport):  # type: ignore[misc]  # loaded lazily, it has no type
    def send(self, request: Any, **options: Any) -> Any:
        response = super().send(request, **options)
        if options.get("stream"):
            response.stream_download = partial(_Download, WeakMethod(response.stream_download))  # weak: it is its own
        return response


class _Download:
    """The SDK's download, but for its length.

    The SDK makes a list of a download's pieces, and `list` asks for the length beforehand, to have room for so many
    entries: eight times the blob's bytes.
    """

    def __init__(self, begin: WeakMethod[Any], *arguments: Any, **options: Any) -> None:
        download = begin()
        assert download, "whoever calls holds the response"
        self._pieces = download(*arguments, **options)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pieces, name)


@lru_cache
def _session(local: bool) -> requests.Session:
    # Their lines at DEBUG and INFO show whole URLs, and so SAS.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
    session = requests.Session()
    session.trust_env = not local
    _fresh_pool(session)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _fresh_pool(session))
    return session


def _fresh_pool(session: requests.Session) -> None:
    """A forked child must not talk over its parent's connections."""
    adapter = HTTPAdapter(pool_maxsize=_POOL, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
