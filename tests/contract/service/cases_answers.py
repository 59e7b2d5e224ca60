"""Cases of the other operations: get, list, delete, operations, versions, methods, paths, headers, voices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from tests.contract.service.api import BOTH, Api, Case, at, body_of, check_refusal, new_id, ssml

AS_PRINTED = Path(__file__).parents[2] / "samples" / "preview-create-as-printed.txt"
OPERATIONS = "/texttospeech/operations"
VOICES = "/cognitiveservices/voices/list"


def both(name: str, play: Any, *, alone: bool = False) -> Iterator[Case]:
    for version in BOTH:
        yield Case(name=name, version=version, play=play, alone=alone)


def ga(name: str, play: Any, *, idle: bool = False) -> Case:
    return Case(name=name, version=GA, play=play, idle=idle, alone=idle)


def preview(name: str, play: Any, *, idle: bool = False) -> Case:
    return Case(name=name, version=PREVIEW, play=play, idle=idle, alone=idle)


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


# Operations.


def operation_is_drawn(api: Api) -> None:
    answer = api.create()
    operation = answer.headers["Operation-Id"]
    where = f"{api.url}{OPERATIONS}/{operation}?api-version={GA.name}"
    assert answer.headers["Operation-Location"] == where
    assert api.follow(where).json["id"] == operation


def operation_is_kept(api: Api) -> None:
    operation = f"op-{new_id()[:8]}"
    answer = api.send(body_of(GA), headers={"Operation-Id": operation})
    assert answer.headers["Operation-Id"] == operation
    api.ended(answer.id)
    assert api.follow(answer.headers["Operation-Location"]).json == {"id": operation, "status": "Succeeded"}


def operation_of_a_failure(api: Api) -> None:
    answer = api.create(**ssml(GA, "<speak"))
    api.ended(answer.id)
    assert api.follow(answer.headers["Operation-Location"]).json["status"] == "Failed"


def operation_waits(api: Api) -> None:
    answer = api.create()
    assert api.follow(answer.headers["Operation-Location"]).json["status"] == "NotStarted"
    assert api.ask("DELETE", answer.id).status == 204


def operation_repeated(api: Api) -> None:
    headers, id = {"Operation-Id": f"op-{new_id()[:8]}"}, new_id()
    first = api.send(body_of(GA), id=id, headers=headers)
    again = api.send(body_of(GA), id=id, headers=headers)
    assert (first.id, again.id) == (id, id)
    assert first.json["createdDateTime"] == again.json["createdDateTime"]


def operation_reused(change: Any) -> Any:
    def play(api: Api) -> None:
        headers, id = {"Operation-Id": f"op-{new_id()[:8]}"}, new_id()
        assert api.send(body_of(GA), id=id, headers=headers).status == 201
        members, other = change
        answer = api.send(body_of(GA, **members), id=new_id() if other else id, headers=headers)
        check_refusal(GA, answer, 400, "Operation-Id")

    return play


def operation_malformed(operation: str) -> Any:
    def play(api: Api) -> None:
        answer = api.send(body_of(GA), headers={"Operation-Id": operation})
        check_refusal(GA, answer, 400, "Operation-Id")

    return play


def operation_missing(id: str) -> Any:
    return lambda api: check_refusal(GA, api.ask("GET", f"{OPERATIONS}/{id}"), 404)


def operation_deleted(api: Api) -> None:
    answer = api.create()
    assert api.ask("DELETE", answer.id).status == 204
    assert api.follow(answer.headers["Operation-Location"]).status == 404


def operation_needs_version(api: Api) -> None:
    where = api.create().headers["Operation-Location"].partition("?")[0]
    check_refusal(GA, api.follow(where), 400, "api-version")


def location(api: Api) -> None:
    answer = api.create()
    where = answer.headers["Location"]
    assert where == f"{api.url}/{PREVIEW.path}/{answer.id}"
    assert api.follow(where).json["id"] == answer.id
    assert "Operation-Id" not in answer.headers


# List.


def page(api: Api, **query: str) -> Any:
    answer = api.ask("GET", query={**api.version.query, **query})
    assert answer.status == 200, answer
    return answer.json


def listed_newest_first(api: Api) -> None:
    ids = [api.create().id for _ in range(3)]
    found = page(api, **{api.version.page_size: "3"})[api.version.page_items]
    assert [item["id"] for item in found] == ids[::-1]


def listed_as_shown(api: Api) -> None:
    shown = api.spoken()
    found = page(api)[api.version.page_items]
    item = next(item for item in found if item["id"] == shown["id"])
    del shown["outputs"], item["outputs"]
    assert item == shown


def listed_by_links(api: Api) -> None:
    """Every page of the whole list, by its links as they are; each synthesis once, newest first.

    In pages large enough that the other cases' syntheses, too, come within one caller's requests for five seconds.
    """
    version = api.version
    for _ in range(21):
        api.create()
    found = page(api, **{version.page_size: "20"})
    seen = [item["id"] for item in found[version.page_items]]
    while link := found.get(version.next_link):
        assert len(found[version.page_items]) == 20
        found = api.follow(link).json
        seen += [item["id"] for item in found[version.page_items]]
    assert len(seen) == len(set(seen)) > 20


def listed_link(api: Api) -> None:
    """The published example's numbers."""
    api.create(), api.create(), api.create(), api.create()
    version = api.version
    link = page(api, skip="1", **{version.page_size: "2"})[version.next_link]
    expected = {"skip": ["3"], version.page_size: ["2"], **{name: [text] for name, text in version.query.items()}}
    assert parse_qs(urlsplit(link).query) == expected
    assert link.partition("?")[0] == version.collection_url(api.url)


def listed_no_further(api: Api) -> None:
    found = page(api, skip="1000000")
    assert found == {api.version.page_items: []}


def listed_at_most_100(api: Api) -> None:
    ids = [
        [item["id"] for item in page(api, **size)[api.version.page_items]]
        for size in ({}, {api.version.page_size: "100"})
    ]
    assert ids[0] == ids[1]


def list_refused(name: str, value: str, message: str) -> Any:
    def play(api: Api) -> None:
        parameter = api.version.page_size if name == "size" else name
        answer = api.ask("GET", query={**api.version.query, parameter: value})
        check_refusal(api.version, answer, 400, parameter)
        assert answer.error["message"] == message.format(parameter)

    return play


LIST_REFUSALS = {
    "size-101": ("size", "101", "The {} parameter should not be greater than 100."),
    "size-200": ("size", "200", "The {} parameter should not be greater than 100."),
    "size-0": ("size", "0", "The {} parameter should be a number from 1 to 100."),
    "size-negative": ("size", "-1", "The {} parameter should be a number from 1 to 100."),
    "size-word": ("size", "all", "The {} parameter should be a number from 1 to 100."),
    "size-fraction": ("size", "1.5", "The {} parameter should be a number from 1 to 100."),
    "skip-negative": ("skip", "-1", "The {} parameter should be a number from 0 to 1000000."),
    "skip-word": ("skip", "all", "The {} parameter should be a number from 0 to 1000000."),
    "skip-huge": ("skip", "9" * 30, "The {} parameter should be a number from 0 to 1000000."),
    "skip-arabic": ("skip", "٣", "The {} parameter should be a number from 0 to 1000000."),
}


def preview_error_as_printed(api: Api) -> None:
    answer = api.ask("GET", query={"skip": "0", "top": "200"})
    message = "The top parameter should not be greater than 100."
    inner = {"code": "InvalidParameter", "message": message}
    assert answer.json == {"code": "InvalidRequest", "message": message, "innerError": inner}


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


# Versions, methods, paths, headers.


def wrong_version(method: str, query: dict[str, str]) -> Any:
    def play(api: Api) -> None:
        path = None if method == "LIST" else new_id()
        answer = api.ask(method.replace("LIST", "GET"), path, query=query, body=body_of(GA))
        check_refusal(GA, answer, 400, "api-version")
        assert GA.name in answer.error["message"]

    return play


VERSIONS: dict[str, dict[str, str]] = {
    "missing": {},
    "empty": {"api-version": ""},
    "former": {"api-version": "2023-09-01"},
    "preview": {"api-version": "3.1-preview1"},
    "blank": {"api-version": " 2024-04-01"},
}


def no_version_needed(api: Api) -> None:
    assert api.ask("GET", query={"api-version": "2024-04-01"}).status == 200


def no_such_method(method: str, path: str | None, allowed: str) -> Any:
    def play(api: Api) -> None:
        answer = api.ask(method, path, body=body_of(api.version))
        assert answer.status == 405, answer
        assert answer.headers["Allow"] == allowed
        if method != "HEAD":
            check_refusal(api.version, answer, 405)

    return play


def no_such_path(path: str, method: str = "GET") -> Any:
    return lambda api: check_refusal(api.version, api.ask(method, path), 404)


PATHS: list[tuple[ApiVersion, str]] = [
    (GA, "/texttospeech"),
    (GA, "/texttospeech/batchsynthesises"),
    (GA, "/texttospeech/batchsyntheses/a/b"),
    (GA, "/texttospeech/operations"),
    (GA, "/texttospeech/3.1-preview1/batchsynthesis"),
    (PREVIEW, "/api/texttospeech/3.1-preview2/batchsynthesis"),
    (PREVIEW, "/api/texttospeech/v3.0/longaudiosynthesis"),
    (PREVIEW, "/api/texttospeech/3.1-preview1/batchsynthesis/a/b"),
]


def every_answer_is_traced(api: Api) -> None:
    traces = {api.ask("GET").headers["apim-request-id"], api.ask("GET", new_id()).headers["apim-request-id"]}
    assert len({UUID(trace) for trace in traces}) == 2


def trailing_slash(api: Api) -> None:
    assert api.ask("GET", f"/{api.version.path}/").status == 200


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


def _reuses() -> Iterator[Case]:
    yield ga("operation-reused-body", operation_reused(({"description": "other"}, False)))
    yield ga("operation-reused-id", operation_reused(({}, True)))
    for name, id in {"short": "ab", "slash": "a/b", "long": "x" * 65, "blank": "a b c"}.items():
        yield ga(f"operation-id-{name}", operation_malformed(id))
    for name, id in {"unknown": new_id(), "short": "ab", "odd": "%00abc"}.items():
        yield ga(f"operation-missing-{name}", operation_missing(id))


def _lists() -> Iterator[Case]:
    yield from both("list-newest-first", listed_newest_first, alone=True)
    yield from both("list-as-get", listed_as_shown, alone=True)
    yield from both("list-by-links", listed_by_links, alone=True)
    yield from both("list-link", listed_link, alone=True)
    yield from both("list-end", listed_no_further)
    yield from both("list-default-100", listed_at_most_100, alone=True)
    for name, (parameter, value, message) in LIST_REFUSALS.items():
        yield from both(f"list-{name}", list_refused(parameter, value, message))
    yield preview("list-error-as-printed", preview_error_as_printed)


def _wrong_versions() -> Iterator[Case]:
    for name, query in VERSIONS.items():
        for method in ("LIST", "GET", "PUT", "DELETE"):
            yield ga(f"version-{name}-{method}", wrong_version(method, query))
    yield preview("version-not-needed", no_version_needed)


def _wrong_methods() -> Iterator[Case]:
    for method in ("POST", "PATCH", "HEAD", "OPTIONS"):
        yield ga(f"method-item-{method}", no_such_method(method, "some-id", "DELETE, GET, PUT"))
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        yield ga(f"method-list-{method}", no_such_method(method, None, "GET"))
        yield ga(f"method-operation-{method}", no_such_method(method, f"{OPERATIONS}/some-id", "GET"))
    for method in ("PUT", "DELETE", "PATCH"):
        yield preview(f"method-list-{method}", no_such_method(method, None, "GET, POST"))
    for method in ("PUT", "POST", "PATCH", "HEAD"):
        yield preview(f"method-item-{method}", no_such_method(method, new_id(), "DELETE, GET"))
    yield ga("method-voices-POST", no_such_method("POST", VOICES, "GET"))
    for version, path in PATHS:
        yield Case(name=f"path-{path}", version=version, play=no_such_path(path))
    yield ga("path-PUT", no_such_path("/texttospeech/batch", "PUT"))


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
    ga("operation-drawn", operation_is_drawn),
    ga("operation-kept", operation_is_kept),
    ga("operation-failed", operation_of_a_failure),
    ga("operation-waits", operation_waits, idle=True),
    ga("operation-repeated", operation_repeated),
    *_reuses(),
    ga("operation-deleted", operation_deleted),
    ga("operation-version", operation_needs_version),
    preview("location", location),
    *_lists(),
    *both("deleted", deleted),
    *both("deleted-failure", deleted_failure),
    *both("deleted-nothing", deleted_nothing),
    preview("delete-running", running_stays, idle=True),
    ga("delete-running", running_goes, idle=True),
    *_wrong_versions(),
    *_wrong_methods(),
    *both("traced", every_answer_is_traced),
    *both("trailing-slash", trailing_slash),
    preview("rate-headers", rate_headers),
    ga("rate-headers-none", no_rate_headers),
    ga("voices", voices),
    ga("voices-taken", every_listed_voice_is_taken),
    ga("openapi", description),
]
