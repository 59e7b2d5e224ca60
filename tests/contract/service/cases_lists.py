"""Cases of lists: pages, their order and links, and what their parameters may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.service.api import Api
from tests.contract.service.cases import Case, both, check_refusal, preview


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


CASES = [*_lists()]
