"""HttpSpeechApi against a real server on loopback that fails in every way a network can."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from shared.adapters.speech import HttpSpeechApi
from shared.batchapi.model import InputKind, SynthesisConfig, SynthesisRequest, SynthesisStatus
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.domain.jobs import JobStatus
from shared.errors import EndpointError, NotAccepted, OutcomeUnknown, Refused
from shared.pipeline.poll import poll
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Running
from tests.unit.service.world import World

SAMPLES = Path(__file__).parents[1] / "samples"
BOTH = pytest.mark.parametrize("version", [GA, PREVIEW], ids=lambda version: version.name)
REQUEST = SynthesisRequest(
    kind=InputKind.PLAIN_TEXT, inputs=("Übung.",), config=SynthesisConfig(voice="en-US-JennyNeural")
)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


STARTED = {GA: "ga-synthesis-not-started", PREVIEW: "preview-synthesis-not-started"}


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Act = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Endpoint:
    """A server that does with each request what `act` says."""

    url: str = ""
    act: Act = lambda handler: None
    seen: list[Seen] = field(default_factory=list)

    def api(self, version: ApiVersion = GA, *, timeout: float = 5) -> HttpSpeechApi:
        return HttpSpeechApi(self.url, version, credential="the-key", timeout=timeout)

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.act = lambda handler: answer(handler, status, body, named)

    def is_our_own(self, world: World, version: ApiVersion) -> None:
        """From now on requests are answered by the service."""

        def act(handler: BaseHTTPRequestHandler) -> None:
            seen = self.seen[-1]
            path, _, query = seen.path.partition("?")
            id = path.removeprefix(f"/{version.path}").strip("/") or None
            found = world.ask(seen.method, id, seen.body, version=version, query=dict(parse_qsl(query)))
            answer(handler, found.status, found.body, found.headers)

        self.act = act


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            served.seen.append(Seen(self.command, self.path, dict(self.headers), body))
            served.act(self)

        do_GET = do_PUT = do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_ga_create_puts_under_our_id(endpoint: Endpoint) -> None:
    endpoint.answers(201, sample("ga-synthesis-not-started"))
    assert endpoint.api().create("sd-job-1", REQUEST).status is SynthesisStatus.NOT_STARTED
    (seen,) = endpoint.seen
    assert (seen.method, seen.path) == ("PUT", "/texttospeech/batchsyntheses/sd-job-1?api-version=2024-04-01")
    assert seen.headers["Ocp-Apim-Subscription-Key"] == "the-key"
    assert "Operation-Id" not in seen.headers
    assert json.loads(seen.body)["inputs"] == [{"content": "Übung."}]


def test_a_preview_create_posts_our_id_along(endpoint: Endpoint) -> None:
    endpoint.answers(201, sample("preview-synthesis-not-started"))
    synthesis = endpoint.api(PREVIEW).create("sd-job-1", REQUEST)
    assert synthesis.id == "1e2e0fe8-e403-417c-a382-b55eb2ea943d"
    (seen,) = endpoint.seen
    assert (seen.method, seen.path) == ("POST", "/api/texttospeech/3.1-preview1/batchsynthesis")
    body = json.loads(seen.body)
    assert (body["displayName"], body["customProperties"]) == ("sd-job-1", {"speechdropJob": "sd-job-1"})


def test_a_list_asks_for_a_page(endpoint: Endpoint) -> None:
    endpoint.answers(200, sample("ga-page"))
    page = endpoint.api().list(skip=90, top=100)
    assert ([item.id for item in page.items], page.more) == (["my-job-03", "my-job"], True)
    path, _, query = endpoint.seen[0].path.partition("?")
    assert path == "/texttospeech/batchsyntheses"
    assert sorted(query.split("&")) == ["api-version=2024-04-01", "maxpagesize=100", "skip=90"]


@BOTH
def test_a_get_reads_or_finds_nothing(endpoint: Endpoint, version: ApiVersion) -> None:
    endpoint.answers(200, sample(STARTED[version]))
    found = endpoint.api(version).get("some-id")
    assert found is not None
    assert found.status is SynthesisStatus.NOT_STARTED
    for status in (404, 204):
        endpoint.answers(status)
        assert endpoint.api(version).get("some-id") is None


def test_a_token_goes_where_a_key_would_and_its_lack_is_not_a_send(endpoint: Endpoint) -> None:
    endpoint.answers(201, sample("ga-synthesis-not-started"))
    HttpSpeechApi(endpoint.url, GA, credential=lambda: "token").create("sd-job-1", REQUEST)
    assert endpoint.seen[0].headers["Authorization"] == "Bearer token"
    assert "Ocp-Apim-Subscription-Key" not in endpoint.seen[0].headers

    def no_token() -> str:
        raise NotAccepted("no token")

    with pytest.raises(NotAccepted):
        HttpSpeechApi(endpoint.url, GA, credential=no_token).create("sd-job-1", REQUEST)
    assert len(endpoint.seen) == 1


def test_the_token_is_there_before_a_create_begins(endpoint: Endpoint) -> None:
    given = iter(["token"])
    HttpSpeechApi(endpoint.url, GA, credential=lambda: next(given)).ready()
    assert (list(given), endpoint.seen) == ([], [])
    endpoint.api().ready()  # a key is there


def test_no_netrc_entry_takes_the_place_of_the_key(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    endpoint.answers(201, sample("ga-synthesis-not-started"))
    endpoint.api().create("sd-job-1", REQUEST)
    assert endpoint.seen[0].headers["Ocp-Apim-Subscription-Key"] == "the-key"
    assert "Authorization" not in endpoint.seen[0].headers


MEANINGS: list[tuple[int, bytes, type[EndpointError]]] = [
    (400, sample("ga-error"), Refused),
    (400, sample("preview-problem"), Refused),
    (401, b"", Refused),
    (403, b"<html>", Refused),
    (409, b'{"error": {"code": "Conflict", "message": "exists"}}', Refused),
    (413, b"", Refused),
    (408, b"", OutcomeUnknown),
    (429, b"", NotAccepted),
    (302, b"", OutcomeUnknown),
    (500, sample("ga-error"), OutcomeUnknown),
    (502, b"<html>", OutcomeUnknown),
    (503, b"", OutcomeUnknown),
    (504, b"", OutcomeUnknown),
    (201, b"", OutcomeUnknown),
    (201, b"<html>", OutcomeUnknown),
    (200, b"null", OutcomeUnknown),
    (201, b'{"id": "x"}', OutcomeUnknown),
    (201, b"[" * 100_000, OutcomeUnknown),
    (204, b"", OutcomeUnknown),
]


@BOTH
@pytest.mark.parametrize(("status", "body", "meaning"), MEANINGS)
def test_each_answer_to_a_create_has_one_meaning_and_is_not_asked_for_again(
    endpoint: Endpoint, version: ApiVersion, status: int, body: bytes, meaning: type[EndpointError]
) -> None:
    headers = {"Location": endpoint.url + "/elsewhere"} if status == 302 else {}
    endpoint.answers(status, b"" if status == 204 else body, **headers)
    with pytest.raises(meaning) as told:
        endpoint.api(version).create("sd-job-1", REQUEST)
    assert told.value.status == status
    assert len(endpoint.seen) == 1


def test_a_refusal_tells_the_endpoint_s_words_but_no_sas(endpoint: Endpoint) -> None:
    """And tells them apart from its message, which logs show: they may quote a document."""
    endpoint.answers(400, sample("ga-error"))
    with pytest.raises(Refused) as refused:
        endpoint.api().create("sd-job-1", REQUEST)
    assert str(refused.value) == "The endpoint answered 400 (BadRequest)."
    assert refused.value.said == "BadRequest: The inputs is required."
    message = "Bad URL https://a.blob.core.windows.net/c?sp=rw&sig=hush, use another"
    endpoint.answers(400, json.dumps({"error": {"code": "BadRequest", "message": message}}).encode())
    with pytest.raises(Refused) as refused:
        endpoint.api().create("sd-job-1", REQUEST)
    assert "use another" in refused.value.said
    assert "hush" not in refused.value.said


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_no_word_of_an_error_is_in_its_message_but_a_code(endpoint: Endpoint, status: int) -> None:
    error = {"code": "Übung. It was not understood", "message": "Übung. It was not understood"}
    endpoint.answers(status, json.dumps({"error": error}, ensure_ascii=False).encode())
    with pytest.raises(EndpointError) as told:
        endpoint.api().create("sd-job-1", REQUEST)
    assert str(told.value) == f"The endpoint answered {status}."
    assert "Übung" in told.value.said


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("", None)])
def test_a_throttled_create_tells_how_long_to_wait(endpoint: Endpoint, header: str, seconds: float | None) -> None:
    endpoint.answers(429, Retry_After=header)
    with pytest.raises(NotAccepted) as told:
        endpoint.api().create("sd-job-1", REQUEST)
    assert told.value.retry_after == seconds


def test_no_connection_is_not_accepted() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(NotAccepted):
            HttpSpeechApi(url, GA, credential="k").create("sd-job-1", REQUEST)
    with pytest.raises(NotAccepted):
        HttpSpeechApi("http://nowhere.invalid", GA, credential="k").create("sd-job-1", REQUEST)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    """An RST instead of an answer."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
    handler.close_connection = True


def break_off(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{")
    hang_up(handler)


def babble(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01\x02 not http\r\n\r\n")
    hang_up(handler)


@BOTH
@pytest.mark.parametrize("act", [hang_up, reset, break_off, babble], ids=lambda act: act.__name__)
def test_a_connection_that_breaks_leaves_the_outcome_unknown(endpoint: Endpoint, version: ApiVersion, act: Act) -> None:
    endpoint.act = act
    with pytest.raises(OutcomeUnknown):
        endpoint.api(version).create("sd-job-1", REQUEST)
    assert len(endpoint.seen) == 1


def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(endpoint: Endpoint) -> None:
    done = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        done.wait(5)

    endpoint.act = wait
    with pytest.raises(OutcomeUnknown):
        endpoint.api(timeout=0.2).create("sd-job-1", REQUEST)
    done.set()
    assert len(endpoint.seen) == 1


def test_an_answer_that_drips_is_cut_off(endpoint: Endpoint) -> None:
    done = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not done.wait(0.05):
            try:
                handler.wfile.write(b"1\r\n \r\n")
            except OSError:
                break
        handler.close_connection = True

    endpoint.act = drip
    with pytest.raises(OutcomeUnknown):
        endpoint.api(timeout=0.3).create("sd-job-1", REQUEST)
    done.set()


def test_each_create_has_a_connection_of_its_own(endpoint: Endpoint) -> None:
    """One kept open might be closed by the server just as the next create is written."""
    callers: list[int] = []

    def keep_open(handler: BaseHTTPRequestHandler) -> None:
        callers.append(handler.client_address[1])
        answer(handler, 201, sample("ga-synthesis-not-started"), {})
        handler.close_connection = False

    endpoint.act = keep_open
    api = endpoint.api()
    for _ in range(2):
        api.create("sd-job-1", REQUEST)
    assert [seen.headers["Connection"] for seen in endpoint.seen] == ["close", "close"]
    assert len(set(callers)) == 2


def test_a_read_is_repeated_and_tells_when_it_gives_up(endpoint: Endpoint) -> None:
    api = endpoint.api()
    endpoint.answers(503, Retry_After="0")
    with pytest.raises(OutcomeUnknown):
        api.get("sd-job-1")
    assert len(endpoint.seen) == 3


def test_a_read_that_is_throttled_is_not_repeated_here(endpoint: Endpoint) -> None:
    """Whoever asked slows all instances down."""
    endpoint.answers(429, Retry_After="7")
    with pytest.raises(NotAccepted) as caught:
        endpoint.api().list(skip=0, top=1)
    assert (len(endpoint.seen), caught.value.retry_after) == (1, 7)


def test_an_item_that_cannot_be_read_is_left_out_of_its_page(endpoint: Endpoint) -> None:
    """A stranger's odd synthesis hides none of ours; one of ours that is not listed is asked for by GET."""
    page = json.loads(sample("ga-page"))
    del page["value"][1]["status"]
    endpoint.answers(200, json.dumps(page).encode())
    listed = endpoint.api().list(skip=0, top=2)
    assert [item.id for item in listed.items] == [item["id"] for item in page["value"] if "status" in item]
    assert len(listed.items) == len(page["value"]) - 1


@pytest.mark.parametrize(("version", "limit"), [(GA, 3), (PREVIEW, 2)], ids=lambda value: getattr(value, "name", ""))
def test_the_pipeline_waits_while_our_own_service_is_full(endpoint: Endpoint, version: ApiVersion, limit: int) -> None:
    """However either version says so: no document fails of it."""
    world = World(settings={"ACTIVE_LIMIT_PERCENT": "1"})
    for number in range(limit):
        world.create(f"job-{number}", version)
    endpoint.is_our_own(world, version)
    running = Running.begin(speech_api_version=version.name)
    running.p = replace(running.p, speech=endpoint.api(version, timeout=60))
    running.take("a.txt", note("a"))
    for _ in range(3):
        running.wait(5)
        poll(running.p)
    assert running.job().status is JobStatus.SEALED
    assert running.statuses("a.txt") == ["PENDING"]
    world.work()
    for _ in range(3):
        running.wait(15)  # longer than the service asks for
        poll(running.p)
    assert running.job().accepted
