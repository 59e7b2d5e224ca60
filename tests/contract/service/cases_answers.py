"""Cases of the other answers: get, delete, headers, voices, the description."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from shared.batchapi.versions import GA, PREVIEW
from tests.contract.service.api import Api, at, new_id, ssml
from tests.contract.service.cases import both, check_refusal, ga, preview
from tests.contract.service.cases_lists import page
from tests.contract.service.cases_paths import VOICES

AS_PRINTED = Path(__file__).parents[2] / "samples" / "preview-create-as-printed.txt"


# Create, get.


def created_times(api: Api) -> None:
    shown = api.create().json
    for name in ("createdDateTime", "lastActionDateTime"):
        digits = api.version.fraction_digits
        assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{{digits}}}Z", shown[name])


def created_ends(api: Api) -> None:
    shown = api.spoken()
    assert shown["status"] == "Succeeded"
    assert shown["lastActionDateTime"] > shown["createdDateTime"]
    assert shown["properties"]["succeededAudioCount"] == 1
    assert shown["properties"]["failedAudioCount"] == 0


def as_printed(api: Api) -> None:
    """The page's curl body, byte for byte: raw newlines and tabs in strings, commas before closing brackets."""
    answer = api.send(AS_PRINTED.read_bytes())
    shown = api.ended(answer.id)
    assert (shown["status"], shown["displayName"], shown["description"]) == (
        "Succeeded",
        "batch synthesis sample",
        "my ssml test",
    )


def missing(id: str) -> Any:
    return lambda api: check_refusal(api.version, api.ask("GET", id), 404)


def not_of_the_other_version(api: Api) -> None:
    id = api.create().id
    other = api.speaking(PREVIEW if api.version is GA else GA)
    assert other.ask("GET", id).status == 404
    assert other.ask("DELETE", id).status == 204
    assert api.ask("GET", id).status == 200


def conflict(api: Api) -> None:
    id = new_id()
    assert api.create(id=id).status == 201
    answer = api.create(id=id)
    check_refusal(GA, answer, 409, "id")
    assert answer.error["code"] == "Conflict"
    api.ended(id)
    assert api.create(id=id).status == 409


def free_again(api: Api) -> None:
    id = new_id()
    first = api.spoken(id=id)
    assert api.ask("DELETE", id).status == 204
    assert api.create(id=id, description="another").status == 201
    second = api.ended(id)
    assert second["description"] == "another"
    assert urlsplit(first["outputs"]["result"]).path != urlsplit(second["outputs"]["result"]).path


def location(api: Api) -> None:
    answer = api.create()
    where = answer.headers["Location"]
    assert where == f"{api.url}/{PREVIEW.path}/{answer.id}"
    assert api.follow(where).json["id"] == answer.id
    assert "Operation-Id" not in answer.headers


# Delete.


def deleted(api: Api) -> None:
    shown = api.spoken()
    answer = api.ask("DELETE", shown["id"])
    assert (answer.status, answer.body) == (204, b"")
    assert api.ask("GET", shown["id"]).status == 404
    assert api.ask("DELETE", shown["id"]).status == 204
    assert all(item["id"] != shown["id"] for item in page(api)[api.version.page_items])
    assert api.session.get(shown["outputs"]["result"], timeout=10).status_code == 404


def deleted_failure(api: Api) -> None:
    shown = api.spoken(**ssml(api.version, "<speak"))
    assert shown["status"] == "Failed"
    assert api.ask("DELETE", shown["id"]).status == 204
    assert api.ask("GET", shown["id"]).status == 404


def deleted_nothing(api: Api) -> None:
    for id in (new_id(), "a b", "%00"):
        answer = api.ask("DELETE", id)
        assert (answer.status, answer.body) == (204, b"")


def running_stays(api: Api) -> None:
    id = api.create().id
    answer = api.ask("DELETE", id)
    check_refusal(PREVIEW, answer, 400)
    assert answer.error["code"] == "InvalidRequest"
    assert api.get(id)["status"] == "NotStarted"


def running_goes(api: Api) -> None:
    id = api.create().id
    assert api.ask("DELETE", id).status == 204
    assert api.ask("GET", id).status == 404


# Headers.


def every_answer_is_traced(api: Api) -> None:
    traces = {api.ask("GET").headers["apim-request-id"], api.ask("GET", new_id()).headers["apim-request-id"]}
    assert len({UUID(trace) for trace in traces}) == 2


def rate_headers(api: Api) -> None:
    answer = api.ask("GET", query={"top": "1"})
    assert answer.headers["X-RateLimit-Limit"] == "50"
    assert 0 <= int(answer.headers["X-RateLimit-Remaining"]) < 50
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.headers["X-RateLimit-Reset"])


def no_rate_headers(api: Api) -> None:
    assert not [name for name in api.ask("GET").headers if name.lower().startswith("x-ratelimit")]


# Voices, description.


def voices(api: Api) -> None:
    found = api.ask("GET", VOICES, query={}).json
    jenny = next(voice for voice in found if voice["ShortName"] == "en-US-JennyNeural")
    assert jenny["Name"] == "Microsoft Server Speech Text to Speech Voice (en-US, JennyNeural)"
    expected = {"DisplayName": "Jenny", "Gender": "Female", "Locale": "en-US", "VoiceType": "Neural", "Status": "GA"}
    assert expected.items() <= jenny.items()
    assert len({voice["ShortName"] for voice in found}) == len(found) > 100


def every_listed_voice_is_taken(api: Api) -> None:
    found = api.ask("GET", VOICES, query={}).json
    for voice in found[:: max(1, len(found) // 8)]:
        assert api.create(synthesisConfig={"voice": voice["ShortName"]}).status == 201


def description(api: Api) -> None:
    answer = api.ask("GET", "/openapi.json", query={}, headers={"Ocp-Apim-Subscription-Key": None})
    assert answer.json["openapi"] == "3.1.0"
    assert at(answer.json, f"paths./{GA.path}.get.operationId") == "list"


CASES = [
    *both("created-times", created_times),
    *both("created-ends", created_ends),
    preview("create-as-printed", as_printed),
    *both("get-missing", missing("no-such-id")),
    *both("get-missing-guid", missing(new_id())),
    *both("get-odd-id", missing("%00")),
    *both("get-long-id", missing("x" * 600)),
    *both("get-other-version", not_of_the_other_version),
    ga("id-taken", conflict),
    ga("id-free-again", free_again),
    preview("location", location),
    *both("deleted", deleted),
    *both("deleted-failure", deleted_failure),
    *both("deleted-nothing", deleted_nothing),
    preview("delete-running", running_stays, idle=True),
    ga("delete-running", running_goes, idle=True),
    *both("traced", every_answer_is_traced),
    preview("rate-headers", rate_headers),
    ga("rate-headers-none", no_rate_headers),
    ga("voices", voices),
    ga("voices-taken", every_listed_voice_is_taken),
    ga("openapi", description),
]
