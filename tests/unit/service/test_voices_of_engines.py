"""Voices of several engines in one synthesis, and voices whose engine is not installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.ports import Chunk, Utterance
from shared.service.speak import speak
from tests.unit.service.world import World

SSML = (
    "<speak version='1.0' xml:lang='en-US'><voice name='en-US-JennyNeural'>One.</voice>"
    "<voice name='de-DE-KatjaNeural'>Zwei.</voice><voice name='es-ES-ElviraNeural'>Tres.</voice></speak>"
)


class _Recorder:
    def __init__(self, name: str, said: list[tuple[str, str, str]]) -> None:
        self._name, self._said = name, said

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        self._said.append((self._name, utterance.voice, utterance.text))
        yield Chunk(pcm=bytes(4800))


@pytest.mark.parametrize(
    ("setting", "engines"), [("catalogue", ["hibari", "espeak", "kokoro"]), ("silence", ["silence"] * 3)]
)
def test_each_voice_is_spoken_by_its_engine_unless_one_speaks_for_all(setting: str, engines: list[str]) -> None:
    said: list[tuple[str, str, str]] = []
    world = World(settings={"ENGINE": setting})
    service = replace(world.service, engine=lambda name: _Recorder(name, said), missing=lambda name: "")
    world.service = service
    world.create(inputKind="SSML", inputs=[{"content": SSML}])
    for message in world.storage.queues["speak"].texts():
        speak(service, message)
    voices = ["heart", "de+f2", "ef_dora"]
    assert said == list(zip(engines, voices, ["One.", "Zwei.", "Tres."], strict=True))
    assert world.get("job-1")["properties"]["durationInMilliseconds"] == 300


def _without(engine: str) -> World:
    world = World(settings={"ENGINE": "catalogue"})
    world.service = replace(world.service, missing=lambda name: "Run `make it`." if name == engine else "")
    return world


def test_a_voice_whose_engine_is_not_installed_is_refused_with_what_to_do() -> None:
    body = {
        "inputKind": "PlainText",
        "inputs": [{"content": "Hallo."}],
        "synthesisConfig": {"voice": "de-DE-KatjaNeural"},
    }
    response = _without("espeak").ask("PUT", "job-1", body)
    assert response.status == 400
    message = json.loads(response.body)["error"]["message"]
    assert message == "The voice 'de-DE-KatjaNeural' is not offered by this service. Run `make it`."


def test_such_a_voice_in_ssml_fails_its_input() -> None:
    world = _without("kokoro")
    plain = SSML.replace("es-ES-ElviraNeural", "en-GB-RyanNeural").replace("de-DE-KatjaNeural", "en-GB-RyanNeural")
    world.create(inputKind="SSML", inputs=[{"content": SSML}, {"content": plain}])
    world.work()
    files = world.archive(world.get("job-1")["outputs"]["result"])
    first, second = json.loads(files["summary.json"])["results"]
    assert "es-ES-ElviraNeural" in first["error"]["message"]
    assert second["status"] == "Succeeded"
