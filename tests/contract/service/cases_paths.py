"""Cases of what is asked: versions, methods and paths that there are, and that there are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from tests.contract.service.api import Api, body_of, new_id
from tests.contract.service.cases import Case, both, check_refusal, ga, preview

OPERATIONS = "/texttospeech/operations"
VOICES = "/cognitiveservices/voices/list"


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


def trailing_slash(api: Api) -> None:
    assert api.ask("GET", f"/{api.version.path}/").status == 200


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


CASES = [*_wrong_versions(), *_wrong_methods(), *both("trailing-slash", trailing_slash)]
