"""Each trigger kind against Azurite, on one devhost with two workers."""

from __future__ import annotations

import base64
import http.client
import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from speechdrop.devhost.blobs import POISON_QUEUE
from tests.integration.devhost.hosting import Devhost, eventually

pytestmark = pytest.mark.azurite


@pytest.fixture(scope="module")
def host(made: Callable[..., Devhost]) -> Devhost:
    host = made("--workers", "2", "--invisibility", "2", "--watch-every", "0.1", OFTEN="* * * * * *")
    host.drop("docs/old.txt")
    return host.start()


def contents(queue: QueueClient) -> list[str]:
    """What waits in a queue, which may not be there."""
    try:
        return [message.content for message in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return []


def post_events(host: Devhost, *events: dict[str, Any], code: str) -> requests.Response:
    url = host.url.removesuffix("/v1") + "/runtime/webhooks/blobs"
    return requests.post(url, params={"functionName": "Host.Functions.on_blob", "code": code}, json=events, timeout=5)


def blob_created(host: Devhost, name: str) -> dict[str, Any]:
    subject = f"/blobServices/default/containers/{host.inbox.container_name}/blobs/{name}"
    data = {"api": "PutBlob", "eTag": "0x8D4BCC2E4835CD0", "blobType": "BlockBlob"}
    return {"eventType": "Microsoft.Storage.BlobCreated", "subject": subject, "data": data}


def test_a_dropped_blob_reaches_its_function_once_and_again_when_changed(host: Devhost) -> None:
    host.drop("docs/a/new.txt", "one")
    eventually(lambda: host.calls("on_blob", name="docs/a/new.txt", text="one"))
    host.drop("docs/a/new.txt", "two")
    eventually(lambda: host.calls("on_blob", name="docs/a/new.txt", text="two"))
    assert len(host.calls("on_blob", name="docs/a/new.txt")) == 2
    assert not host.calls("on_blob", name="docs/old.txt"), "Event Grid tells nothing of blobs that were there before"


def test_a_function_without_the_client_type_gets_a_stream_and_patterns_are_kept(host: Devhost) -> None:
    host.drop("docs/other.md")
    host.drop("streams/s.txt", "flow")
    name = f"{host.inbox.container_name}/streams/s.txt"
    eventually(lambda: host.calls("on_stream", name=name, length=4, text="flow"))
    assert not host.calls("on_blob", name="docs/other.md")


def test_a_blob_that_fails_five_times_is_poison(host: Devhost) -> None:
    host.drop("docs/bad.txt")
    poison = QueueClient.from_connection_string(host.connection, POISON_QUEUE)

    def told() -> list[dict[str, str]]:
        bodies = [json.loads(base64.b64decode(content)) for content in contents(poison)]
        return [body for body in bodies if body["ContainerName"] == host.inbox.container_name]

    (body,) = eventually(told)
    etag = host.inbox.get_blob_client("docs/bad.txt").get_blob_properties().etag
    assert body == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.on_blob",
        "BlobType": "BlockBlob",
        "ContainerName": host.inbox.container_name,
        "BlobName": "docs/bad.txt",
        "ETag": etag,
    }
    assert len(host.calls("on_blob", name="docs/bad.txt")) == 5


def test_the_blob_webhook_takes_event_grids_handshake_and_events(host: Devhost) -> None:
    code = host.keys.blobs_extension
    handshake = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "512d38b6"}}
    assert post_events(host, handshake, code=code).json() == {"validationResponse": "512d38b6"}
    # An event again, of a blob seen long ago: at least once, whatever its ETag. One of a blob that is gone: nothing.
    events = [blob_created(host, name) for name in ("docs/gone.txt", "docs/old.txt")]
    assert post_events(host, *events, code=code).status_code == 202
    eventually(lambda: host.calls("on_blob", name="docs/old.txt"))
    assert not host.calls("on_blob", name="docs/gone.txt")
    assert post_events(host, *events, code="wrong").status_code == 401
    assert post_events(host, {"no": "event"}, code=code).status_code == 400


def test_a_message_reaches_its_function(host: Devhost) -> None:
    host.send("plain")
    (call,) = eventually(lambda: host.calls("on_message", key="plain"))
    assert call["count"] == 1


def test_a_message_that_fails_five_times_is_poison_and_one_in_no_base64_at_once(host: Devhost) -> None:
    host.send("failing", fail=True)
    host.jobs.send_message("neither base64 nor JSON")
    eventually(lambda: host.calls("on_message", key="failing", count=5))
    failing = base64.b64encode(json.dumps({"key": "failing", "fail": True}).encode()).decode()
    eventually(lambda: set(contents(host.poison)) == {failing, "neither base64 nor JSON"})
    assert [call["count"] for call in host.calls("on_message", key="failing")] == [1, 2, 3, 4, 5]


def test_a_failed_message_of_a_poison_queue_stays_hidden_for_a_while(host: Devhost) -> None:
    name = f"{host.jobs.queue_name}-last-poison"
    queue = QueueClient.from_connection_string(host.connection, name)
    queue.create_queue()
    queue.send_message("bGFzdA==")
    first, second = eventually(lambda: calls if len(calls := host.calls("on_poison")) == 2 else None)
    assert second["at"] - first["at"] > 1.5
    queue.delete_queue()


def test_a_failure_is_one_line_in_the_log(host: Devhost) -> None:
    host.send("logged", fail=True)
    lines = eventually(lambda: [line for line in host.log().splitlines() if "try=5/5" in line and "on_message" in line])
    assert re.search(r"failed: ValueError at devhost_app.py:\d+: told to fail$", lines[0])
    assert "Traceback" not in host.log()


def test_a_long_run_keeps_its_message_hidden(host: Devhost) -> None:
    """It runs 3.5 s under an invisibility of 2 s, beside a second worker that would take the message."""
    host.send("long", sleep=3.5)
    eventually(lambda: host.calls("done", key="long"))
    assert len(host.calls("on_message", key="long")) == 1


def test_a_process_runs_batch_and_threshold_at_once_and_no_more(host: Devhost) -> None:
    for number in range(20):
        host.send(f"many-{number}", sleep=0.5)
    eventually(lambda: len([call for call in host.calls("done") if call["key"].startswith("many")]) == 20)
    calls = [call for kind in ("on_message", "done") for call in host.calls(kind) if call["key"].startswith("many")]
    most: dict[int, int] = {}
    running: dict[int, int] = {}
    for call in sorted(calls, key=lambda call: float(call["at"])):
        pid = call["pid"]
        running[pid] = running.get(pid, 0) + (1 if call["function"] == "on_message" else -1)
        most[pid] = max(most.get(pid, 0), running[pid])
    assert len(most) == 2, "both workers take part"
    assert all(1 < count <= 6 for count in most.values()), "batchSize 4, newBatchThreshold 2"


def test_a_timer_fires_but_never_beside_itself(host: Devhost) -> None:
    """Its schedule is every second, a run takes 1.2: every other firing is skipped."""
    eventually(lambda: len(host.calls("often")) >= 6)
    begins = [call["begins"] for call in host.calls("often")]
    assert begins[:6] == [True, False] * 3
    starts = [call["at"] for call in host.calls("often", begins=True)]
    assert all(later - earlier > 1.2 for earlier, later in pairwise(starts))


def test_the_master_key_runs_a_timer_by_hand(host: Devhost) -> None:
    url = host.url.removesuffix("/v1") + "/admin/functions/yearly"
    assert requests.post(url, json={"input": ""}, timeout=5).status_code == 401
    assert requests.post(url, headers={"x-functions-key": host.keys.function}, timeout=5).status_code == 401
    assert requests.post(url, headers={"x-functions-key": host.keys.master}, timeout=5).status_code == 202
    eventually(lambda: host.calls("yearly", past_due=False))


def test_a_request_reaches_its_function_whole(host: Devhost) -> None:
    body = bytes(range(256)) * 4096
    reply = requests.put(f"{host.url}/echo/a%20b/?q=1%202", data=body, headers={"X-Ask": "x"}, timeout=5)
    assert (reply.status_code, reply.content, reply.headers["X-Asked"]) == (201, body, "x")
    assert reply.headers["content-type"] == "application/octet-stream"
    url = f"{host.url}/echo/a%20b/?q=1%202"
    facts = {"method": "PUT", "params": {"q": "1 2"}, "route": {"id": "a b"}, "url": url}
    assert json.loads(reply.headers["X-Facts"]) == facts


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 204),
        ("POST", "nothing", 204),
        ("GET", "broken", 500),
        ("GET", "nowhere", 404),
        ("DELETE", "echo/1", 404),  # no function of this route takes it
        ("HEAD", "echo/1", 404),
        ("GET", "locked", 401),
        ("GET", "locked?code=wrong", 401),
    ],
)
def test_statuses(host: Devhost, method: str, path: str, status: int) -> None:
    reply = requests.request(method, f"{host.url}/{path}", timeout=5)
    assert (reply.status_code, reply.content) == (status, b"")


def test_keys_open_their_levels(host: Devhost) -> None:
    keys = host.keys
    for path, opening in (("locked", {keys.function, keys.master}), ("guarded", {keys.master})):
        for key in (keys.function, keys.master, keys.blobs_extension):
            by_header = requests.get(f"{host.url}/{path}", headers={"x-functions-key": key}, timeout=5).status_code
            by_query = requests.get(f"{host.url}/{path}", params={"code": key}, timeout=5).status_code
            assert by_header == by_query == (200 if key in opening else 401)


def test_a_body_beyond_the_limit_is_refused_unread(host: Devhost) -> None:
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=5)
    connection.putrequest("PUT", "/v1/echo/1")
    connection.putheader("Content-Length", str(200 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_one_devhost_per_data_directory_and_port(made: Callable[..., Devhost], host: Devhost) -> None:
    again = subprocess.run(host.command(), env=host.environment(), capture_output=True, text=True, timeout=20)
    assert "Another devhost runs on" in again.stderr
    port = host.url.split(":")[2].split("/")[0]
    other = made("--port", port)
    taken = subprocess.run(other.command(), env=other.environment(), capture_output=True, text=True, timeout=20)
    assert f"Port {port} is taken" in taken.stderr
