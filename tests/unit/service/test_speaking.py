"""What workers make of a synthesis: its files, where they go, and what becomes of inputs that cannot be spoken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.batchapi.codec import read_synthesis
from shared.batchapi.model import SynthesisStatus
from shared.batchapi.summary import read_summary
from shared.batchapi.versions import GA, PREVIEW
from shared.engines.silence import Silence
from shared.errors import InputError, SpeechdropError, StorageError
from shared.ports import Chunk, Utterance
from shared.service.context import Service
from shared.service.nudges import send
from shared.service.plan import add_pauses, read_item, spans_of
from shared.service.speak import speak
from shared.service.tend import tend
from tests.unit.service.world import DESTINATION, LEASE, World


@dataclass
class Listener:
    """An engine that keeps what it is asked to say, and does as `upon` says first."""

    upon: Callable[[Utterance], None] = lambda utterance: None
    said: list[Utterance] = field(default_factory=list)

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        self.said.append(utterance)
        self.upon(utterance)
        return Silence().speak(utterance)


@dataclass
class Steps:
    """All that a worker does to its ports; something else happens before the step that is numbered `at`, from 0."""

    at: int
    happens: Callable[[], Any]
    done: int = 0

    def of(self, _: str, port: Any) -> Any:
        steps = self

        class Port:
            def __getattr__(self, name: str) -> Any:
                if steps.done == steps.at:
                    steps.happens()
                steps.done += 1
                return getattr(port, name)

        return Port()


ROADS = pytest.mark.parametrize(
    "properties",
    [{}, {"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True}],
    ids=["at once", "stored"],
)
"""A synthesis of one item is put together at once, but for one with a destination: its sounds are stored first."""


def inputs(*texts: str) -> list[dict[str, str]]:
    return [{"content": text} for text in texts]


def result(world: World, id: str = "job-1") -> dict[str, bytes]:
    return world.archive(world.get(id)["outputs"]["result"])


def test_a_long_input_is_shared_out_and_comes_back_as_one_sound_without_a_lost_word() -> None:
    engine = Listener()
    world = World(engine=engine, settings={"SEGMENT_CHARACTERS": "1000"})
    text = "".join(f"This is sentence number {n}. " for n in range(400))
    world.create(inputs=inputs("First.", text, "Last."))
    assert len(world.storage.queues["speak"].texts()) > 10
    world.work()
    files = result(world)
    assert "".join(utterance.text for utterance in engine.said) == f"First.{text}Last."
    assert [name for name in files if name.endswith(".wav")] == ["0001.wav", "0002.wav", "0003.wav"]
    samples = sum(len(chunk.pcm) for said in engine.said[1:-1] for chunk in Silence().speak(said))
    assert len(files["0002.wav"]) == 44 + samples


def test_small_inputs_share_messages() -> None:
    world = World()
    world.create(inputs=inputs(*(f"Input {n}." for n in range(120))))
    assert len(world.storage.queues["speak"].texts()) == 3
    world.work()
    assert world.get("job-1")["properties"]["succeededAudioCount"] == 120
    names = [entry.audio_file for entry in read_summary(result(world)["summary.json"]).results]
    assert names == [f"{n:04d}.wav" for n in range(1, 121)]


def test_a_small_synthesis_costs_its_worker_few_requests() -> None:
    """Its sounds are not stored in between."""
    world, steps = World(), Steps(-1, lambda: None)
    world.create(inputs=inputs("One.", "Two."))
    world.work(world.with_ports(steps.of))
    assert world.get("job-1")["status"] == "Succeeded"
    assert steps.done <= 15


def test_plain_text_is_spoken_with_its_config() -> None:
    engine = Listener()
    world = World(engine=engine)
    config = {"voice": "en-GB-RyanNeural", "rate": "+30.00%", "volume": "80", "pitch": "nonsense"}
    world.create(synthesisConfig=config)
    world.work()
    (said,) = engine.said
    assert (said.rate, said.volume, said.pitch) == (1.0, 0.8, 1.0)
    voice = {"name": "en-GB-RyanNeural", "engine": "hibari", "engineVoice": "heart"}
    assert json.loads(result(world)["0001.debug.json"])["voices"] == [voice]
    (entry,) = read_summary(result(world)["summary.json"]).results
    assert entry.duration_ms == round(1000 / 1.3)


def test_ssml_is_spoken_with_its_pauses() -> None:
    world = World()
    ssml = "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{}</voice></speak>"
    texts = [ssml.format("Fifteen letters"), ssml.format("Fifteen letters<break time='2s'/>"), ssml.format("")]
    world.create(inputKind="SSML", inputs=inputs(*texts))
    world.work()
    short, long, empty = read_summary(result(world)["summary.json"]).results
    assert (short.duration_ms, long.duration_ms - short.duration_ms, empty.duration_ms) == (1000, 2000, 250)


def test_weeks_of_pauses_are_not_spoken() -> None:
    world = World()
    ssml = "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{}</voice></speak>"
    texts = [ssml.format("<break time='20s'/>" * count) for count in (721, 3)]
    world.create(inputKind="SSML", inputs=inputs(*texts))
    world.work()
    long, short = read_summary(result(world)["summary.json"]).results
    assert (long.succeeded, short.duration_ms) == (False, 60_000)


def test_thousands_of_recordings_are_not_played() -> None:
    clips = "<audio src='https://x/a.wav'>b</audio>" * 1000
    text = f"<speak version='1.0' xml:lang='en-US'><voice name='en-US-JennyNeural'>{clips}</voice></speak>"
    with pytest.raises(InputError, match="recordings last longer than 4 hours"):
        add_pauses(0, spans_of(text, None, fetching=True))


def test_days_of_pauses_in_many_inputs_are_not_spoken() -> None:
    world = World()
    ssml = "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{}</voice></speak>"
    texts = [ssml.format("<break time='20s'/>" * count) for count in (720, 720, 721, 720, 720, 720, 719, 2, 1)]
    world.create(inputKind="SSML", inputs=inputs(*texts))
    (plan,) = [content for name, content in world.blobs("work").items() if name.endswith("/plan.jsonl")]
    refused = {part.input: part.error.message for part in read_item(plan) if part.error}
    assert [(index, "24 hours" in message) for index, message in refused.items()] == [(2, False), (7, True)]


def test_an_input_that_cannot_be_read_fails_alone_and_says_where() -> None:
    world = World()
    good = "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>Hello.</voice></speak>"
    stranger = good.replace("AvaNeural", "NobodyNeural")
    world.create(inputKind="SSML", inputs=inputs(good, "<speak>\n<voice", stranger, good))
    world.work()
    synthesis = read_synthesis(GA, world.get("job-1"))
    assert synthesis.status is SynthesisStatus.SUCCEEDED
    assert synthesis.outcome is not None
    assert (synthesis.outcome.succeeded, synthesis.outcome.failed) == (2, 2)
    files = result(world)
    assert [name for name in files if name.endswith(".wav")] == ["0001.wav", "0004.wav"]
    entries = read_summary(files["summary.json"]).results
    assert [entry.succeeded for entry in entries] == [True, False, False, True]
    assert [entry.contents for entry in entries] == [(good,), ("<speak>\n<voice",), (stranger,), (good,)]
    errors = [entry.error.message for entry in entries if entry.error]
    assert re.match("line 2, column ", errors[0])
    assert "en-US-NobodyNeural" in errors[1]


def test_a_synthesis_whose_every_input_fails_has_failed_with_a_reason() -> None:
    world = World()
    world.create(inputKind="SSML", inputs=inputs("<speak", "no ssml"))
    world.work()
    shown = world.get("job-1")
    assert shown["status"] == "Failed"
    assert shown["properties"]["failedAudioCount"] == 2
    assert shown["properties"]["error"]["code"] == "InvalidInput"


def test_what_an_engine_refuses_fails_that_input() -> None:
    def refuse(utterance: Utterance) -> None:
        if "dreadful" in utterance.text:
            raise InputError("This cannot be said.", remedy="Say something else.")

    world = World(engine=Listener(refuse))
    world.create(inputs=inputs("Fine.", "A dreadful text.", "Fine too."))
    world.work()
    assert [entry.succeeded for entry in read_summary(result(world)["summary.json"]).results] == [True, False, True]
    assert len(result(world)["0003.wav"]) == 44 + 2 * 9 * 1600


def test_joined_inputs_are_one_sound_of_all_that_could_be_spoken() -> None:
    world = World(settings={"SEGMENT_CHARACTERS": "100"})
    good = "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>Fifteen letters</voice></speak>"
    properties = {"concatenateResult": True, "outputFormat": "audio-24khz-48kbitrate-mono-mp3"}
    world.create(inputKind="SSML", inputs=inputs(good, "<speak", *[good] * 9), properties=properties)
    world.work()
    files = result(world)
    assert [name for name in files if name.endswith(".mp3")] == ["0001.mp3"]
    joined, failed = read_summary(files["summary.json"]).results
    assert (len(joined.contents), joined.duration_ms, failed.contents) == (10, 10_000, ("<speak",))
    assert world.get("job-1")["properties"]["succeededAudioCount"] == 10


def test_summaries_of_the_preview_have_its_members() -> None:
    world = World()
    id = world.create(version=PREVIEW)
    world.work()
    files = world.archive(world.get(id, PREVIEW)["outputs"]["result"])
    (entry,) = json.loads(files["summary.json"])["results"]
    assert entry["texts"] == ["One short text."]
    assert entry["billingDetails"] == {"CustomNeural": "0", "Neural": "15"}
    assert entry["properties"] == {"audioSize": "48000", "durationInTicks": "10000000", "duration": "PT1S"}


def test_files_are_unpacked_into_the_caller_s_container() -> None:
    world = World()
    world.create(properties={"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True})
    world.work()
    outputs = world.get("job-1")["outputs"]
    assert re.fullmatch(r"[0-9a-f]{32}/job-1", outputs["result"])
    assert outputs["summary"] == f"{outputs['result']}/summary.json"
    names = [f"{outputs['result']}/{name}" for name in ("0001.debug.json", "0001.wav", "summary.json")]
    assert sorted(world.blobs("results")) == names
    written = world.storage.blobs("results").list()
    assert sorted({info.content_type for info in written}) == ["application/json", "audio/wav"]
    assert world.blobs("outputs") == {}


def test_a_destination_path_comes_before_the_id() -> None:
    world = World()
    properties = {"destinationContainerUrl": DESTINATION, "destinationPath": "/books/one/"}
    world.create(properties=properties)
    world.work()
    assert world.get("job-1")["outputs"] == {"result": "books/one/job-1/results.zip"}
    assert list(world.blobs("results")) == ["books/one/job-1/results.zip"]


def test_an_unwritable_destination_fails_the_synthesis_without_a_word_of_its_sas() -> None:
    class Closed:
        def write(self, *args: Any, **kwargs: Any) -> str:
            raise StorageError("The blob results/a: storage answered 403 AuthorizationFailure.", status=403)

    world = World()
    world.create(properties={"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True})
    world.work(world.with_ports(lambda name, port: Closed() if name == "destination" else port))
    shown = world.get("job-1")
    assert (shown["status"], shown["properties"]["error"]["code"]) == ("Failed", "DestinationNotWritable")
    assert "403" in shown["properties"]["error"]["message"]
    assert "sig" not in json.dumps(shown)


class Silent:
    """A destination that does not answer."""

    def write(self, *args: Any, **kwargs: Any) -> str:
        raise StorageError("The blob results/a: no answer of the storage (ServiceRequestError).")


def silent(world: World) -> Service:
    return world.with_ports(lambda name, port: Silent() if name == "destination" else port)


def try_again(world: World, service: Service) -> None:
    """A message that fails, as the host sees it."""
    send(world.service.queue, GA.name, world.rows("syntheses", GA.name)[-1], [0])
    with suppress(SpeechdropError):
        world.work(service)


def test_a_destination_that_does_not_answer_is_tried_again() -> None:
    world = World()
    world.create(properties={"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True})
    for _ in range(10):
        try_again(world, silent(world))
    assert world.get("job-1")["status"] == "Running"
    world.recover()
    assert world.get("job-1")["status"] == "Succeeded"


DAY = 24 * 3600.0


@pytest.mark.parametrize(
    ("expiry", "settings", "seconds"),
    [
        ("2027-01-01T00:00:00Z", {}, DAY),
        ("2027-01-01T00:00:00Z", {"DESTINATION_PATIENCE_SECONDS": "7200"}, 7200),
        ("2026-11-22T14:00:00Z", {}, 5400),
    ],
)
def test_a_destination_that_never_answers_fails_its_synthesis(
    expiry: str, settings: dict[str, str], seconds: float
) -> None:
    """In its time, counted from when it was first asked: until then the synthesis may have waited and been spoken."""
    world = World(settings=settings)
    url = DESTINATION.replace("2027-01-01T00:00:00Z", expiry)
    world.create(properties={"destinationContainerUrl": url, "decompressOutputFiles": True})
    world.wait(1800)
    with pytest.raises(SpeechdropError):
        world.work(silent(world))
    world.wait(seconds - 1)
    try_again(world, silent(world))
    assert world.get("job-1")["status"] == "Running"
    world.wait(1)
    try_again(world, silent(world))
    shown = world.get("job-1")
    assert (shown["status"], shown["properties"]["error"]["code"]) == ("Failed", "DestinationNotWritable")
    assert "gave no answer" in shown["properties"]["error"]["message"]
    assert [name.split("/")[0] for name in world.blobs("work")] == ["ledger"], "the signature is gone as well"


def unreadable(world: World, ending: str) -> Service:
    """Blobs of work with this ending can be written, and not be read again."""

    class Down:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.service.work, name)

        def read(self, name: str, **place: Any) -> bytes:
            if name.endswith(ending):
                raise StorageError("The blob work/a: storage answered 503 ServerBusy.", status=503)
            return world.service.work.read(name, **place)

    return world.with_ports(lambda name, port: Down() if name == "work" else port)


def test_an_outage_of_our_own_storage_is_not_counted_against_the_destination() -> None:
    world = World()
    world.create(properties={"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True})
    down = unreadable(world, ".bin")
    for _ in range(3):
        try_again(world, down)
        world.wait(DAY)
    world.recover()
    assert world.get("job-1")["status"] == "Succeeded"


@ROADS
def test_an_outage_while_a_result_is_put_together_is_no_fault_of_its_input(properties: dict[str, Any]) -> None:
    world = World()
    world.create(properties=properties)
    down = unreadable(world, "/request.json")
    for _ in range(2 * world.service.settings.max_starts):
        try_again(world, down)
    world.recover()
    assert world.get("job-1")["status"] == "Succeeded"


def test_work_is_removed_at_the_end_and_the_caller_s_sas_with_it() -> None:
    world = World()
    world.create(properties={"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True})
    assert any(b"sig=secret" in content for content in world.blobs("work").values())
    world.work()
    assert [name.split("/")[0] for name in world.blobs("work")] == ["ledger"]
    assert world.storage.tables["workitems"]._rows == {}


def test_messages_may_come_twice_in_any_order_and_from_strangers() -> None:
    engine = Listener()
    world = World(engine=engine)
    world.create(inputs=inputs(*(f"Input {n}." for n in range(120))))
    queue = world.storage.queues["speak"]
    for message in reversed(queue.texts()):
        queue.send(message)
    for stranger in ("", "[]", "{}", '{"schema": 1}', '{"schema": 2}', "\x00"):
        queue.send(stranger)
    world.work()
    assert world.get("job-1")["properties"]["succeededAudioCount"] == 120
    assert len(engine.said) == 120


@ROADS
def test_an_item_in_the_hands_of_another_is_left_to_it(properties: dict[str, Any]) -> None:
    """A second worker that meets the message while the first speaks does not speak."""
    engine = Listener()
    world = World(engine=engine)
    world.create(properties=properties)
    (message,) = world.storage.queues["speak"].texts()
    engine.upon = lambda utterance: speak(world.service, message)
    world.work()
    assert len(engine.said) == 1
    assert world.get("job-1")["status"] == "Succeeded"


@ROADS
def test_an_item_spoken_by_two_counts_once(properties: dict[str, Any]) -> None:
    """The first worker slept through its lease and stops as it wakes: what the second one made counts."""
    engine = Listener()
    world = World(engine=engine)
    world.create(inputs=inputs("One.", "Two."), properties=properties)
    (message,) = world.storage.queues["speak"].texts()

    def overtake(utterance: Utterance) -> None:
        if len(engine.said) == 1:
            world.wait(2 * LEASE)
            speak(world.service, message)

    engine.upon = overtake
    world.work()
    assert [said.text for said in engine.said] == ["One.", "One.", "Two."]
    assert world.get("job-1")["properties"]["succeededAudioCount"] == 2
    assert [name.split("/")[0] for name in world.blobs("work")] == ["ledger"]


@ROADS
def test_a_slow_worker_keeps_its_item(properties: dict[str, Any]) -> None:
    """Its lease is renewed while it speaks, so timers give the item to nobody else."""
    engine = Listener()
    world = World(engine=engine)
    world.create(inputs=inputs("One.", "Two.", "Three."), properties=properties)

    def take_long(utterance: Utterance) -> None:
        world.wait(0.6 * LEASE)
        tend(world.service)
        for message in world.storage.queues["speak"].texts():
            speak(world.service, message)

    engine.upon = take_long
    world.work()
    assert [said.text for said in engine.said] == ["One.", "Two.", "Three."]
    assert world.get("job-1")["status"] == "Succeeded"


@pytest.mark.parametrize("segment", ["1000", "20000"], ids=["many items", "one item"])
def test_a_slow_archiver_keeps_its_work(segment: str) -> None:
    engine = Listener()
    world = World(engine=engine, settings={"SEGMENT_CHARACTERS": segment})
    world.create(inputs=inputs("A sentence of a text. " * 500))

    class Slow:
        """Outputs that take longer than a lease, in which timers and workers go on."""

        writes = 0

        def write(self, name: str, data: Iterable[bytes], **kwargs: Any) -> str:
            Slow.writes += 1

            def slowly() -> Iterator[bytes]:
                for chunk in data:
                    world.wait(0.3 * LEASE)
                    tend(world.service)
                    world.work(slow)
                    yield chunk

            return world.service.outputs.write(name, slowly(), **kwargs)

    slow = world.with_ports(lambda name, port: Slow() if name == "outputs" else port)
    world.work(slow)
    assert world.get("job-1")["status"] == "Succeeded"
    assert Slow.writes == 1
    assert sum(said.text.count("sentence") for said in engine.said) == 500


def test_a_synthesis_deleted_while_it_is_spoken_leaves_nothing() -> None:
    engine = Listener()
    world = World(engine=engine)
    world.create()

    def delete(utterance: Utterance) -> None:
        assert world.ask("DELETE", "job-1").status == 204

    engine.upon = delete
    world.work()
    assert world.rows("syntheses", GA.name) == []
    assert [name.split("/")[0] for name in world.blobs("work")] == ["ledger"]
    assert world.blobs("outputs") == {}


def test_a_deleted_synthesis_does_not_write_over_the_next_one_of_its_id() -> None:
    world = World()
    properties = {"destinationContainerUrl": DESTINATION, "decompressOutputFiles": True, "destinationPath": "books"}
    world.create(inputs=inputs("The former text."), properties=properties)
    results = world.storage.blobs("results")
    written: dict[str, bytes] = {}

    class Slow:
        """Before it takes a file, the synthesis is deleted, and another one has come to its end."""

        def write(self, name: str, data: Iterable[bytes], **kwargs: Any) -> str:
            if not written:
                world.wait(2)
                assert world.ask("DELETE", "job-1").status == 204
                world.create(inputs=inputs("The latter text, which is longer."), properties=properties)
                world.work()
                written.update(world.blobs("results"))
            return results.write(name, data, **kwargs)

    world.work(world.with_ports(lambda name, port: Slow() if name == "destination" else port))
    assert "books/job-1/0001.wav" in written
    assert world.blobs("results") == written


@dataclass
class Before:
    """A port, before whose effect of one name something else happens, once."""

    port: Any
    effect: str
    happens: Callable[[], Any] | None

    def __getattr__(self, name: str) -> Any:
        happens, found = self.happens, getattr(self.port, name)
        if name == self.effect and happens:
            self.happens = None
            happens()
        return found


def test_of_two_that_reach_for_an_item_one_gets_it() -> None:
    engine = Listener()
    world = World(engine=engine)
    world.create()
    (message,) = world.storage.queues["speak"].texts()
    items = Before(world.service.work_items, "replace", lambda: speak(world.service, message))
    speak(world.with_ports(lambda name, port: items if name == "work_items" else port), message)
    assert len(engine.said) == 1
    assert world.get("job-1")["status"] == "Succeeded"


def test_a_synthesis_deleted_while_its_result_is_written_leaves_nothing() -> None:
    world = World()
    world.create()
    syntheses = Before(world.service.syntheses, "commit", lambda: world.ask("DELETE", "job-1"))
    world.work(world.with_ports(lambda name, port: syntheses if name == "syntheses" else port))
    assert world.rows("syntheses", GA.name) == []
    assert world.blobs("outputs") == {}


@pytest.mark.parametrize(
    ("segment", "step"), [*(("1000", step) for step in range(26)), *(("2000", step) for step in range(12))]
)
def test_a_synthesis_deleted_before_any_step_of_its_worker_is_no_fault_and_leaves_nothing(
    segment: str, step: int
) -> None:
    world = World(settings={"SEGMENT_CHARACTERS": segment})
    world.create(inputs=inputs("A sentence of a text. " * 80))
    steps = Steps(step, lambda: world.ask("DELETE", "job-1"))
    world.work(world.with_ports(steps.of))
    assert steps.done >= step
    assert world.ask("DELETE", "job-1").status == 204
    assert world.rows("syntheses", GA.name) == []
    assert world.storage.tables["workitems"]._rows == {}
    assert [name.split("/")[0] for name in world.blobs("work")] == ["ledger"]
    assert world.blobs("outputs") == {}


class Death(BaseException):
    """A worker is killed."""


def test_an_input_that_kills_its_workers_fails_alone() -> None:
    def die(utterance: Utterance) -> None:
        if "deadly" in utterance.text:
            raise Death

    world = World(engine=Listener(die))
    world.create(inputs=inputs("One.", "Two, deadly.", "Three."))
    deaths = 0
    for _ in range(30):
        world.wait(2 * LEASE)
        try:
            world.recover()
        except Death:
            deaths += 1
    entries = read_summary(result(world)["summary.json"]).results
    assert [entry.succeeded for entry in entries] == [True, False, True]
    assert entries[1].error is not None
    assert entries[1].error.code == "SynthesisFailed"
    assert deaths <= 8


def test_a_poisoned_message_is_sent_again_and_what_is_no_message_stays() -> None:
    world = World()
    world.create()
    poisoned = world.storage.queue("speak-poison")
    (lost,) = world.storage.queues["speak"].receive()
    world.storage.queues["speak"].delete(lost)
    poisoned.send(lost.text)
    poisoned.send("no JSON")
    tend(replace(world.service, poisoned=poisoned))
    assert poisoned.texts() == ("no JSON",)
    assert world.storage.queues["speak"].texts() == (lost.text,)
    world.work()
    assert world.get("job-1")["status"] == "Succeeded"
