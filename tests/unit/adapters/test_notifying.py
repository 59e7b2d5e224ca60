"""Notices on the wire: what a public library for the webhooks' standard accepts, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.adapters.memory import MemoryStorage
from shared.adapters.notifying import QueueNotifier, WebhookNotifier
from shared.errors import SettingsError, StorageError, Undelivered

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = {"specversion": "1.0", "id": "a-1", "type": "speechdrop.document.finished", "data": {"path": "ü.txt"}}


@dataclass
class Receiver:
    url: str
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def now() -> datetime:
    return datetime.now(UTC)


def test_a_webhook_is_signed_so_that_its_receiver_can_tell() -> None:
    with receiving() as receiver:
        WebhookNotifier(receiver.url, SECRET, now).notify(EVENT)
    ((headers, body),) = receiver.got
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["webhook-id"] == "a-1"
    assert Webhook(SECRET).verify(body, headers) == EVENT
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


@pytest.mark.parametrize(
    ("status", "of_all"), [(301, True), (400, False), (401, True), (422, False), (429, True), (500, True)]
)
def test_any_answer_but_a_success_is_a_notice_not_delivered(status: int, of_all: bool) -> None:
    """And says whether another notice would fare better."""
    with receiving() as receiver:
        receiver.answers = [status]
        with pytest.raises(Undelivered, match=str(status)) as told:
            WebhookNotifier(receiver.url, SECRET, now).notify(EVENT)
    assert told.value.of_all is of_all
    assert len(receiver.got) == 1


def test_nobody_there_is_a_notice_not_delivered() -> None:
    with receiving() as receiver:
        url = receiver.url + "?token=hidden"
    with pytest.raises(Undelivered, match="does not answer") as told:
        WebhookNotifier(url, SECRET, now).notify(EVENT)
    assert "hidden" not in str(told.value)


def test_no_netrc_entry_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with receiving() as receiver:
        WebhookNotifier(receiver.url, SECRET, now).notify(EVENT)
    assert "authorization" not in receiver.got[0][0]


@pytest.mark.parametrize("secret", ["", "short", "whsec_!!!!", "aGVsbG8="])
def test_a_weak_secret_stops_the_start_and_is_not_shown(secret: str) -> None:
    with pytest.raises(SettingsError, match="NOTICE_SECRET") as told:
        WebhookNotifier("https://example.org/hook", secret, now)
    assert not secret or secret not in str(told.value)


def test_a_webhook_in_clear_text_is_for_this_machine_alone() -> None:
    with pytest.raises(SettingsError, match="NOTICE_URL"):
        WebhookNotifier("http://example.org/hook", SECRET, now)


def test_a_queue_gets_the_event_as_json() -> None:
    queue = MemoryStorage(clock=now).queue("notices")
    QueueNotifier(queue).notify(EVENT)
    assert '"path": "ü.txt"' in queue.texts()[0]


def test_a_queue_that_refuses_is_a_notice_not_delivered() -> None:
    class Broken:
        def send(self, message: str, *, delay: float = 0) -> None:
            raise StorageError("no answer")

    with pytest.raises(Undelivered):
        QueueNotifier(Broken()).notify(EVENT)
