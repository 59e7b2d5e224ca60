"""A synthesis's whole life over each storage: the service's rows, blobs and messages are such as both take."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.adapters.connect import Storage
from shared.adapters.memory import MemoryStorage
from shared.batchapi.versions import GA
from shared.engines import engine
from shared.service.context import Service
from shared.service.http import Request, Response, handle
from shared.service.records import SYNTHESES, SYNTHESES_END
from shared.service.speak import speak
from shared.service.tend import tend
from shared.service.tidy import purge
from shared.settings import Settings

Account = Storage | MemoryStorage


@pytest.fixture
def service(account: Account, unused: str) -> Service:
    environment = {
        "AzureWebJobsStorage": "unused",
        "CONTENT_STORAGE": "unused",
        "SERVICE_KEYS": "key",
        "ENGINE": "silence",
        "LEDGER": "true",
        "DESTINATION_HOSTS": "127.0.0.1",
        "SEGMENT_CHARACTERS": "200",
    }
    in_memory = account.blobs(f"{unused}r") if isinstance(account, MemoryStorage) else None
    return Service(
        settings=Settings.from_env(environment),
        clock=lambda: datetime.now(UTC),
        new_guid=lambda: str(uuid4()),
        syntheses=account.table(f"{unused}s"),
        work_items=account.table(f"{unused}w"),
        work=account.blobs(f"{unused}w"),
        outputs=account.blobs(f"{unused}o"),
        queue=account.queue(unused),
        open_container=lambda url: in_memory or account.open_container(url),
        engine=engine,
    )


def ask(service: Service, method: str, id: str | None = None, body: Any = None) -> Response:
    headers = {"ocp-apim-subscription-key": "key"}
    content = b"" if body is None else json.dumps(body).encode()
    url = f"http://127.0.0.1/{GA.path}"
    return handle(service, GA, Request(method=method, url=url, id=id, query=GA.query, headers=headers, body=content))


def work(service: Service, receive: Callable[[], list[str]]) -> None:
    while messages := receive():
        for message in messages:
            speak(service, message)


BODY = {
    "inputKind": "PlainText",
    "inputs": [{"content": f"Sentence {n} of a text of more than one segment. " * 5} for n in range(4)],
    "synthesisConfig": {"voice": "en-US-JennyNeural"},
    "properties": {"outputFormat": "audio-16khz-32kbitrate-mono-mp3", "timeToLiveInHours": 1},
}


def test_a_life_with_results_in_our_container(
    service: Service, receive: Callable[[], list[str]], fetch: Callable[[str], bytes]
) -> None:
    assert ask(service, "PUT", "job-1", BODY).status == 201
    assert ask(service, "PUT", "job-1", BODY).status == 409
    work(service, receive)
    shown = json.loads(ask(service, "GET", "job-1").body)
    assert (shown["status"], shown["properties"]["succeededAudioCount"]) == ("Succeeded", 4)
    with zipfile.ZipFile(io.BytesIO(fetch(shown["outputs"]["result"]))) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 9
    assert [item["id"] for item in json.loads(ask(service, "GET").body)["value"]] == ["job-1"]
    assert ask(service, "DELETE", "job-1").status == 204
    assert ask(service, "GET", "job-1").status == 404
    assert list(service.outputs.list()) == []
    assert [blob.name.partition("/")[0] for blob in service.work.list()] == ["ledger"]
    assert list(service.syntheses.query(GA.name, start=SYNTHESES, end=SYNTHESES_END)) == []


def test_a_life_with_results_in_the_caller_s_container(
    service: Service, receive: Callable[[], list[str]], account: Account, unused: str
) -> None:
    results = account.blobs(f"{unused}r")
    results.write("made/by/its/owner", b"")
    now = datetime.now(UTC)
    url = results.writable_link(starts=now - timedelta(minutes=15), expires=now + timedelta(hours=1))
    if isinstance(account, MemoryStorage):
        url = f"http://127.0.0.1:1/account/results?sp=cw&se={now.year + 1}-01-01&sig=x"
    properties = {"destinationContainerUrl": url, "decompressOutputFiles": True, "destinationPath": "books"}
    assert ask(service, "PUT", "job-1", {**BODY, "properties": properties}).status == 201
    work(service, receive)
    shown = json.loads(ask(service, "GET", "job-1").body)
    assert shown["outputs"] == {"result": "books/job-1", "summary": "books/job-1/summary.json"}
    names = [blob.name for blob in results.list("books/")]
    assert len(names) == 9
    assert json.loads(results.read("books/job-1/summary.json"))["results"][3]["audioFileName"] == "0004.wav"


def test_timers_find_what_to_do_and_its_end(service: Service, receive: Callable[[], list[str]]) -> None:
    assert ask(service, "PUT", "job-1", BODY).status == 201
    lost = receive()
    later = _at(service, timedelta(hours=1))
    tend(later)
    again = receive()
    assert sorted(json.loads(message)["item"] for message in again) == sorted(
        json.loads(message)["item"] for message in lost
    )
    for message in again:
        speak(service, message)
    work(service, receive)
    assert purge(service) == 0
    assert purge(_at(service, timedelta(hours=2))) == 1
    assert ask(service, "GET", "job-1").status == 404


def _at(service: Service, later: timedelta) -> Service:
    return replace(service, clock=lambda: datetime.now(UTC) + later)
