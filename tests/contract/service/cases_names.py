"""Cases of creates: names of members and of one's own, ids, and what the answer holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.batchapi.formats import DEFAULT_FORMAT
from shared.batchapi.versions import GA, PREVIEW
from tests.contract.service.api import BOTH, JENNY, Api, at, new_id, ssml
from tests.contract.service.cases import Case, accepted, check_refusal, refused
from tests.contract.service.cases_create import FLAGS
from tests.unit.service.world import BODIES


def names() -> Iterator[Case]:
    for version in BOTH:
        body = {**BODIES[version.name], "properties": {"wordBoundaryEnabled": True}}
        shown = {"properties.wordBoundaryEnabled": True, "synthesisConfig.voice": JENNY}
        for name, spell in {"lower": str.lower, "upper": str.upper, "pascal": lambda s: s[0].upper() + s[1:]}.items():
            respelled = _respelled(body, spell)
            gone: dict[str, Any] = dict.fromkeys(BODIES[version.name])
            yield accepted(f"names-{name}", version, shown, **{**gone, **respelled})
        read_only = {
            "id": "mine",
            "status": "Succeeded",
            "createdDateTime": "0001-01-01T00:00:00",
            "lastActionDateTime": "0001-01-01T00:00:00",
            "outputs": {"result": "mine"},
        }
        yield accepted("read-only-members", version, {"status": "NotStarted", "outputs": ...}, **read_only)
        yield accepted(
            "read-only-properties", version, {f"properties.{version.size}": ...}, properties={version.size: 1}
        )
        yield accepted(
            "unknown-members", version, {"surprise": ...}, surprise={"a": [1, None]}, properties={"other": 1}
        )
        yield accepted("description", version, {"description": "my ssml test"}, description="my ssml test")
        yield accepted("description-none", version, {"description": ...})
        yield refused("description-number", version, "description", description=1)
        yield refused("description-long", version, "description", description="x" * 8001)
        yield refused("properties-list", version, "properties", properties=[])
    yield accepted("display-name", PREVIEW, {"displayName": "twice the same"}, displayName="twice the same")
    yield refused("display-name-missing", PREVIEW, "displayName", displayName=None)
    yield refused("display-name-empty", PREVIEW, "displayName", displayName="")
    yield refused("display-name-number", PREVIEW, "displayName", displayName=7)
    yield accepted("display-name-ignored", GA, {"displayName": ...}, displayName="of the preview")
    yield accepted("custom-properties-ignored", GA, {"customProperties": ...}, customProperties={"a": "b"})


def _respelled(value: Any, spell: Any) -> Any:
    if isinstance(value, dict):
        return {spell(name): _respelled(item, spell) for name, item in value.items()}
    return [_respelled(item, spell) for item in value] if isinstance(value, list) else value


def custom() -> Iterator[Case]:
    pairs = {f"key-{n}": f"value {n}" for n in range(10)}
    longest = {"k" * 64: "v" * 256}
    for name, given in {"ten": pairs, "longest": longest, "empty-value": {"k": ""}}.items():
        yield accepted(f"custom-properties-{name}", PREVIEW, {"customProperties": given}, customProperties=given)
    yield accepted("custom-properties-none", PREVIEW, {"customProperties": ...}, customProperties={})
    bad: dict[str, Any] = {
        "eleven": {**pairs, "k": "v"},
        "long-key": {"k" * 65: "v"},
        "long-value": {"k": "v" * 257},
        "number": {"k": 1},
        "list": ["k"],
    }
    for name, value in bad.items():
        yield refused(f"custom-properties-{name}", PREVIEW, "customProperties", customProperties=value)
    for version in BOTH:
        voices = {"my-voice": "502ac834-6537-4bc3-9fd6-140114daa66d"}
        yield accepted("custom-voices-unused", version, {"customVoices": voices}, customVoices=voices)
        yield accepted("custom-voices-default", version, {"customVoices": {}})
        yield refused(
            "custom-voices-not-deployed",
            version,
            "synthesisConfig.voice",
            customVoices=voices,
            synthesisConfig={"voice": "my-voice"},
        )
        undefined = {"voice": "my-voice"}
        yield refused("custom-voices-undefined", version, "synthesisConfig.voice", synthesisConfig=undefined)
        for name, deployment in {"short": "ab", "dash": "-abc", "long": "x" * 65, "number": 1, "space": "a b"}.items():
            target = "customVoices.my-voice"
            yield refused(f"custom-voices-{name}", version, target, customVoices={"my-voice": deployment})
        yield refused("custom-voices-list", version, "customVoices", customVoices=["my-voice"])
        many = {f"voice-{n}": "abc" for n in range(5000)}
        yield refused("custom-voices-many", version, "customVoices", customVoices=many)


GOOD_IDS = {"three": "a.b", "digits": "123", "longest": "a" * 30, "marks": "a-._b", "cases": "aBC"}
BAD_IDS = {
    "two": "ab",
    "one": "a",
    "long": "a" * 65,
    "dash-first": "-abc",
    "dot-last": "abc.",
    "underscore-first": "_abc",
    "space": "a%20b",
    "umlaut": "%C3%A4bc",
    "tilde": "a~b",
    "colon": "a:b",
    "null": "a%00b",
    "percent": "a%25b",
    "newline": "abc%0A",
}


def ids() -> Iterator[Case]:
    for name, start in GOOD_IDS.items():
        yield Case(name=f"id-{name}", version=GA, play=_takes(start))
    for name, id in BAD_IDS.items():
        yield Case(name=f"id-{name}", version=GA, play=_refuses(id))
    yield Case(name="id-64", version=GA, play=lambda api: _check_id(api, (new_id() + new_id())[:64]))
    yield Case(name="id-taken-at-once", version=GA, play=_once)
    yield Case(name="id-case-matters", version=GA, play=_case_matters)
    yield Case(name="id-is-a-guid", version=PREVIEW, play=_is_guid)


def _takes(start: str) -> Any:
    return lambda api: _check_id(api, f"{start}{new_id()[:8]}")


def _check_id(api: Api, id: str) -> None:
    assert api.create(id=id).id == id
    assert api.get(id)["id"] == id


def _refuses(id: str) -> Any:
    return lambda api: check_refusal(api.version, api.create(id=id), 400, "id")


def _once(api: Api) -> None:
    """Of creates at the same time one has the id."""
    id = new_id()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.create(id=id), range(6)))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 5]


def _case_matters(api: Api) -> None:
    id = f"job-{new_id()[:8]}"
    assert api.create(id=id).id == id
    assert api.create(id=id.upper()).id == id.upper()


def _is_guid(api: Api) -> None:
    id = api.create().id
    assert [len(part) for part in id.split("-")] == [8, 4, 4, 4, 12]
    assert api.create().id != id


def defaults() -> Iterator[Case]:
    """An answer to a create has exactly these members."""
    for version in BOTH:
        yield Case(name="created-members", version=version, play=_created_members)


def _created_members(api: Api) -> None:
    version, answer = api.version, api.create(**ssml(api.version, "<speak/>"))
    wishes = {
        version.time_to_live: "P31D" if version.time_to_live_iso else 168,
        "outputFormat": DEFAULT_FORMAT,
        **dict.fromkeys(FLAGS, False),
    }
    found = json.loads(answer.body)
    for name in ("id", "createdDateTime", "lastActionDateTime"):
        assert at(found, name) is not ..., name
        del found[name]
    named = {"displayName": "a name", "synthesisConfig": {}} if version is PREVIEW else {}
    expected = {"status": "NotStarted", version.kind: "SSML", "customVoices": {}, "properties": wishes, **named}
    assert found == expected


CASES = [*names(), *custom(), *ids(), *defaults()]
