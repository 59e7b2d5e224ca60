"""Cases of the pages' own examples: each published create is sent, and each published answer compared as a whole.

What differs from run to run (ids, times, sizes, links) has the form that is published; all else is equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.batchapi.versions import GA
from tests.contract.service.api import Answer, Api, new_id, summary_of
from tests.contract.service.cases import ga, preview
from tests.contract.service.cases_destinations import destination

SAMPLES = Path(__file__).parents[2] / "samples"
FORMS: Mapping[str, str] = {
    "id": r"[\w.-]+",
    "jobID": r"[\w-]{36}",
    "createdDateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3}|\d{7})Z?",
    "lastActionDateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3}|\d{7})Z?",
    "result": r"https?://[^?]+/results\.zip\?\S+",
    **dict.fromkeys(["sizeInBytes", "durationInMilliseconds", "audioSize", "durationInTicks"], r"[1-9]\d*"),
    **dict.fromkeys(["neural", "Neural"], r"[1-9]\d*"),  # the pages of the preview count spaces as nobody can tell
    "duration": r"PT[\d.]+S",
    "nextLink": r"https?://\S+",
    "@nextLink": r"https?://\S+",
}
"""Of members that differ, by name."""


def published(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def check(found: Any, expected: Any, where: str = "") -> None:
    """That `found` has the members of `expected` and no others, each of its type, and of its value or form."""
    assert type(found) is type(expected), where
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for name, value in expected.items():
            check(found[name], value, f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for number, value in enumerate(expected):
            check(found[number], value, f"{where}.{number}")
    elif form := FORMS.get(where.rpartition(".")[2]):
        assert re.fullmatch(form, str(found)), where
        assert re.fullmatch(form, str(expected)), f"{where}, as published"
    else:
        assert found == expected, where


def sent(api: Api, name: str) -> Answer:
    body = (SAMPLES / f"{name}.txt").read_bytes() if name.endswith("printed") else published(name)
    answer = api.send(body)
    assert answer.status == 201, answer
    return answer


def plays_ssml(create: str, started: str, succeeded: str, summary: str, **differing: Any) -> Any:
    """A create of one SSML input, and all that is shown of it until its summary. `differing`: what two pages of the
    vendor's tell differently of one synthesis."""

    def play(api: Api) -> None:
        answer = sent(api, create)
        check(answer.json, published(started))
        shown = api.ended(answer.id)
        check(shown, {**published(succeeded), **differing})
        check(summary_of(api.files(shown)), without_times(summary))

    return play


def without_times(summary: str) -> Any:
    """The published GA summary names files of times, which its create did not ask for."""
    expected = published(summary)
    for result in expected["results"]:
        for name in ("wordBoundaryFileName", "sentenceBoundaryFileName"):
            result.pop(name, None)
    return expected


def ga_plain(api: Api) -> None:
    """Into a container of this caller's, as the published one is another's."""
    body = published("ga-create-plain")
    body["properties"]["destinationContainerUrl"] = destination(api)
    answer = api.send(body)
    assert answer.status == 201, answer
    assert {name: answer.json[name] for name in ("inputKind", "description", "synthesisConfig", "customVoices")} == {
        name: body[name] for name in ("inputKind", "description", "synthesisConfig", "customVoices")
    }
    shown = api.ended(answer.id)
    assert shown["status"] == "Succeeded"
    assert shown["properties"]["succeededAudioCount"] == len(body["inputs"])
    assert "destinationContainerUrl" not in json.dumps(shown)


def preview_plain(api: Api) -> None:
    body = published("preview-create-plain")
    answer = sent(api, "preview-create-plain")
    expected = published("preview-page")["values"][1]
    expected |= {"customProperties": body["customProperties"]}
    expected["properties"] |= {"timeToLive": "PT12H", "concatenateResult": True, "succeededAudioCount": 2}
    expected["properties"]["billingDetails"]["neural"] = sum(len(item["text"]) for item in body["inputs"])
    check(api.ended(answer.id), expected)


def page(api: Api) -> None:
    """Two to a page, the newest first, of which the older has ended."""
    first, second = new_id(), new_id()
    body = published("ga-create-ssml")
    for id in (first, second):
        assert api.send(body, id=id).status == 201
        api.ended(id)
    found = api.ask("GET", query={**GA.query, "skip": "0", "maxpagesize": "2"}).json
    assert [item["id"] for item in found["value"]] == [second, first]
    ended = published("ga-synthesis-succeeded")
    check(found, {"value": [ended, ended], "nextLink": published("ga-page")["nextLink"]})


def no_inputs(api: Api) -> None:
    answer = api.create(inputs=None)
    assert (answer.status, answer.headers["x-ms-error-code"]) == (400, published("ga-error")["error"]["code"])
    check(answer.json, {"error": {**published("ga-error")["error"], **rest(answer)}})


def rest(answer: Answer) -> dict[str, Any]:
    """Our words may be others, and name the member besides."""
    return {name: value for name, value in answer.error.items() if name in ("message", "target")}


CASES = [
    ga(
        "published-ssml",
        plays_ssml("ga-create-ssml", "ga-synthesis-not-started", "ga-synthesis-succeeded", "ga-summary"),
    ),
    ga("published-plain", ga_plain),
    ga("published-error", no_inputs),
    preview(
        "published-ssml",
        plays_ssml(
            "preview-create-as-printed",
            "preview-synthesis-not-started",
            "preview-synthesis-succeeded",
            "preview-summary",
            description="my ssml test",
        ),
    ),
    preview("published-plain", preview_plain),
]
LAST_CASES = [replace(ga("published-page", page), alone=True)]
"""It is about the newest of all."""
