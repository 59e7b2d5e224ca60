"""A management API on loopback, and an `az` for PATH whose every call it answers: as much of Azure as the hooks see."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECRET = "the-key-of-the-webhook"
BEARER = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0"
HANDSHAKE = (
    "ERROR: The attempt to validate the provided endpoint https://app.azurewebsites.net/runtime/webhooks/blobs?"
    f"functionName=Host.Functions.pipeline_intake&code={SECRET} failed. For more details, visit https://aka.ms/esvalidation."
)

ENVIRONMENT = {
    "AZURE_SUBSCRIPTION_ID": "11111111-2222-3333-4444-555555555555",
    "AZURE_RESOURCE_GROUP": "rg-speech",
    "AZURE_FUNCTION_APP_NAME": "app",
    "EVENT_GRID_TOPIC_NAME": "topic",
    "EVENT_GRID_SUBSCRIPTION_NAME": "inbox",
    "INBOX_CONTAINER": "inbox",
    "DEAD_LETTER_CONTAINER": "dead-letters",
}
GROUP = f"/subscriptions/{ENVIRONMENT['AZURE_SUBSCRIPTION_ID']}/resourceGroups/rg-speech/providers"
APP = f"{GROUP}/Microsoft.Web/sites/app"
EVENTS = f"{GROUP}/Microsoft.EventGrid/systemTopics/topic/eventSubscriptions/inbox"

HOST_STARTS = (400, {"Message": "Encountered an error (ServiceUnavailable) from host runtime."})
NOT_FOUND = (404, {"error": {"code": "ResourceNotFound", "message": "It was not found."}})

Reply = tuple[int, dict[str, Any]]


def event_subscription(*, subject: str = "/blobServices/default/containers/inbox/blobs/") -> dict[str, Any]:
    """As the API shows one that is as it should be, but for `subject`."""
    return {
        "properties": {
            "provisioningState": "Succeeded",
            "filter": {
                "subjectBeginsWith": subject,
                "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
                "advancedFilters": [{"operatorType": "StringIn", "key": "data.api", "values": ["PutBlob"]}],
            },
            "deadLetterWithResourceIdentity": {"deadLetterDestination": {"endpointType": "StorageBlob"}},
        }
    }


@dataclass
class Cloud:
    url: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    """By path: what the next requests get before the usual answers."""
    retry_after: dict[int, str] = field(default_factory=lambda: {429: "7"})
    events: dict[str, Any] | None = None
    """The event subscription that stands."""
    deployed: dict[str, Any] = field(default_factory=event_subscription)
    """The one that the template makes."""
    deployments: list[list[str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """What the next deployments say instead of succeeding."""
    token_lasts: timedelta = timedelta(hours=1)
    tokens: int = 0
    refuses: Callable[[str], bool] = lambda token: False
    logged_in: bool = True
    assertion_ended: bool = False
    """A federated login is left with the token that it brought, which is for az's own default."""
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, bearer: str) -> Reply:
        self.asked.append(path)
        if self.refuses(bearer) or not bearer.startswith(f"Bearer {BEARER}"):
            return 401, {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expired."}}
        if self.replies.get(path):
            return self.replies[path].pop(0)
        usual: dict[str, Reply] = {
            APP: (200, {"properties": {"state": "Running"}}),
            f"{APP}/functions/pipeline_intake": (200, {"name": "app/pipeline_intake"}),
            f"{APP}/host/default/listKeys": (200, {"masterKey": SECRET, "systemKeys": {"blobs_extension": SECRET}}),
        }
        if path == EVENTS:
            return (200, self.events) if self.events else NOT_FOUND
        return usual.get(path, NOT_FOUND)

    def az(self, arguments: list[str]) -> tuple[int, str, str]:
        """Status, output and errors of an `az` with these arguments."""
        if arguments[:2] == ["cloud", "show"]:
            return 0, json.dumps({"endpoints": {"resourceManager": f"{self.url}/"}}), ""
        if not self.logged_in:
            return 1, "", "ERROR: Please run 'az login' to setup account."
        if arguments[:2] == ["account", "get-access-token"]:
            if self.assertion_ended and "--resource" in arguments:
                return 1, "", "ERROR: AADSTS700024: Client assertion is not within its valid time range."
            self.tokens += 1
            expires = datetime.now(UTC) + self.token_lasts
            answer = {"accessToken": f"{BEARER}.{self.tokens}", "expires_on": int(expires.timestamp())}
            return 0, json.dumps(answer), ""
        if arguments[:3] == ["deployment", "group", "create"]:
            self.deployments.append(arguments)
            if self.failures:
                return 1, "", self.failures.pop(0)
            self.events = self.deployed
            return 0, json.dumps({"properties": {"provisioningState": "Succeeded"}}), ""
        return 2, "", f"ERROR: unknown arguments {arguments}"


@contextmanager
def running() -> Iterator[Cloud]:
    cloud = Cloud()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            path, body = urlsplit(self.path), self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if path.path == "/az":
                status, answer = 200, "\0".join(map(str, cloud.az(body.decode().split("\0"))))
            else:
                assert "api-version=" in path.query
                status, value = cloud.answer(method, path.path, self.headers.get("Authorization", ""))
                answer = json.dumps(value)
            self.send_response(status)
            if status in cloud.retry_after:
                self.send_header("Retry-After", cloud.retry_after[status])
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        cloud.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield cloud
        finally:
            server.shutdown()
            thread.join()


def install_az(folder: Path, cloud: Cloud, *, name: str = "az") -> None:
    """An executable `az` that passes its arguments on to the cloud and does as it says."""
    port = urlsplit(cloud.url).port
    # A process for each call, so with little to import.
    script = f"""#!{sys.executable} -SE
import socket, sys
body = "\\0".join(sys.argv[1:]).encode()
with socket.create_connection(("127.0.0.1", {port})) as server:
    server.sendall(b"POST /az HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    answer = server.makefile("rb").read().split(b"\\r\\n\\r\\n", 1)[1].decode()
status, output, errors = answer.split("\\0")
sys.stdout.write(output)
sys.stderr.write(errors)
sys.exit(int(status))
"""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
