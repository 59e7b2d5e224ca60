"""Cases of results: archives, files in a container, summaries, counts, failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from shared.adapters.connect import open_container, storage
from shared.batchapi.versions import GA, PREVIEW
from shared.ports import Blobs
from shared.settings import Connection
from tests.contract.service.api import Api, new_id, speak, ssml, summary_of, texts
from tests.contract.service.cases import Case, both, ga
from tests.contract.service.cases_destinations import destination

SENTENCE = "The rainbow has seven colors."


def zipped(api: Api) -> None:
    shown = api.spoken(inputs=texts(api.version, SENTENCE, "synthesize this to another file"))
    files = api.files(shown)
    assert sorted(files) == ["0001.debug.json", "0001.wav", "0002.debug.json", "0002.wav", "summary.json"]
    assert files["0001.wav"][:4] == b"RIFF"
    assert isinstance(json.loads(files["0001.debug.json"]), dict)
    results = summary_of(files)["results"]
    assert [result["audioFileName"] for result in results] == ["0001.wav", "0002.wav"]
    assert [result[api.version.summary_texts] for result in results] == [
        [SENTENCE],
        ["synthesize this to another file"],
    ]


def summary_shape(api: Api) -> None:
    version = api.version
    text = speak(SENTENCE)
    shown = api.spoken(**ssml(version, text))
    summary = summary_of(api.files(shown))
    UUID(summary["jobID"])
    assert set(summary) == {"jobID", "status", "results"}
    [result] = summary["results"]
    lengths = {version.size, "durationInMilliseconds"}
    if version is PREVIEW:
        lengths = {version.size, "duration", "durationInTicks"}
        assert result.pop("billingDetails") == {"CustomNeural": "0", "Neural": str(billed(shown))}
    assert set(result) == {version.summary_texts, "status", "audioFileName", "properties"}
    assert (result["status"], result[version.summary_texts]) == ("Succeeded", [text])
    assert set(result["properties"]) == lengths
    assert all(isinstance(value, str) for value in result["properties"].values())


def billed(shown: Any) -> int:
    details = shown["properties"]["billingDetails"]
    return int(details.get("neuralCharacters", details.get("neural")))


def lengths(api: Api) -> None:
    """Sizes are of the sound without its header; the units are the version's own."""
    shown = api.spoken()
    properties, wave = shown["properties"], api.files(shown)["0001.wav"]
    size = len(wave) - 44
    assert properties[api.version.size] == size
    if api.version is GA:
        assert properties["durationInMilliseconds"] == size // 48
    else:
        assert properties["durationInTicks"] == size // 48 * 10_000
        assert properties["duration"] == f"PT{size // 48_000}S"


def billing(text: str, count: int) -> Any:
    def play(api: Api) -> None:
        assert billed(api.spoken(inputs=texts(api.version, text))) == count

    return play


BILLED = {
    "published": (SENTENCE, 29),
    "chinese-double": ("今天天气", 8),
    "kana-once": ("あいう", 3),
    "mixed": ("a 漢!", 5),
}


def billing_of_ssml(api: Api) -> None:
    """Markup counts, but `speak` and `voice`."""
    assert billed(api.spoken(**ssml(api.version, speak("One <break/>two.")))) == len("One <break/>two.")


def joined(api: Api) -> None:
    inputs = texts(api.version, "One.", "Two.", "Three.")
    shown = api.spoken(inputs=inputs, properties={"concatenateResult": True})
    files = api.files(shown)
    assert [name for name in files if name.endswith(".wav")] == ["0001.wav"]
    contents = [text for result in summary_of(files)["results"] for text in result[api.version.summary_texts]]
    assert contents == ["One.", "Two.", "Three."]
    assert shown["properties"][api.version.size] == len(files["0001.wav"]) - 44


def to_container(api: Api) -> None:
    url = destination(api)
    shown = api.spoken(properties={"destinationContainerUrl": url})
    result = shown["outputs"]["result"]
    assert result.endswith("/results.zip")
    assert "summary" not in shown["outputs"]
    container = open_container(url)
    assert container.read(result)[:2] == b"PK"
    assert container.read("made/by/its/owner") == b""
    assert api.ask("DELETE", shown["id"]).status == 204
    assert container.read(result)[:2] == b"PK"


def unpacked(container: Blobs, shown: Any) -> list[str]:
    prefix = shown["outputs"]["result"]
    assert not prefix.endswith("/")
    if "summary" in shown["outputs"]:
        assert shown["outputs"]["summary"] == f"{prefix}/summary.json"
    assert json.loads(container.read(f"{prefix}/summary.json"))["status"] == "Succeeded"
    return [blob.name.removeprefix(f"{prefix}/") for blob in container.list(f"{prefix}/")]


UNPACKED = ["0001.debug.json", "0001.wav", "summary.json"]


def unpacked_in_container(api: Api) -> None:
    url = destination(api)
    shown = api.spoken(properties={"destinationContainerUrl": url, "decompressOutputFiles": True})
    assert unpacked(open_container(url), shown) == UNPACKED
    assert ("summary" in shown["outputs"]) is (api.version is GA)


def unpacked_below_path(api: Api) -> None:
    url, id = destination(api), new_id()
    wishes = {"destinationContainerUrl": url, "decompressOutputFiles": True, "destinationPath": "books/one/"}
    shown = api.spoken(id=id, properties=wishes)
    assert shown["outputs"] == {"result": f"books/one/{id}", "summary": f"books/one/{id}/summary.json"}
    assert unpacked(open_container(url), shown) == UNPACKED


def zip_below_path(api: Api) -> None:
    url, id = destination(api), new_id()
    shown = api.spoken(id=id, properties={"destinationContainerUrl": url, "destinationPath": "books"})
    assert shown["outputs"] == {"result": f"books/{id}/results.zip"}


def unpacked_in_brought(api: Api) -> None:
    """Without a destination, into the container that the service's owner brought."""
    shown = api.spoken(properties={"decompressOutputFiles": True})
    brought = storage(Connection(connection_string=api.connection)).blobs("brought")
    assert unpacked(brought, shown) == UNPACKED


def unwritable(api: Api) -> None:
    """A SAS of the right form and a wrong signature: found out by writing."""
    url = destination(api).replace("sig=", "sig=AAAA")
    shown = api.spoken(properties={"destinationContainerUrl": url})
    assert shown["status"] == "Failed"
    assert shown["properties"]["error"]["code"] == "DestinationNotWritable"
    assert "sig" not in json.dumps(shown)
    assert "outputs" not in shown


def some_fail(api: Api) -> None:
    shown = api.spoken(**ssml(api.version, speak(SENTENCE), "<speak", speak("Two.")))
    properties = shown["properties"]
    assert shown["status"] == "Succeeded"
    assert (properties["succeededAudioCount"], properties["failedAudioCount"]) == (2, 1)
    assert "error" not in properties
    files = api.files(shown)
    assert [name for name in files if name.endswith(".wav")] == ["0001.wav", "0003.wav"]
    results = summary_of(files)["results"]
    assert [result["status"] for result in results] == ["Succeeded", "Failed", "Succeeded"]
    assert results[1]["error"]["message"]
    assert "audioFileName" not in results[1]


def ten_thousand(api: Api) -> None:
    shown = api.spoken(inputs=texts(GA, *[f"{n}" for n in range(10_000)]))
    properties = shown["properties"]
    assert (shown["status"], properties["succeededAudioCount"]) == ("Succeeded", 10_000)
    files = api.files(shown)
    results = summary_of(files)["results"]
    assert [result["contents"] for result in results] == [[f"{n}"] for n in range(10_000)]
    assert sum(name.endswith(".wav") for name in files) == 10_000


def sample_client(api: Api) -> None:
    """The flow of Microsoft's Python sample: PUT under a uuid, poll until an end, download `outputs.result`."""
    id = new_id()
    payload = {
        "synthesisConfig": {"voice": "en-US-AvaMultilingualNeural"},
        "customVoices": {},
        "inputKind": "PlainText",
        "inputs": [{"content": "The rainbow has seven colors."}],
        "properties": {"concatenateResult": False, "decompressOutputFiles": False},
    }
    answer = api.send(payload, id=id)
    assert answer.status < 400
    assert answer.json["id"] == id
    shown = api.ended(id)
    assert shown["status"] == "Succeeded"
    assert "0001.wav" in api.files(shown)
    listed = api.ask("GET", query={"api-version": GA.name, "skip": "0", "maxpagesize": "10"})
    assert id in [item["id"] for item in listed.json["value"]]


def results() -> Iterator[Case]:
    yield from both("zip", zipped)
    yield from both("summary", summary_shape)
    yield from both("lengths", lengths)
    for name, (text, count) in BILLED.items():
        yield from both(f"billing-{name}", billing(text, count))
    yield from both("billing-ssml", billing_of_ssml)
    yield from both("concatenated", joined)
    yield from both("container-zip", to_container)
    yield from both("container-unpacked", unpacked_in_container)
    yield ga("path-unpacked", unpacked_below_path)
    yield ga("path-zip", zip_below_path)
    yield from both("byos-unpacked", unpacked_in_brought)
    yield from both("container-unwritable", unwritable)
    yield from both("some-fail", some_fail)
    yield ga("sample-client", sample_client)


CASES = [*results()]
FIRST_CASES = [ga("inputs-10000", ten_thousand)]
"""Take the workers so long that others should not wait meanwhile."""
