"""Cases of creates: values that are accepted, and how they are shown; values that are refused, and by what name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.audio import ENCODABLE
from shared.batchapi.formats import DEFAULT_FORMAT, FORMATS
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from tests.contract.service.api import BOTH, JENNY, Api, ssml, texts
from tests.contract.service.cases import Case, accepted, refused

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
        profile = {"voice": JENNY, "speakerProfileId": "3059912f-a3dc-49e3-bdd0-02e449df1fe3"}
        yield accepted("config-speaker-profile", version, {"synthesisConfig": profile}, synthesisConfig=profile)
        yield accepted("config-voice-case", version, synthesisConfig={"voice": JENNY.lower()})
        yield accepted("config-null-members", version, synthesisConfig={"voice": JENNY, "rate": None, "pitch": {}})
        for name, value in {"missing": None, "empty": {}, "no-voice": {"rate": "1"}, "null": {"voice": None}}.items():
            yield refused(f"config-{name}", version, "synthesisConfig.voice", synthesisConfig=value)
        for name, voice in {"empty": "", "unknown": "xx-XX-NobodyNeural", "list": [JENNY], "short": "Jenny"}.items():
            yield refused(f"config-voice-{name}", version, "synthesisConfig.voice", synthesisConfig={"voice": voice})
        yield refused("config-string", version, "synthesisConfig", synthesisConfig=JENNY)


def background(volume: Any = 1, fadein: Any = 0, fadeout: Any = 0) -> dict[str, Any]:
    return {"src": "https://example.com/jazz.mp3", "volume": volume, "fadein": fadein, "fadeout": fadeout}


BACKGROUNDS: dict[str, tuple[Any, Any]] = {
    "source-alone": ({"src": background()["src"]}, background()),
    "every": (background(0.7, 3000, 4000), background(0.7, 3000, 4000)),
    "least": (background(0, 0, 0), background(0, 0, 0)),
    "most": (background(100, 10_000, 10_000), background(100, 10_000, 10_000)),
    "strings": (background("0.7", "3000", "4000"), background(0.7, 3000, 4000)),
    "out-of-range": (background(100.1, 10_001, -1), background()),
    "no-numbers": (background("loud", None, []), background()),
    "names": ({name.upper(): value for name, value in background(2).items()}, background(2)),
    "no-source": ({"volume": 1}, ...),
    "empty-source": ({"src": ""}, ...),
    "string": (background()["src"], ...),
    "null": (None, ...),
}
"""What is sent and what is shown; `...`: nothing."""


def backgrounds() -> Iterator[Case]:
    member = "synthesisConfig.backgroundAudio"
    for name, (given, shown) in BACKGROUNDS.items():
        config = {"voice": JENNY, "backgroundAudio": given}
        yield accepted(f"background-{name}", GA, {member: shown}, synthesisConfig=config)
    config = {"voice": JENNY, "backgroundAudio": background()}
    yield accepted("background-ignored", PREVIEW, {member: ...}, synthesisConfig=config)
    signed = {**background(), "src": f"{background()['src']}?sv=1&sig=x"}
    config = {"voice": JENNY, "backgroundAudio": signed}
    yield accepted("background-signed", GA, {member: background()}, synthesisConfig=config)
    yield Case(name="background-spoken", version=GA, play=_spoken_without)


def _spoken_without(api: Api) -> None:
    """Here nothing may be fetched, so the speech is heard alone."""
    shown = api.spoken(synthesisConfig={"voice": JENNY, "backgroundAudio": background()})
    assert shown["status"] == "Succeeded"


CASES = [
    *formats(),
    *flags(),
    *times_to_live(),
    *kinds(),
    *inputs(),
    *configs(),
    *backgrounds(),
]
