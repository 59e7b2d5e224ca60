"""Makes shared access signatures for blobs and containers, by the account's key or by a user delegation key.

A SAS is a secret: it goes into URLs and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from azure.storage.blob import (
    BlobSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    UserDelegationKey,
    generate_blob_sas,
    generate_container_sas,
)

from shared.adapters.failures import told_as_ours

_DELEGATION_LIFE = timedelta(days=7)
"""The longest life of a user delegation key."""
_BACKDATE = timedelta(minutes=15)
"""Clocks differ: a key is asked for from this long ago."""


class Signer(Protocol):
    def blob(self, container: str, name: str, *, expires: datetime) -> str:
        """The query of a URL that reads one blob."""
        ...

    def container(self, container: str, *, starts: datetime, expires: datetime) -> str:
        """The query of a URL that reads, adds, creates, writes and lists blobs of a container."""
        ...


class SasSigner:
    """Signs with whatever `key(starts, expires)` gives for that time: `account_key` or `user_delegation_key`."""

    def __init__(self, service: BlobServiceClient, key: Callable[[datetime, datetime], dict[str, Any]]) -> None:
        self._account = service.account_name or ""
        self._protocol: dict[str, Any] = {"protocol": "https"} if service.scheme == "https" else {}
        self._key = key

    def blob(self, container: str, name: str, *, expires: datetime) -> str:
        return generate_blob_sas(
            self._account,
            container,
            name,
            permission=BlobSasPermissions(read=True),
            expiry=expires,
            **self._protocol,
            **self._key(datetime.now(UTC), expires),
        )

    def container(self, container: str, *, starts: datetime, expires: datetime) -> str:
        return generate_container_sas(
            self._account,
            container,
            permission=ContainerSasPermissions(read=True, add=True, create=True, write=True, list=True),
            start=starts,
            expiry=expires,
            **self._protocol,
            **self._key(starts, expires),
        )


class DelegationKeys:
    """User delegation keys, the last one kept as long as it covers what is asked for."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._lock = Lock()
        self._kept: tuple[datetime, datetime, UserDelegationKey] | None = None

    def __call__(self, starts: datetime, expires: datetime) -> dict[str, Any]:
        """Raises ValueError: a time that no key covers."""
        # A SAS counts whole seconds.
        starts, expires = starts.replace(microsecond=0), expires.replace(microsecond=0)
        with self._lock:
            if self._kept is None or not self._kept[0] <= starts <= expires <= self._kept[1]:
                self._kept = self._new(starts, expires)
            return {"user_delegation_key": self._kept[2]}

    def _new(self, starts: datetime, expires: datetime) -> tuple[datetime, datetime, UserDelegationKey]:
        earlier = min(starts, datetime.now(UTC).replace(microsecond=0) - _BACKDATE)
        begin = earlier if expires <= earlier + _DELEGATION_LIFE else starts
        end = begin + _DELEGATION_LIFE
        if expires > end:
            raise ValueError(f"a link of more than {_DELEGATION_LIFE.days} days outlives every key of an identity")
        with told_as_ours("The user delegation key"):
            return begin, end, self._service.get_user_delegation_key(begin, end)
