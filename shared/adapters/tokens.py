"""ports.Identify over Entra ID: checks a bearer token against the issuer's published keys.

PyJWT does the cryptography and keeps the keys; an unknown key id makes it ask for them anew at most twice a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.errors import StorageError

if TYPE_CHECKING:
    from jwt import PyJWKClient

_LONGEST = 16 * 1024
_LEEWAY_SECONDS = 60
"""Clocks differ."""
_TIMEOUT_SECONDS = 5

log = logging.getLogger(__name__)


class EntraTokens:
    """Implements ports.Identify. Thread-safe."""

    def __init__(self, *, issuers: Sequence[str], keys_url: str, audience: str, tenant: str = "") -> None:
        """`tenant` "": that of any token which one of the issuers signed."""
        self._issuers, self._keys_url, self._tenant = list(issuers), keys_url, tenant
        self._audience = [audience.rstrip("/"), audience.rstrip("/") + "/"]

    def __call__(self, token: str) -> str | None:
        """The token's `oid`. Raises StorageError: the issuer's keys cannot be had just now."""
        import jwt  # loads the cryptography, which callers with a key do without

        if not token or len(token) > _LONGEST:
            return None
        try:
            return self._object_of(self._claims(token))
        except jwt.PyJWTError as error:
            log.info("A token was refused: %s", type(error).__name__)
            return None

    def _claims(self, token: str) -> dict[str, Any]:
        import jwt

        try:
            key = self._keys.get_signing_key_from_jwt(token)
        except (jwt.PyJWKClientConnectionError, OSError, ValueError, RecursionError) as error:
            # The last three are what PyJWT lets through of an answer that breaks off or is no JSON.
            raise StorageError("The keys that tokens are signed with cannot be read.") from error
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self._audience,
            issuer=self._issuers,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims

    def _object_of(self, claims: dict[str, Any]) -> str | None:
        caller = claims.get("oid")
        if not isinstance(caller, str) or (self._tenant and claims.get("tid") != self._tenant):
            log.info("A token was refused: it is of another tenant, or of nobody.")
            return None
        return caller

    @cached_property
    def _keys(self) -> PyJWKClient:
        from jwt import PyJWKClient

        return PyJWKClient(self._keys_url, timeout=_TIMEOUT_SECONDS)
