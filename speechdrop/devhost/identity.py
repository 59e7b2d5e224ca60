"""A managed identity for this machine: App Service's identity endpoint, and the keys that its tokens are signed with.

Clients that insist on `DefaultAzureCredential` find it by IDENTITY_ENDPOINT and IDENTITY_HEADER, as on App Service
(https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference); the service trusts it
by ENTRA_KEYS_URL. Keys are drawn anew at each start. It has a port of its own: the service asks it while it answers.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

API_VERSION = "2019-08-01"
LIFE_SECONDS = 3600
_CLOCKS_DIFFER_SECONDS = 300
_ALGORITHM = "RS256"


@dataclass(kw_only=True)
class LocalIdentity:
    """Answers while its context lasts: hand `settings` to the host and `client_settings` to clients meanwhile."""

    tenant: str = field(default_factory=lambda: str(uuid.uuid4()))
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    header: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def __post_init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = secrets.token_hex(8)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/{self.tenant}/"

    @property
    def client_settings(self) -> Mapping[str, str]:
        """What `ManagedIdentityCredential` looks for."""
        return {"IDENTITY_ENDPOINT": f"{self.url}/token", "IDENTITY_HEADER": self.header}

    @property
    def settings(self) -> Mapping[str, str]:
        """What makes the service take its tokens, and the pipeline ask for them."""
        return {
            **self.client_settings,
            "ENTRA_ISSUERS": self.issuer,
            "ENTRA_KEYS_URL": f"{self.url}/keys",
            "ENTRA_TENANT": self.tenant,
            "ENTRA_OBJECT_IDS": self.object_id,
        }

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, name="identity", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, resource: str, **changes: Any) -> str:
        """A token for `resource`; `changes` are claims of one's own, for tests of their checking."""
        now = int(time.time())
        claims = {
            "aud": resource,
            "iss": self.issuer,
            "iat": now,
            "nbf": now - _CLOCKS_DIFFER_SECONDS,
            "exp": now + LIFE_SECONDS,
            "tid": self.tenant,
            "oid": self.object_id,
            "sub": self.object_id,
            "ver": "1.0",
        }
        return jwt.encode({**claims, **changes}, self._key, _ALGORITHM, headers={"kid": self._key_id})

    def keys(self) -> Mapping[str, Any]:
        """The JSON Web Key Set."""
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": _ALGORITHM}]}

    def answer(self, target: str, header: str | None) -> tuple[HTTPStatus, Mapping[str, Any]]:
        """To a GET of `target`, sent with X-IDENTITY-HEADER."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/keys":
            return HTTPStatus.OK, self.keys()
        if parts.path != "/token":
            return HTTPStatus.NOT_FOUND, _error(HTTPStatus.NOT_FOUND, "There are /token and /keys.")
        if header is None or not secrets.compare_digest(header.encode(), self.header.encode()):
            return HTTPStatus.UNAUTHORIZED, _error(
                HTTPStatus.UNAUTHORIZED, "Send IDENTITY_HEADER as X-IDENTITY-HEADER."
            )
        if query.get("api-version") != API_VERSION or not query.get("resource"):
            why = f"Send api-version={API_VERSION} and a resource."
            return HTTPStatus.BAD_REQUEST, _error(HTTPStatus.BAD_REQUEST, why)
        return HTTPStatus.OK, {
            "access_token": self.token(query["resource"]),
            "client_id": self.object_id,
            "expires_on": str(int(time.time()) + LIFE_SECONDS),
            "resource": query["resource"],
            "token_type": "Bearer",
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        identity = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, content = identity.answer(self.path, self.headers.get("X-IDENTITY-HEADER"))
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """A request line is no news."""

        return Handler


def _error(status: HTTPStatus, message: str) -> Mapping[str, Any]:
    return {"statusCode": int(status), "message": message}
