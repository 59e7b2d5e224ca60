"""Bearer tokens: who is let in is in the contract suite; here is what else may come, and what the keys' server sees."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.tokens import EntraTokens
from shared.errors import StorageError
from speechdrop.devhost.identity import LocalIdentity

AUDIENCE = "https://cognitiveservices.azure.com"


@pytest.fixture(scope="module")
def identity() -> Iterator[LocalIdentity]:
    with LocalIdentity() as identity:
        yield identity


def tokens(identity: LocalIdentity, keys_url: str = "") -> EntraTokens:
    return EntraTokens(
        issuers=["https://sts.windows.net/elsewhere/", identity.issuer],
        keys_url=keys_url or f"{identity.url}/keys",
        audience=AUDIENCE,
        tenant=identity.tenant,
    )


@pytest.mark.parametrize("audience", [AUDIENCE, f"{AUDIENCE}/"])
def test_a_good_token_names_its_owner(identity: LocalIdentity, audience: str) -> None:
    assert tokens(identity)(identity.token(audience)) == identity.object_id


def test_another_s_key_opens_nothing(identity: LocalIdentity) -> None:
    claims = jwt.decode(identity.token(AUDIENCE), options={"verify_signature": False})
    with LocalIdentity() as other:
        assert tokens(identity)(other.token(AUDIENCE, **claims)) is None


def test_the_keys_are_asked_for_once(identity: LocalIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = LocalIdentity.answer

    def noted(self: LocalIdentity, target: str, header: str | None) -> tuple[HTTPStatus, Mapping[str, Any]]:
        asked.append(target)
        return answer(self, target, header)

    monkeypatch.setattr(LocalIdentity, "answer", noted)
    check = tokens(identity)
    with LocalIdentity() as other:
        for _ in range(5):
            assert check(identity.token(AUDIENCE))
            assert check(other.token(AUDIENCE)) is None
    assert asked == ["/keys"]


def test_keys_that_cannot_be_had_are_no_refusal(identity: LocalIdentity) -> None:
    with pytest.raises(StorageError):
        tokens(identity, "http://127.0.0.1:9/keys")(identity.token(AUDIENCE))


def test_a_page_that_holds_no_keys_lets_nobody_in(identity: LocalIdentity) -> None:
    with pytest.raises(StorageError):
        tokens(identity, f"{identity.url}/token")(identity.token(AUDIENCE))


@pytest.mark.parametrize("page", [b"<html>", b"", b"\xff", b"[" * 100_000])
def test_a_page_that_is_no_json_is_no_refusal_and_no_fault(page: bytes, identity: LocalIdentity) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Not into the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        with pytest.raises(StorageError):
            tokens(identity, f"http://127.0.0.1:{server.server_port}/keys")(identity.token(AUDIENCE))
        server.shutdown()


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=3)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "jwk"]), JSON)
SHAPED = st.tuples(HEADERS, st.dictionaries(st.sampled_from(["aud", "exp", "iss", "oid"]), JSON), st.text()).map(
    lambda parts: f"{part(parts[0])}.{part(parts[1])}.{parts[2]}"
)


@given(token=st.text() | SHAPED)
def test_no_text_is_a_token_or_an_error(identity: LocalIdentity, token: str) -> None:
    assert KEPT.setdefault(identity.url, tokens(identity))(token) is None


KEPT: dict[str, EntraTokens] = {}


def test_a_very_long_token_is_not_even_read(identity: LocalIdentity) -> None:
    assert tokens(identity, "http://127.0.0.1:9/keys")("a" * 20_000) is None


def test_callers_with_a_key_load_no_cryptography() -> None:
    code = "import sys, shared.adapters.tokens; print('jwt' in sys.modules, 'cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
