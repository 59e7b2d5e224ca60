"""Cases of the GA version's operations."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.batchapi.versions import GA
from tests.contract.service.api import Api, body_of, new_id, ssml
from tests.contract.service.cases import Case, check_refusal, ga
from tests.contract.service.cases_paths import OPERATIONS


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


def operation_at_once(api: Api) -> None:
    """Of equal requests at the same time one is accepted, and all are answered with it."""
    headers, id = {"Operation-Id": f"op-{new_id()[:8]}"}, new_id()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.send(body_of(GA), id=id, headers=headers), range(6)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["createdDateTime"] for answer in answers}) == 1


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


def _reuses() -> Iterator[Case]:
    yield ga("operation-reused-body", operation_reused(({"description": "other"}, False)))
    yield ga("operation-reused-id", operation_reused(({}, True)))
    for name, id in {"short": "ab", "slash": "a/b", "long": "x" * 65, "blank": "a b c"}.items():
        yield ga(f"operation-id-{name}", operation_malformed(id))
    for name, id in {"unknown": new_id(), "short": "ab", "odd": "%00abc"}.items():
        yield ga(f"operation-missing-{name}", operation_missing(id))


CASES = [
    ga("operation-drawn", operation_is_drawn),
    ga("operation-kept", operation_is_kept),
    ga("operation-failed", operation_of_a_failure),
    ga("operation-waits", operation_waits, idle=True),
    ga("operation-repeated", operation_repeated),
    ga("operation-at-once", operation_at_once),
    *_reuses(),
    ga("operation-deleted", operation_deleted),
    ga("operation-version", operation_needs_version),
]
