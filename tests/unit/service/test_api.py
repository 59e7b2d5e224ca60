"""The service's four operations in both versions, over the storage twins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.batchapi.codec import read_page, read_synthesis
from shared.batchapi.model import SynthesisStatus
from shared.batchapi.problems import write_error
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.errors import StorageError
from tests.unit.service.world import BODIES, DESTINATION, ENDPOINT, World

AS_PRINTED = Path(__file__).parents[2] / "samples" / "preview-create-as-printed.txt"
BOTH = pytest.mark.parametrize("version", [GA, PREVIEW], ids=lambda version: version.name)


@pytest.fixture
def world() -> World:
    return World()


def error(body: bytes) -> Any:
    found = json.loads(body)
    return found.get("error", found)


@BOTH
def test_a_synthesis_is_created_spoken_and_shown(world: World, version: ApiVersion) -> None:
    id = world.create("job-1", version)
    assert world.get(id, version)["status"] == "NotStarted"
    world.work()
    synthesis = read_synthesis(version, world.get(id, version))
    assert synthesis.status is SynthesisStatus.SUCCEEDED
    assert synthesis.outcome is not None
    assert (synthesis.outcome.succeeded, synthesis.outcome.failed, synthesis.outcome.duration_ms) == (1, 0, 1000)
    assert synthesis.outcome.size_bytes == 48_000
    assert synthesis.outcome.billed_characters == {"neural": 15}
    assert synthesis.result is not None
    files = world.archive(synthesis.result)
    assert list(files) == ["0001.wav", "0001.debug.json", "summary.json"]
    assert len(files["0001.wav"]) == 48_044


def test_a_ga_create_tells_its_operation(world: World) -> None:
    response = world.ask("PUT", "job-1", BODIES[GA.name], headers={"operation-id": "op-1"})
    assert response.headers["Operation-Id"] == "op-1"
    location = f"{ENDPOINT}/texttospeech/operations/op-1?api-version=2024-04-01"
    assert response.headers["Operation-Location"] == location


def test_a_preview_create_draws_an_id_and_tells_where_the_synthesis_is(world: World) -> None:
    response = world.ask("POST", None, BODIES[PREVIEW.name], version=PREVIEW)
    id = json.loads(response.body)["id"]
    assert response.headers["Location"] == f"{ENDPOINT}/api/texttospeech/3.1-preview1/batchsynthesis/{id}"


def test_the_preview_page_s_curl_body_is_taken_byte_for_byte(world: World) -> None:
    response = world.ask("POST", None, AS_PRINTED.read_bytes(), version=PREVIEW)
    assert response.status == 201
    id = json.loads(response.body)["id"]
    world.work()
    assert world.get(id, PREVIEW)["status"] == "Succeeded"


def test_an_id_is_taken_once_even_by_two_at_the_same_time(world: World) -> None:
    world.create("job-1")
    again = world.ask("PUT", "job-1", BODIES[GA.name])
    assert (again.status, again.headers["x-ms-error-code"]) == (409, "Conflict")
    assert world.ledger() == ["job-1"]


def test_an_id_that_is_free_again_names_another_synthesis(world: World) -> None:
    world.create("job-1")
    world.work()
    assert world.ask("DELETE", "job-1").status == 204
    world.create("job-1", inputs=[{"content": "Another text."}])
    world.work()
    summary = json.loads(world.archive(world.get("job-1")["outputs"]["result"])["summary.json"])
    assert summary["results"][0]["contents"] == ["Another text."]
    assert world.ledger() == ["job-1", "job-1"]


@BOTH
def test_versions_do_not_see_each_other_s_syntheses(world: World, version: ApiVersion) -> None:
    id = world.create("job-1", version)
    other = PREVIEW if version is GA else GA
    assert world.ask("GET", id, version=other).status == 404


@BOTH
def test_a_list_is_newest_first_and_paged_by_its_own_links(world: World, version: ApiVersion) -> None:
    ids = []
    for number in range(5):
        ids.append(world.create(f"job-{number}", version))
        world.wait(1)
    seen, skip = [], 0
    while True:
        response = world.ask("GET", query={"skip": str(skip), version.page_size: "2"}, version=version)
        page = read_page(version, json.loads(response.body))
        seen += [item.id for item in page.items]
        if not page.more:
            break
        skip += 2
        assert f"skip={skip}&{version.page_size}=2" in json.loads(response.body)[version.next_link]
    assert seen == ids[::-1]


LIST_REFUSALS = [
    (GA, {"maxpagesize": "101"}, "The maxpagesize parameter should not be greater than 100."),
    (PREVIEW, {"top": "200"}, "The top parameter should not be greater than 100."),
    (GA, {"maxpagesize": "0"}, "The maxpagesize parameter should be a number from 1 to 100."),
    (GA, {"skip": "-1"}, "The skip parameter should be a number from 0 to 1000000."),
    (GA, {"skip": "٣"}, "The skip parameter should be a number from 0 to 1000000."),
]


@pytest.mark.parametrize(("version", "query", "message"), LIST_REFUSALS)
def test_a_list_refuses_what_is_no_page(world: World, version: ApiVersion, query: dict[str, str], message: str) -> None:
    response = world.ask("GET", query=query, version=version)
    assert response.status == 400
    assert error(response.body)["message"] == message


@BOTH
def test_what_is_not_there_is_404_and_deleted_already(world: World, version: ApiVersion) -> None:
    for id in ("missing", "a/b", "%00", "x" * 600):
        assert world.ask("GET", id, version=version).status == 404
        assert world.ask("DELETE", id, version=version).status == 204


@BOTH
def test_a_deleted_synthesis_leaves_nothing_but_its_ledger(world: World, version: ApiVersion) -> None:
    id = world.create("job-1", version)
    world.work()
    assert world.ask("DELETE", id, version=version).status == 204
    assert world.ask("GET", id, version=version).status == 404
    assert world.rows("syntheses", GA.name, PREVIEW.name) == []
    assert world.blobs("outputs") == {}
    assert [name.split("/")[0] for name in world.blobs("work")] == ["ledger"]
    assert world.ledger(version) == [id]


def test_a_running_ga_synthesis_can_be_deleted_and_its_workers_stop(world: World) -> None:
    world.create("job-1")
    assert world.ask("DELETE", "job-1").status == 204
    world.work()
    assert world.rows("syntheses", GA.name) == []
    assert world.blobs("outputs") == {}


def test_a_running_preview_synthesis_cannot_be_deleted(world: World) -> None:
    id = world.create(version=PREVIEW)
    response = world.ask("DELETE", id, version=PREVIEW)
    assert (response.status, error(response.body)["code"]) == (400, "InvalidRequest")
    assert world.get(id, PREVIEW)["status"] == "NotStarted"


REFUSED_KEYS: list[dict[str, str]] = [{"ocp-apim-subscription-key": key} for key in ("", "wrong", "local-ke", "ключ")]


@pytest.mark.parametrize("headers", REFUSED_KEYS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nobody_enters_without_a_key(world: World, method: str, headers: dict[str, str]) -> None:
    response = world.ask(method, "job-1", BODIES[GA.name], headers=headers)
    assert (response.status, response.headers["x-ms-error-code"]) == (401, "401")
    assert world.ledger() == []


def test_a_service_without_keys_lets_nobody_in() -> None:
    world = World(settings={"SERVICE_KEYS": ""})
    assert world.ask("GET", headers={"ocp-apim-subscription-key": ""}).status == 401


def test_every_key_opens(world: World) -> None:
    assert world.ask("GET", headers={"ocp-apim-subscription-key": "another-key"}).status == 200


@pytest.mark.parametrize("query", [{"api-version": ""}, {"api-version": "2023-09-01"}])
def test_a_ga_request_names_its_version(world: World, query: dict[str, str]) -> None:
    response = world.ask("GET", query=query)
    assert (response.status, error(response.body)["target"]) == (400, "api-version")


@pytest.mark.parametrize(("version", "method"), [(GA, "POST"), (PREVIEW, "PUT"), (GA, "PATCH")])
def test_other_methods_are_refused(world: World, version: ApiVersion, method: str) -> None:
    assert world.ask(method, "job-1", BODIES[version.name], version=version).status == 405


CREATE_REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"inputs": []}, "inputs"),
    ({"synthesisConfig": {"voice": "xx-XX-NobodyNeural"}}, "synthesisConfig.voice"),
    ({"properties": {"outputFormat": "audio-16khz-16kbps-mono-siren"}}, "properties.outputFormat"),
    ({"properties": {"decompressOutputFiles": True}}, "properties.decompressOutputFiles"),
    (
        {"properties": {"destinationContainerUrl": "https://example.com/c?sig=secret"}},
        "properties.destinationContainerUrl",
    ),
    ({"customVoices": {str(n): "abc" for n in range(5_000)}}, "customVoices"),
]


@pytest.mark.parametrize(
    ("members", "target"), CREATE_REFUSALS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_create_that_cannot_be_kept_is_refused_by_name(world: World, members: dict[str, Any], target: str) -> None:
    response = world.ask("PUT", "job-1", {**BODIES[GA.name], **members})
    assert response.status == 400
    assert error(response.body)["target"] == target
    assert b"secret" not in response.body
    assert world.rows("syntheses", GA.name) == []


@pytest.mark.parametrize("id", ["ab", ".abc", "a" * 65, "a b c", "abc-"])
def test_an_id_has_the_documented_form(world: World, id: str) -> None:
    assert world.ask("PUT", id, BODIES[GA.name]).status == 400


@BOTH
def test_a_body_at_the_limit_is_taken_and_one_byte_more_is_not(world: World, version: ApiVersion) -> None:
    body = json.dumps(BODIES[version.name]).encode()
    full = body + b" " * (version.max_body_bytes - len(body))
    id = "job-1" if version is GA else None
    assert world.ask(version.create_method, id, full + b" ", version=version).status == 413
    assert world.ask(version.create_method, id, full, version=version).status == 201


def test_the_destination_is_never_shown(world: World) -> None:
    world.create(properties={"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True})
    answers = [world.ask("GET", "job-1").body, world.ask("GET").body]
    world.work()
    answers += [world.ask("GET", "job-1").body, *world.blobs("results").values()]
    assert not [answer for answer in answers if b"sig=" in answer or b"secret" in answer]


def test_storage_that_does_not_answer_is_a_503_not_a_refusal(world: World) -> None:
    class Away:
        def get(self, partition: str, key: str) -> None:
            raise StorageError("no answer", status=0)

    service = world.with_ports(lambda name, port: Away() if name == "syntheses" else port)
    response = world.ask("PUT", "job-1", BODIES[GA.name], service=service)
    assert (response.status, response.headers["Retry-After"]) == (503, "1")


@BOTH
@pytest.mark.parametrize("method", ["GET", "POST or PUT", "DELETE"])
def test_a_fault_of_ours_is_the_documented_500_without_its_words(
    world: World, version: ApiVersion, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ValueError("https://example.com/c?sig=secret")

    method = version.create_method if "PUT" in method else method
    id = None if method == "POST" else "job-1"
    service = world.with_ports(lambda name, port: Broken() if name == "syntheses" else port)
    response = world.ask(method, id, BODIES[version.name], version=version, service=service)
    assert (response.status, response.headers["x-ms-error-code"]) == (500, "InternalServerError")
    trace, message = response.headers["apim-request-id"], error(response.body)["message"]
    assert json.loads(response.body) == write_error(version, "InternalServerError", message)
    assert trace in message
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{method} failed: ValueError in test_api.py, line ")
    assert said.endswith(f"({trace})")
    assert "secret" not in caplog.text + response.body.decode()


@BOTH
def test_a_create_is_answered_as_accepted_although_the_queue_fails(world: World, version: ApiVersion) -> None:
    """And spoken once a timer has sent what was not sent."""

    class Away:
        def send(self, message: str) -> None:
            raise StorageError("The queue: no answer of the storage.", status=503)

    service = world.with_ports(lambda name, port: Away() if name == "queue" else port)
    id = "job-1" if version is GA else None
    response = world.ask(version.create_method, id, BODIES[version.name], version=version, service=service)
    assert response.status == 201
    assert world.ledger(version) == [json.loads(response.body)["id"]]
    world.recover()
    assert world.get(json.loads(response.body)["id"], version)["status"] == "Succeeded"


@BOTH
def test_a_result_is_unpacked_into_the_container_that_was_brought(world: World, version: ApiVersion) -> None:
    brought = replace(world.service, byos=world.storage.blobs("brought"))
    body = {**BODIES[version.name], "properties": {"decompressOutputFiles": True}}
    answer = world.ask(
        version.create_method, "job-1" if version is GA else None, body, version=version, service=brought
    )
    id = json.loads(answer.body)["id"]
    world.work(brought)
    shown = world.get(id, version)
    folder = shown["outputs"]["result"]
    assert set(world.blobs("brought")) == {
        f"{folder}/{name}" for name in ("0001.wav", "0001.debug.json", "summary.json")
    }
    assert ("summary" in shown["outputs"]) is (version is GA)
    assert world.ask("DELETE", id, version=version, service=brought).status == 204
    assert len(world.blobs("brought")) == 3
    assert world.rows("syntheses", GA.name, PREVIEW.name) == []


def test_a_container_that_is_no_longer_brought_fails_the_synthesis(world: World) -> None:
    brought = replace(world.service, byos=world.storage.blobs("brought"))
    body = {**BODIES[GA.name], "properties": {"decompressOutputFiles": True}}
    assert world.ask("PUT", "job-1", body, service=brought).status == 201
    world.work()
    assert world.get("job-1")["properties"]["error"]["code"] == "DestinationNotWritable"
