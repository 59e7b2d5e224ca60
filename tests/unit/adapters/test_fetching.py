"""Files of users' documents: from allowed, public hosts by https alone, bounded in size and time."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.adapters.fetching import Fetcher
from shared.errors import InputError

HOST = "sounds.example"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


_DRIPS = {"slow": b"x" * 65536, "drip": b"x", "head": b"H", "heads": b"HTTP/1.1 100 Continue\r\n\r\n"}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, rest = self.path.lstrip("/").partition("/")
        if path in ("to", "late"):
            time.sleep(0.4 if path == "late" else 0)
            self.send_response(302)
            self.send_header("Location", rest.replace("PORT", str(self.server.server_port)) or self.path)  # type: ignore[attr-defined]
            self.end_headers()
        elif path in _DRIPS:
            self.wfile.write(b"" if path.startswith("head") else b"HTTP/1.0 200 OK\r\n\r\n")
            for _ in range(20):
                self.wfile.write(_DRIPS[path])
                time.sleep(0.1)
        elif path == "path":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(rest.encode())
        elif path == "status":
            self.send_error(int(rest))
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * int(rest or 1000))

    def log_message(self, format: str, *args: object) -> None:
        """Not into the test's output."""


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(encoding))
    return path


@dataclass(frozen=True)
class Site:
    url: str
    fetcher: Fetcher


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    certificate = _certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    fetcher = Fetcher(
        (f"{HOST}:{server.server_port}",),
        resolve=lambda host, port: ["127.0.0.1"],
        is_public=lambda address: True,
        authorities=str(certificate),
        seconds=1.0,
    )
    yield Site(f"https://{HOST}:{server.server_port}", fetcher)
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_is_fetched(site: Site) -> None:
    assert site.fetcher.fetch(f"{site.url}/file/1000", 1000) == b"x" * 1000


def test_a_redirect_on_the_host_is_followed(site: Site) -> None:
    assert site.fetcher.fetch(f"{site.url}/to/https://{HOST}:PORT/file/7", 1000) == b"x" * 7


REFUSED = {
    "/file/1001": "more than 1,000 bytes",
    "/status/404": "answered 404",
    "/status/500": "answered 500",
    "/slow": "more than 1,000 bytes",
    "/to/https://elsewhere.example/x": "host is not allowed",
    "/to/https://sounds.example:1/x": "host is not allowed",
    "/to/http://sounds.example/x": "not a plain https URL",
    "/to/file:///etc/passwd": "not a plain https URL",
}


@pytest.mark.parametrize(("path", "why"), REFUSED.items())
def test_what_the_host_answers_is_bounded(site: Site, path: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        site.fetcher.fetch(site.url + path, 1000)
    assert HOST not in str(caught.value)


@pytest.mark.parametrize("path", [*_DRIPS, "late"])
def test_time_is_bounded(site: Site, path: str) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError, match="took too long"):
        site.fetcher.fetch(f"{site.url}/{path}", 1 << 30)
    assert time.monotonic() - begun < 2


def test_endless_redirects_are_not_followed(site: Site) -> None:
    url = f"https://{HOST}:PORT"
    for _ in range(6):
        url = f"https://{HOST}:PORT/to/{url}"
    with pytest.raises(InputError, match="redirects too often"):
        site.fetcher.fetch(url.replace("PORT", site.url.rpartition(":")[2]), 1000)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://sounds.example/x", "not a plain https URL"),
        ("ftp://sounds.example/x", "not a plain https URL"),
        ("https:///x", "not a plain https URL"),
        ("https://user:pass@sounds.example/x", "not a plain https URL"),
        ("https://sounds.example.evil.example/x", "host is not allowed"),
        ("https://127.0.0.1/x", "host is not allowed"),
        ("https://[::1]/x", "host is not allowed"),
        ("https://[::1/x", "cannot be read"),
        ("https://sounds.example:99999/x", "cannot be read"),
        ("https://sounds.example:8443/x", "host is not allowed"),
        ("https://sounds.example:22/x", "host is not allowed"),
        ("https://sounds.example:0/x", "host is not allowed"),
    ],
)
def test_other_addresses_are_not_asked(url: str, why: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("asked")

    with pytest.raises(InputError, match=why):
        Fetcher((HOST,), resolve=resolve).fetch(url, 1000)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
        ),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "ff02::1"),
        *("::127.0.0.1", "64:ff9b::7f00:1", "::ffff:0:127.0.0.1", "fec0::1", "168.63.129.16", "::ffff:168.63.129.16"),
    ],
)
def test_private_addresses_are_refused(address: str) -> None:
    fetcher = Fetcher((HOST,), resolve=lambda host, port: ["93.184.216.34", address])
    with pytest.raises(InputError, match="not a public one"):
        fetcher.fetch(f"https://{HOST}/x", 1000)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".example", "\ud800.example"])
def test_a_host_that_no_name_server_knows_is_no_fault(host: str) -> None:
    with pytest.raises(InputError, match="not known"):
        Fetcher((".example",)).fetch(f"https://{host}/x", 1000)


@pytest.mark.parametrize("path", ["ä", "a b", "\x01", "%", "%2f"])
def test_an_odd_path_is_asked_for_in_its_escaped_form(site: Site, path: str) -> None:
    expected = {"ä": b"%C3%A4", "a b": b"a%20b", "\x01": b"%01", "%": b"%25", "%2f": b"%2F"}[path]
    assert site.fetcher.fetch(f"{site.url}/path/{path}", 1000) == expected


def test_hosts_may_be_written_in_capitals() -> None:
    fetcher = Fetcher(("Sounds.EXAMPLE",), resolve=lambda host, port: [])
    with pytest.raises(InputError, match="not a public one"):
        fetcher.fetch("https://SOUNDS.example/x", 1000)


def test_a_leading_dot_allows_all_below() -> None:
    fetcher = Fetcher((".example",), resolve=lambda host, port: [])
    with pytest.raises(InputError, match="not a public one"):
        fetcher.fetch(f"https://{HOST}/x", 1000)


def test_a_host_that_shows_another_name_is_not_trusted(site: Site) -> None:
    other = replace(site.fetcher, hosts=(site.fetcher.hosts[0].replace(HOST, "other.example"),))
    with pytest.raises(InputError, match="did not answer"):
        other.fetch(site.url.replace(HOST, "other.example") + "/file/1", 1000)
