"""An account that a managed identity enters: no key, so links are signed with a user delegation key.

Azurite takes any token of the right shape, over HTTPS only; so this Azurite has a certificate of its own.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.request import urlopen

import pytest
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient, UserDelegationKey
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.adapters import connect
from shared.errors import Conflict
from shared.ports import Row
from shared.settings import Connection
from speechdrop.devhost import azurite as emulator

pytestmark = pytest.mark.azurite


class Identity:
    """Gives unsigned tokens for storage, as a managed identity gives signed ones."""

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        now = int(time.time())
        tenant = "ab1f708d-50f6-404c-a006-d71b2ac7a606"
        claims = {
            "aud": "https://storage.azure.com",
            "iss": f"https://sts.windows.net/{tenant}/",
            "tid": tenant,
            "oid": "23657296-5cd5-45b0-a809-d972a7f4dfe1",
        }
        times = {"nbf": now - 60, "iat": now - 60, "exp": now + 3600}
        parts = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
            for part in ({"alg": "none", "typ": "JWT"}, claims | times)
        )
        return AccessToken(".".join(parts) + ".", now + 3600)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `cert.pem` and `key.pem` for 127.0.0.1."""
    directory = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory


@pytest.fixture(scope="module")
def endpoint(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    try:
        command = [str(emulator.node()), str(emulator.script())]
    except emulator.AzuriteMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    ports = emulator.free_ports()
    command += ["--skipApiVersionCheck", "--silent", "--disableTelemetry", "--oauth", "basic"]
    command += ["--location", str(tmp_path_factory.mktemp("azurite"))]
    command += ["--cert", str(certificate / "cert.pem"), "--key", str(certificate / "key.pem")]
    for kind in ("blob", "queue", "table"):
        command += [f"--{kind}Host", "127.0.0.1", f"--{kind}Port", str(getattr(ports, kind))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _await(ports.table)
        yield Connection(
            blob_uri=f"https://127.0.0.1:{ports.blob}/{emulator.ACCOUNT}",
            queue_uri=f"https://127.0.0.1:{ports.queue}/{emulator.ACCOUNT}",
            table_uri=f"https://127.0.0.1:{ports.table}/{emulator.ACCOUNT}",
        )
    finally:
        process.terminate()
        process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def account(endpoint: Connection, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> connect.Storage:
    trusting = RequestsTransport(connection_verify=str(certificate / "cert.pem"))
    monkeypatch.setattr(connect, "transport", lambda local: trusting)
    monkeypatch.setattr(connect, "_credential", lambda client_id: Identity())
    return connect.Storage(endpoint)


def test_an_identity_enters_tables_queues_and_containers(account: connect.Storage) -> None:
    stored = account.table("identity").insert(Row(partition="p", key="k", values={"n": 1}))
    with pytest.raises(Conflict):
        account.table("identity").insert(stored)
    account.queue("identity").send("m")
    account.blobs("identity").write("b", b"x")
    assert account.blobs("identity").read("b") == b"x"


def test_links_are_signed_with_a_delegation_key(account: connect.Storage, certificate: Path) -> None:
    blobs = account.blobs("links")
    blobs.write("b", b"content")
    now = datetime.now(UTC)
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    with urlopen(blobs.link("b", expires=now + timedelta(hours=1)), context=trust) as answer:
        assert answer.read() == b"content"
    starts = now - timedelta(minutes=15)
    opened = account.open_container(blobs.writable_link(starts=starts, expires=starts + timedelta(days=7)))
    opened.write("new", b"x")
    blobs.copy("new", "copied", content_type="text/plain")
    assert [info.name for info in opened.list()] == ["b", "copied", "new"]


def test_a_delegation_key_serves_until_it_covers_a_link_no_more(
    account: connect.Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[datetime, datetime]] = []
    real = BlobServiceClient.get_user_delegation_key

    def counted(self: BlobServiceClient, start: datetime, expiry: datetime) -> UserDelegationKey:
        asked.append((start, expiry))
        return real(self, start, expiry)

    monkeypatch.setattr(BlobServiceClient, "get_user_delegation_key", counted)
    blobs = account.blobs("keys")
    now = datetime.now(UTC)
    for minutes in (1, 60, 6 * 24 * 60):
        blobs.link("b", expires=now + timedelta(minutes=minutes))
    assert len(asked) == 1
    blobs.writable_link(starts=now - timedelta(days=1), expires=now + timedelta(days=5))
    assert len(asked) == 2
    blobs.writable_link(starts=now, expires=now + timedelta(days=7))
    assert len(asked) == 3
    assert all(expiry - start == timedelta(days=7) for start, expiry in asked)
    with pytest.raises(ValueError, match="more than 7 days"):
        blobs.link("b", expires=now + timedelta(days=7, seconds=2))
