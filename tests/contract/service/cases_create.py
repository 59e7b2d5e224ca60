"""Cases of creates: what is accepted, and how it is shown; what is refused, and what the refusal names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shared.audio import ENCODABLE
from shared.batchapi.formats import DEFAULT_FORMAT, FORMATS
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from tests.contract.service.api import BOTH, JENNY, Api, Case, accepted, at, check_refusal, new_id, refused, ssml, texts
from tests.unit.service.world import BODIES

FLAGS = ("concatenateResult", "decompressOutputFiles", "wordBoundaryEnabled", "sentenceBoundaryEnabled")


def formats() -> Iterator[Case]:
    """All names of the table of audio outputs; one without an encoder here is the documented 400."""
    for version in BOTH:
        for name in FORMATS:
            wish: dict[str, Any] = {"properties": {"outputFormat": name}}
            if name in ENCODABLE:
                yield accepted(f"format-{name}", version, {"properties.outputFormat": name}, **wish)
            else:
                yield refused(f"format-{name}", version, "properties.outputFormat", **wish)
        default = {"properties.outputFormat": DEFAULT_FORMAT}
        yield accepted("format-default", version, default)
        yield accepted("format-empty", version, default, properties={"outputFormat": ""})
        yield accepted("format-null", version, default, properties={"outputFormat": None})
        yield accepted("format-upper-case", version, default, properties={"outputFormat": DEFAULT_FORMAT.upper()})
        for name, value in {
            "unknown": "mp3",
            "siren": "audio-16khz-16kbps-mono-siren",
            "number": 1,
            "list": [],
        }.items():
            yield refused(f"format-{name}", version, "properties.outputFormat", properties={"outputFormat": value})


def flags() -> Iterator[Case]:
    for version in BOTH:
        for flag in FLAGS:
            shown = f"properties.{flag}"
            yield accepted(f"{flag}-true", version, {shown: True}, properties={flag: True})
            yield accepted(f"{flag}-default", version, {shown: False})
            yield accepted(f"{flag}-null", version, {shown: False}, properties={flag: None})
            yield accepted(f"{flag}-string", version, {shown: True}, properties={flag: "True"})
            yield refused(f"{flag}-word", version, shown, properties={flag: "yes"})
            yield refused(f"{flag}-number", version, shown, properties={flag: 1})


TIMES_TO_LIVE: list[tuple[ApiVersion, Any, Any]] = [
    (GA, 1, 1),
    (GA, 24, 24),
    (GA, 744, 744),
    (GA, 0.5, 0.5),
    (GA, "48", 48),
    (GA, None, 168),
    (GA, 0, ...),
    (GA, -1, ...),
    (GA, 745, ...),
    (GA, 744.01, ...),
    (GA, "soon", ...),
    (GA, "nan", ...),
    (GA, "PT12H", ...),
    (GA, True, ...),
    (GA, [24], ...),
    (PREVIEW, "PT12H", "PT12H"),
    (PREVIEW, "P31D", "P31D"),
    (PREVIEW, "P1D", "P1D"),
    (PREVIEW, "P1W", "P7D"),
    (PREVIEW, "PT1H30M", "PT1H30M"),
    (PREVIEW, "P1DT1H", "P1DT1H"),
    (PREVIEW, None, "P31D"),
    (PREVIEW, "PT0S", ...),
    (PREVIEW, "-PT1H", ...),
    (PREVIEW, "P32D", ...),
    (PREVIEW, "P31DT1S", ...),
    (PREVIEW, "P1M", ...),
    (PREVIEW, "P1Y", ...),
    (PREVIEW, "soon", ...),
    (PREVIEW, 24, ...),
]
"""What is sent and what is shown; `...`: refused."""


def times_to_live() -> Iterator[Case]:
    for version, given, shown in TIMES_TO_LIVE:
        member, name = f"properties.{version.time_to_live}", f"time-to-live-{given}"
        wish: dict[str, Any] = {"properties": {version.time_to_live: given}}
        yield (
            refused(name, version, member, **wish) if shown is ... else accepted(name, version, {member: shown}, **wish)
        )


def kinds() -> Iterator[Case]:
    for version in BOTH:
        for spelled in ("PlainText", "plaintext", "PLAINTEXT"):
            yield accepted(f"kind-{spelled}", version, {version.kind: "PlainText"}, **{version.kind: spelled})
        for spelled in ("SSML", "ssml", "Ssml"):
            members: dict[str, Any] = {**ssml(version, "<speak/>"), version.kind: spelled}
            config: Any = {} if version.config_always else ...
            yield accepted(f"kind-{spelled}", version, {version.kind: "SSML", "synthesisConfig": config}, **members)
        wrong: dict[str, Any] = {"missing": None, "empty": "", "unknown": "Text", "number": 1, "list": ["SSML"]}
        for name, value in wrong.items():
            members = {version.kind: value}
            yield refused(f"kind-{name}", version, version.kind, **members)


def inputs() -> Iterator[Case]:
    for version in BOTH:
        text = version.text
        other = PREVIEW.text if version is GA else GA.text
        good = {
            "one": ["One text."],
            "two": ["synthesize this to a file", "synthesize this to another file"],
            "paragraphs": ["synthesize this to a file\r\nsynthesize this to another paragraph in the same file"],
            "blank": [" "],
            "scripts": ["Grüße 你好 😀 שלום"],
        }
        for name, contents in good.items():
            yield accepted(f"inputs-{name}", version, {"inputs": ...}, inputs=texts(version, *contents))
        bad: dict[str, tuple[str, Any]] = {
            "missing": ("inputs", None),
            "empty": ("inputs", []),
            "object": ("inputs", {text: "x"}),
            "string": ("inputs", "x"),
            "null-entry": (f"inputs[0].{text}", [None]),
            "string-entry": (f"inputs[0].{text}", ["x"]),
            "no-member": (f"inputs[0].{text}", [{}]),
            "other-version": (f"inputs[0].{text}", [{other: "x"}]),
            "empty-text": (f"inputs[0].{text}", texts(version, "")),
            "null-text": (f"inputs[0].{text}", texts(version, None)),
            "number": (f"inputs[0].{text}", texts(version, 1)),
            "second": (f"inputs[1].{text}", texts(version, "x", "")),
            "too-many": ("inputs", texts(version, *["x"] * (version.max_inputs + 1))),
        }
        for name, (target, value) in bad.items():
            yield refused(f"inputs-{name}", version, target, inputs=value)
    yield accepted("inputs-1000", PREVIEW, inputs=texts(PREVIEW, *["x"] * 1000))
    yield accepted("inputs-1001", GA, inputs=texts(GA, *["x"] * 1001))


def configs() -> Iterator[Case]:
    every = {"style": "chat", "rate": "+30.00%", "pitch": "x-high", "volume": "80"}
    more = {"role": "Girl", "styleDegree": "1.5"}
    for version in BOTH:
        config = {"voice": JENNY, **every}
        yield accepted("config-published", version, {"synthesisConfig": config}, synthesisConfig=config)
        config = {"voice": JENNY, **every, **more}
        yield accepted("config-every", version, {"synthesisConfig": config}, synthesisConfig=config)
        yield accepted(
            "config-numbers",
            version,
            {"synthesisConfig.volume": "80.5", "synthesisConfig.styleDegree": "2"},
            synthesisConfig={"voice": JENNY, "volume": 80.5, "styleDegree": 2},
        )
        for member in ("rate", "pitch", "volume", "style", "role"):
            yield accepted(f"config-bad-{member}", version, synthesisConfig={"voice": JENNY, member: "no such thing"})
        yield accepted("config-voice-case", version, synthesisConfig={"voice": JENNY.lower()})
        yield accepted("config-null-members", version, synthesisConfig={"voice": JENNY, "rate": None, "pitch": {}})
        for name, value in {"missing": None, "empty": {}, "no-voice": {"rate": "1"}, "null": {"voice": None}}.items():
            yield refused(f"config-{name}", version, "synthesisConfig.voice", synthesisConfig=value)
        for name, voice in {"empty": "", "unknown": "xx-XX-NobodyNeural", "list": [JENNY], "short": "Jenny"}.items():
            yield refused(f"config-voice-{name}", version, "synthesisConfig.voice", synthesisConfig={"voice": voice})
        yield refused("config-string", version, "synthesisConfig", synthesisConfig=JENNY)


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
    yield Case(name="id-case-matters", version=GA, play=_case_matters)
    yield Case(name="id-is-a-guid", version=PREVIEW, play=_is_guid)


def _takes(start: str) -> Any:
    return lambda api: _check_id(api, f"{start}{new_id()[:8]}")


def _check_id(api: Api, id: str) -> None:
    assert api.create(id=id).id == id
    assert api.get(id)["id"] == id


def _refuses(id: str) -> Any:
    return lambda api: check_refusal(api.version, api.create(id=id), 400, "id")


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


CASES = [
    *formats(),
    *flags(),
    *times_to_live(),
    *kinds(),
    *inputs(),
    *configs(),
    *names(),
    *custom(),
    *ids(),
    *defaults(),
]
