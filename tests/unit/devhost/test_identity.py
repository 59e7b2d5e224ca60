"""The local managed identity, as Microsoft's own client library and a stranger see it."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest
import requests
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from shared.adapters import connect
from speechdrop.devhost.identity import API_VERSION, LocalIdentity

SCOPE = "https://cognitiveservices.azure.com/.default"


@pytest.fixture(scope="module")
def identity() -> Iterator[LocalIdentity]:
    with LocalIdentity() as identity:
        yield identity


@pytest.fixture
def found(identity: LocalIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in identity.client_settings.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize("kind", [DefaultAzureCredential, ManagedIdentityCredential])
def test_microsoft_s_credentials_are_given_tokens(
    identity: LocalIdentity, kind: type[ManagedIdentityCredential]
) -> None:
    with kind() as credential:
        claims = jwt.decode(credential.get_token(SCOPE).token, options={"verify_signature": False})
    assert claims["aud"].rstrip("/") == "https://cognitiveservices.azure.com"
    assert (claims["oid"], claims["tid"]) == (identity.object_id, identity.tenant)


@pytest.mark.usefixtures("found")
def test_the_pipeline_s_own_token_comes_from_it(identity: LocalIdentity) -> None:
    connect._credential.cache_clear()
    try:
        claims = jwt.decode(connect.token()(), options={"verify_signature": False})
    finally:
        connect._credential.cache_clear()
    assert claims["iss"] == identity.issuer


REFUSED = [
    ({}, {"api-version": API_VERSION, "resource": "r"}, 401),
    ({"X-IDENTITY-HEADER": "wrong"}, {"api-version": API_VERSION, "resource": "r"}, 401),
    ({"X-IDENTITY-HEADER": "ключ".encode()}, {"api-version": API_VERSION, "resource": "r"}, 401),
    (None, {"api-version": "2017-09-01", "resource": "r"}, 400),
    (None, {"api-version": API_VERSION}, 400),
]


@pytest.mark.parametrize(("headers", "query", "status"), REFUSED)
def test_others_get_no_token(
    identity: LocalIdentity, headers: dict[str, str | bytes] | None, query: dict[str, str], status: int
) -> None:
    shown = {"X-IDENTITY-HEADER": identity.header} if headers is None else headers
    answer = requests.get(f"{identity.url}/token", params=query, headers=shown, timeout=10)
    assert answer.status_code == status
    assert identity.header not in answer.text


def test_its_keys_are_public_and_hold_no_secret(identity: LocalIdentity) -> None:
    [key] = requests.get(f"{identity.url}/keys", timeout=10).json()["keys"]
    assert set(key) == {"kty", "key_ops", "n", "e", "kid", "use", "alg"}
    assert requests.get(identity.url, timeout=10).status_code == 404


def test_its_secret_does_not_show(identity: LocalIdentity) -> None:
    assert identity.header not in repr(identity)
