"""How accounts are opened, what HTTP connections they use, and that no SAS shows in errors or logs."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic
from types import TracebackType

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import ExponentialRetry

from shared.adapters import connect
from shared.errors import NotAccepted, SettingsError, StorageError
from shared.settings import Connection

SOON = datetime.now(UTC) + timedelta(hours=1)


class Server:
    """Answers every request with 404 and counts the connections that were opened."""

    def __init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_HEAD(self) -> None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.connections = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/account/box?sig=none"

    def __enter__(self) -> Server:
        Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def test_opening_accounts_by_connection_string_loads_no_identity_library() -> None:
    code = "import sys, shared.adapters.connect; print('azure.identity' in sys.modules, 'msal' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_an_account_is_opened_once_per_process() -> None:
    connection = Connection(connection_string="UseDevelopmentStorage=true")
    assert connect.storage(connection) is connect.storage(Connection(connection_string="UseDevelopmentStorage=true"))


@pytest.mark.parametrize("text", ["UseDevelopmentStorage=true", "usedevelopmentstorage=true;"])
def test_development_storage_is_the_emulator_at_its_own_ports(text: str) -> None:
    link = connect.storage(Connection(connection_string=text)).blobs("box").link("b", expires=SOON)
    assert link.startswith("http://127.0.0.1:10000/devstoreaccount1/box/b?")


def test_links_over_https_are_for_https_only() -> None:
    text = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"
    link = connect.storage(Connection(connection_string=text)).blobs("box").link("b", expires=SOON)
    assert link.startswith("https://a.blob.core.windows.net/box/b?")
    assert "spr=https" in link


@pytest.mark.parametrize("text", ["s3cret", "AccountKey=s3cret", "AccountName=a;=s3cret;AccountKey"])
def test_an_unusable_connection_string_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        connect.storage(Connection(connection_string=text)).blobs("box")
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_connection_string_without_a_key_signs_nothing() -> None:
    text = "BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=s3cret"
    with pytest.raises(SettingsError, match="no AccountKey") as caught:
        connect.storage(Connection(connection_string=text)).blobs("box").link("b", expires=SOON)
    assert "s3cret" not in str(caught.value)


def test_a_missing_endpoint_is_named() -> None:
    account = connect.storage(Connection(blob_uri="https://a.blob.core.windows.net"))
    with pytest.raises(SettingsError, match="__tableServiceUri"):
        account.table("t")
    with pytest.raises(SettingsError, match="__queueServiceUri"):
        account.queue("q")


class Identity:
    """Counts how often it is asked for a token; the third time it has none."""

    def __init__(self) -> None:
        self.asked = 0

    def get_token(self, scope: str) -> AccessToken:
        self.asked += 1
        if self.asked == 3:
            raise ClientAuthenticationError("no identity")
        return AccessToken(f"token {self.asked}", 0)


def test_a_token_is_given_again_for_a_minute_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a sender that has it looks at its lease, and creates, with nothing in between."""
    now, identity = [1000.0], Identity()
    monkeypatch.setattr(connect, "_credential", lambda client_id: identity)
    monkeypatch.setattr(connect, "monotonic", lambda: now[0])
    bearer = connect.token()
    assert [bearer(), bearer()] == ["token 1", "token 1"]
    now[0] += 61
    assert [bearer(), bearer()] == ["token 2", "token 2"]
    now[0] += 61
    with pytest.raises(NotAccepted, match="ClientAuthenticationError"):
        bearer()
    assert bearer() == "token 4"


def test_an_identity_that_does_not_answer_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "s3cret")
    connect._credential.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as closing:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{closing.getsockname()[1]}/token")
    began = monotonic()
    with pytest.raises(NotAccepted):
        connect.token()()
    assert monotonic() - began < 30
    connect._credential.cache_clear()


def test_a_sas_shows_neither_in_errors_nor_in_logs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens on port 9; the HTTP library's own message then holds the whole URL."""
    monkeypatch.setattr(connect, "_retries", lambda: ExponentialRetry(retry_total=0))
    opened = connect.open_container("http://127.0.0.1:9/account/box?sv=1&sig=s3cret")
    caplog.set_level(logging.DEBUG)
    for act in (
        lambda: opened.head("b"),
        lambda: opened.read("b"),
        lambda: opened.write("b", b"x"),
        lambda: list(opened.list()),
    ):
        with pytest.raises(StorageError, match="no answer") as caught:
            act()
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in caplog.text


def test_threads_share_the_connections_that_are_open(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            answers = list(pool.map(lambda _: connect.open_container(server.url).head("b"), range(8)))
            assert answers == [None] * 8
    assert 1 <= server.connections <= 8


def test_a_forked_child_opens_a_connection_of_its_own(server: Server) -> None:
    code = (
        "import os, sys\n"
        "from shared.adapters.connect import open_container\n"
        "box = open_container(sys.argv[1])\n"
        "box.head('b'); box.head('b')\n"
        "child = os.fork()\n"
        "box.head('b')\n"
        "if not child: os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-c", code, server.url], check=True, timeout=60)
    assert server.connections == 2


def test_a_redirect_of_a_container_is_not_followed(server: Server) -> None:
    """Its host was checked; one that it names was not."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", server.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as redirecting:
        Thread(target=redirecting.serve_forever, daemon=True).start()
        opened = connect.open_container(f"http://127.0.0.1:{redirecting.server_port}/account/box?sig=none")
        with pytest.raises(StorageError) as refused:
            opened.write("b", b"x")
        redirecting.shutdown()
    assert refused.value.status == 307
    assert server.connections == 0
