"""Every output format through the whole service: inputs of one part and of many, apart and joined."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.audio import ENCODABLE, MISSING
from shared.batchapi.formats import FORMATS
from shared.ports import Chunk, Utterance
from shared.service import create
from tests.unit.audio.decoding import CODECS, SOURCE_RATE, correlation, decode, source
from tests.unit.service.world import DESTINATION, World

SOUND = source(30)
SECONDS_PER_UTTERANCE = 0.4
LONG = "This sentence fills a segment of a hundred characters, more or less, as do those that follow it. " * 5
INPUTS = [{"content": text} for text in ("First.", LONG, "Last.")]


@dataclass
class Tones:
    """An engine whose every utterance is the next piece of one long sound."""

    said: list[NDArray[np.int16]] = field(default_factory=list)
    sample_rate: int = SOURCE_RATE

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        samples = round(SECONDS_PER_UTTERANCE * SOURCE_RATE)
        self.said.append(SOUND[len(self.said) * samples :][:samples])
        yield Chunk(pcm=self.said[-1].tobytes())


def spoken(name: str, *, joined: bool) -> tuple[dict[str, bytes], list[NDArray[np.int16]]]:
    """The files of the result, and the sounds that are to be in them."""
    engine = Tones()
    world = World(engine=engine, settings={"SEGMENT_CHARACTERS": "100"})
    world.create(inputs=INPUTS, properties={"outputFormat": name, "concatenateResult": joined})
    world.work()
    first, *middle, last = engine.said
    assert len(middle) > 3, "the long input is of many parts"
    whole = [np.concatenate(engine.said)] if joined else [first, np.concatenate(middle), last]
    return world.archive(world.get("job-1")["outputs"]["result"]), whole


@pytest.mark.parametrize("joined", [False, True], ids=["apart", "joined"])
@pytest.mark.parametrize("name", sorted(ENCODABLE))
def test_parts_become_files_of_the_format(name: str, joined: bool) -> None:
    files, sounds = spoken(name, joined=joined)
    audio = FORMATS[name]
    names = [f"{number:04d}.{audio.extension}" for number in range(1, len(sounds) + 1)]
    assert [file for file in files if file.endswith(f".{audio.extension}")] == names
    summary = json.loads(files["summary.json"])["results"]
    assert [entry["audioFileName"] for entry in summary] == names
    for file, sound, entry in zip(names, sounds, summary, strict=True):
        decoded = decode(name, files[file])
        assert (decoded.codec, decoded.rate) == (CODECS[audio.codec], audio.rate)
        assert decoded.seconds == pytest.approx(len(sound) / SOURCE_RATE, abs=0.025)
        assert int(entry["properties"]["durationInMilliseconds"]) == len(sound) * 1000 // SOURCE_RATE
        assert correlation(decoded, sound)[0] > 0.85


@pytest.mark.parametrize("name", sorted(ENCODABLE))
def test_files_in_a_container_have_the_formats_content_type(name: str) -> None:
    world = World()
    properties = {"outputFormat": name, "destinationContainerUrl": DESTINATION, "decompressOutputFiles": True}
    world.create(properties=properties)
    world.work()
    types = {info.name.rpartition("/")[2]: info.content_type for info in world.storage.blobs("results").list()}
    assert types[f"0001.{FORMATS[name].extension}"] == FORMATS[name].content_type


def refusal(name: str) -> tuple[int, str]:
    world = World()
    body = {
        "inputKind": "PlainText",
        "inputs": INPUTS,
        "synthesisConfig": {"voice": "en-US-JennyNeural"},
        "properties": {"outputFormat": name},
    }
    response = world.ask("PUT", "job-1", body)
    return response.status, json.loads(response.body)["error"]["message"]


def test_a_format_that_is_not_the_apis_is_a_400() -> None:
    status, message = refusal("audio-16khz-16kbps-mono-siren")
    assert (status, "unsupported or invalid" in message) == (400, True)


@pytest.mark.parametrize("name", ["amr-wb-16000hz", *sorted(MISSING)])
def test_a_format_whose_library_is_absent_is_a_400_that_names_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {**MISSING, "amr-wb-16000hz": "the library libvo-amrwbenc"}
    monkeypatch.setattr(create, "MISSING", absent)
    monkeypatch.setattr(create, "ENCODABLE", ENCODABLE - absent.keys())
    status, message = refusal(name)
    assert status == 400
    assert f"needs {absent[name]}" in message
    assert f", {name}" not in message
    assert "riff-24khz-16bit-mono-pcm" in message
