"""The files of a result, from what workers noted down."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zipfile import ZIP64_LIMIT

from shared.adapters.memory_blobs import MemoryBlobs
from shared.batchapi.formats import FORMATS
from shared.batchapi.model import InputKind, Properties, SynthesisConfig, SynthesisRequest
from shared.batchapi.versions import GA
from shared.ports import SAMPLE_RATE
from shared.service.items import Done, Spoken, Todo, done_of
from shared.service.records import new_record
from shared.service.results import LARGE, Results, files
from shared.service.sounds import WINDOW

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def written(
    dones: list[Done],
    inputs: int,
    work: MemoryBlobs,
    results: Results,
    *,
    joined: bool = False,
    function_seconds: float = 3600,
) -> dict[str, bytes]:
    request = SynthesisRequest(
        kind=InputKind.PLAIN_TEXT,
        inputs=tuple(f"Input {n}." for n in range(inputs)),
        config=SynthesisConfig(voice="en-US-JennyNeural"),
        properties=Properties(time_to_live_hours=1, concatenate_result=joined),
    )
    record = new_record(GA.name, "guid", "job-1", request, NOW)
    made = files(record, request, dones, work, results, function_seconds=function_seconds)
    return {file.name: b"".join(file.chunks) for file in made}


def done(number: int, blob: str, *spoken: Spoken) -> Done:
    return done_of(Todo(guid="guid", number=number, offset=0, length=0), blob, 24_000, spoken)


def test_parts_are_read_from_where_they_lie_whatever_their_size() -> None:
    work = MemoryBlobs("work", lambda: NOW)
    sounds = [bytes([n]) * size for n, size in enumerate((100, 2 * WINDOW + 10, 6, WINDOW, 4), start=1)]
    spoken, offset = [], 0
    for index, sound in zip((0, 1, 1, 1, 2), sounds, strict=True):
        spoken.append(Spoken(input=index, offset=offset, length=len(sound), samples=len(sound) // 2))
        offset += len(sound)
    work.write("a", sounds[:3])
    work.write("b", [b"", *sounds[3:]])
    later = [
        Spoken(input=s.input, offset=s.offset - spoken[3].offset, length=s.length, samples=s.samples)
        for s in spoken[3:]
    ]
    made = written([done(0, "a", *spoken[:3]), done(100, "b", *later)], 3, work, Results())
    assert made["0001.wav"][44:] == sounds[0]
    assert made["0002.wav"][44:] == b"".join(sounds[1:4])
    assert made["0003.wav"][44:] == sounds[4]


def test_a_sound_that_no_riff_file_holds_fails_its_input_before_a_byte_is_read() -> None:
    work = MemoryBlobs("work", lambda: NOW)
    work.write("b", bytes(20))
    long = Spoken(input=0, length=2**32, samples=2**31)
    results = Results()
    made = written([done(0, "none", long), done(100, "b", Spoken(input=1, length=20, samples=10))], 2, work, results)
    assert sorted(made) == ["0002.debug.json", "0002.wav", "summary.json"]
    failed, spoken = json.loads(made["summary.json"])["results"]
    assert (failed["status"], spoken["status"]) == ("Failed", "Succeeded")
    assert "4 GiB" in failed["error"]["message"]
    assert (results.succeeded, results.failed) == (1, 1)


def test_sounds_that_there_is_no_time_to_make_fail_their_inputs_and_no_other() -> None:
    work = MemoryBlobs("work", lambda: NOW)
    work.write("a", bytes(48_000))
    second, hour = Spoken(input=0, length=48_000, samples=24_000), 3600 * 24_000
    file = Spoken(input=2, length=48_000, samples=24_000, file=True)
    dones = [done(0, "a", second), done(100, "none", Spoken(input=1, samples=hour)), done(200, "a", file)]
    results = Results()
    made = written(dones, 3, work, results, function_seconds=1)
    assert sorted(name for name in made if name.endswith(".wav")) == ["0001.wav", "0003.wav"]
    _, failed, _ = json.loads(made["summary.json"])["results"]
    assert "lasts 1.0 hours" in failed["error"]["message"]


def test_a_file_that_is_not_announced_as_large_is_one_that_a_zip_takes_so() -> None:
    widest = max(audio.rate for audio in FORMATS.values())
    assert LARGE * widest / SAMPLE_RATE < 0.99 * ZIP64_LIMIT


def test_joined_sounds_come_in_the_order_of_their_inputs() -> None:
    work = MemoryBlobs("work", lambda: NOW)
    work.write("a", b"AABBCC")
    spoken = [Spoken(input=n, offset=2 * n, length=2, samples=1) for n in range(3)]
    results = Results()
    made = written([done(0, "a", *spoken)], 3, work, results, joined=True)
    assert made["0001.wav"][44:] == b"AABBCC"
    assert results.entries[0].contents == ("Input 0.", "Input 1.", "Input 2.")
