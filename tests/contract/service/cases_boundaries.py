"""Cases of the files beside a sound: times of words and of sentences, and `nnnn.debug.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from shared.batchapi.versions import GA
from tests.contract.service.api import Api, speak, ssml, summary_of, texts
from tests.contract.service.cases import Case, both

SENTENCE = "The rainbow has seven colors."
ASKED = {"wordBoundaryEnabled": True, "sentenceBoundaryEnabled": True}
GA_WORDS = ["The", "rainbow", "has", "seven", "colors", "."]
PREVIEW_WORDS = ["the", "rainbow", "has", "seven", "colors"]
"""As each version's page prints them."""


def words_of(api: Api) -> list[str]:
    return GA_WORDS if api.version is GA else PREVIEW_WORDS


def made(api: Api, *contents: str, joined: bool = False, **members: Any) -> dict[str, Any]:
    """The JSON files of a result with both boundaries."""
    wishes = {**ASKED, "concatenateResult": joined}
    shown = api.spoken(**{"inputs": texts(api.version, *contents), **members, "properties": wishes})
    return {name: json.loads(data) for name, data in api.files(shown).items() if name.endswith(".json")}


def milliseconds(result: Any) -> int:
    lengths = result["properties"]
    if "durationInMilliseconds" in lengths:
        return int(lengths["durationInMilliseconds"])
    return int(lengths["durationInTicks"]) // 10_000


def check_times(entries: Any, total: int) -> None:
    """As the pages print entries; one after the other, within the sound."""
    assert entries
    for entry in entries:
        assert list(entry) == ["Text", "AudioOffset", "Duration"]
        assert isinstance(entry["Text"], str)
        assert type(entry["AudioOffset"]) is type(entry["Duration"]) is int
        assert 0 <= entry["AudioOffset"] <= entry["AudioOffset"] + entry["Duration"] <= total
    for entry, following in pairwise(entries):
        assert entry["AudioOffset"] + entry["Duration"] <= following["AudioOffset"]


def words(api: Api) -> None:
    files = made(api, SENTENCE)
    [result] = files["summary.json"]["results"]
    assert result["wordBoundaryFileName"] == "0001.word.json"
    check_times(files["0001.word.json"], milliseconds(result))
    assert [entry["Text"] for entry in files["0001.word.json"]] == words_of(api)


def sentences(api: Api) -> None:
    files = made(api, f"{SENTENCE} Two  are\r\nmore")
    [result] = files["summary.json"]["results"]
    assert result["sentenceBoundaryFileName"] == "0001.sentence.json"
    found = files["0001.sentence.json"]
    check_times(found, milliseconds(result))
    spoken = [entry for entry in files["0001.word.json"] if entry["Text"] != "."]
    assert found[0]["AudioOffset"] == spoken[0]["AudioOffset"]
    ends = [entry["AudioOffset"] + entry["Duration"] for entry in (found[-1], spoken[-1])]
    assert ends[0] == ends[1]
    assert [entry["Text"] for entry in found] == [SENTENCE, "Two are", "more"]


def of_ssml(api: Api) -> None:
    files = made(api, **ssml(api.version, speak(f"<s>{SENTENCE}</s><s>More &amp; more.</s>")))
    assert [entry["Text"] for entry in files["0001.word.json"]][: len(words_of(api))] == words_of(api)
    assert [entry["Text"] for entry in files["0001.sentence.json"]] == [SENTENCE, "More & more."]


def alone(asked: str, there: str, missing: str) -> Any:
    def play(api: Api) -> None:
        shown = api.spoken(properties={asked: True})
        files = api.files(shown)
        [result] = summary_of(files)["results"]
        assert f"0001.{there}.json" in files
        assert f"0001.{missing}.json" not in files
        assert (f"{there}BoundaryFileName" in result, f"{missing}BoundaryFileName" in result) == (True, False)

    return play


def of_each_input(api: Api) -> None:
    """Each counts from its own sound's start; one that failed has none, as has one without a word but for `[]`."""
    blank = speak(" <break time='100ms'/> ")
    files = made(api, **ssml(api.version, speak("One."), "<speak", speak("Three."), blank))
    names = [f"{number}.{kind}.json" for number in ("0001", "0003") for kind in ("debug", "sentence", "word")]
    assert sorted(files) == [*names, "0004.debug.json", "0004.word.json", "summary.json"]
    assert files["0003.word.json"][0]["AudioOffset"] == files["0001.word.json"][0]["AudioOffset"]
    assert files["0004.word.json"] == []
    results = files["summary.json"]["results"]
    assert [result.get("wordBoundaryFileName") for result in results] == [
        "0001.word.json",
        None,
        "0003.word.json",
        "0004.word.json",
    ]
    assert "sentenceBoundaryFileName" not in results[3]


def joined(api: Api) -> None:
    """One file, whose times go on over all inputs."""
    files = made(api, SENTENCE, SENTENCE, joined=True)
    assert sorted(files) == ["0001.debug.json", "0001.sentence.json", "0001.word.json", "summary.json"]
    [result] = files["summary.json"]["results"]
    for name in ("0001.word.json", "0001.sentence.json"):
        check_times(files[name], milliseconds(result))
    assert [entry["Text"] for entry in files["0001.word.json"]] == words_of(api) * 2
    assert files["0001.sentence.json"][1]["AudioOffset"] >= milliseconds(result) // 2


def debug(api: Api) -> None:
    """The page promises an id of the result; ours tells of the voices as well."""
    files = made(api, "One.", "Two.")
    job = files["summary.json"]["jobID"]
    for number in ("0001", "0002"):
        told = files[f"{number}.debug.json"]
        assert told["id"] == f"{job}-{number}"
        assert [voice["name"] for voice in told["voices"]] == ["en-US-JennyNeural"]


def debug_of_ssml(api: Api) -> None:
    text = speak("One.").replace("</speak>", "<voice name='en-GB-RyanNeural'>Two.</voice></speak>")
    told = made(api, **ssml(api.version, text))["0001.debug.json"]
    assert [voice["name"] for voice in told["voices"]] == ["en-US-JennyNeural", "en-GB-RyanNeural"]


def boundaries() -> Iterator[Case]:
    yield from both("word-file", words)
    yield from both("sentence-file", sentences)
    yield from both("boundaries-of-ssml", of_ssml)
    yield from both("word-file-alone", alone("wordBoundaryEnabled", "word", "sentence"))
    yield from both("sentence-file-alone", alone("sentenceBoundaryEnabled", "sentence", "word"))
    yield from both("boundaries-of-each", of_each_input)
    yield from both("boundaries-concatenated", joined)
    yield from both("debug-file", debug)
    yield from both("debug-file-of-ssml", debug_of_ssml)


CASES = [*boundaries()]
