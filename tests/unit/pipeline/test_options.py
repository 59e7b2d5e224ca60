"""Options from settings to the create: who is asked, who wins, what is told where they are wrong, what is frozen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.batchapi.model import InputKind, SynthesisRequest
from shared.batchapi.versions import GA
from shared.domain.options import Options
from shared.domain.wording import worded
from shared.errors import StorageError
from shared.pipeline.intake import intake
from shared.pipeline.options import options_of
from shared.pipeline.sweep import sweep
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Counting, Interrupted, Running

PATH = "news/today/a.txt"
ROOT, NEWS, TODAY = "_speechdrop.json", "news/_speechdrop.json", "news/today/_speechdrop.json"
SIDECAR = "news/today/a.txt.json"


def put(running: Running, name: str, **options: Any) -> None:
    running.world.inbox.write(name, json.dumps(options).encode())


def drop(running: Running, path: str, text: str, metadata: Mapping[str, str]) -> None:
    """As an uploader does who sets metadata."""
    etag = running.world.inbox.write(path, text.encode(), metadata=metadata)
    running.world.versions[path, etag] = text
    intake(running.p, path)


def resolved(running: Running, path: str = PATH) -> Options:
    info = running.world.inbox.head(path)
    assert info
    return options_of(running.p, info)


def as_written(running: Running, path: str) -> Callable[[str], tuple[str, ...]]:
    """What the world is to expect of a document under the options that it has now."""
    options = resolved(running, path)
    return lambda text: worded(InputKind.PLAIN_TEXT, text.split("\n\n"), options, GA).texts


def request(running: Running) -> SynthesisRequest:
    ((request, _),) = running.world.endpoint.held.values()
    return request


def test_the_nearest_source_wins(running: Running) -> None:
    sources: list[tuple[str, str]] = [("settings", running.p.settings.voice)]
    running.world.inbox.write(PATH, b"x")
    assert resolved(running).voice == running.p.settings.voice
    for name in (ROOT, NEWS, TODAY, SIDECAR):
        put(running, name, voice=name)
        sources.append((name, resolved(running).voice))
    assert [voice for _, voice in sources[1:]] == [ROOT, NEWS, TODAY, SIDECAR]
    running.world.inbox.write(PATH, b"x", metadata={"speechdrop_voice": "m"})
    assert resolved(running).voice == "m"


def test_sources_are_joined_option_by_option(running: Running) -> None:
    put(running, ROOT, rate="+10%", style="chat", lexicon={"GIF": "jif"})
    put(running, NEWS, style=None, lexicon={"SQL": "sequel"})
    drop(running, PATH, note("a"), {"Speechdrop_Volume": "80", "author": "somebody"})
    config = request(running).config
    assert config
    assert (config.voice, config.rate, config.style, config.volume) == (running.p.settings.voice, "+10%", None, "80")


def test_options_of_other_folders_and_files_are_not_asked(running: Running) -> None:
    for name in ("sport/_speechdrop.json", "news/today/b.txt.json", "news/today/a.json", "a.txt.json", "news.json"):
        put(running, name, voice="wrong")
    running.take(PATH, note("a"))
    config = request(running).config
    assert config
    assert config.voice == running.p.settings.voice


def test_it_costs_a_read_for_each_folder_and_one_beside(running: Running) -> None:
    calls: list[tuple[str, Any]] = []
    running.world.inbox.write(PATH, b"x")
    info = running.world.inbox.head(PATH)
    assert info
    options_of(replace(running.p, inbox=Counting(running.world.inbox, calls)), info)
    assert calls == [("read", (name,)) for name in (ROOT, NEWS, TODAY, SIDECAR)]


def test_what_a_job_can_be_told_goes_into_its_properties(running: Running) -> None:
    put(
        running,
        ROOT,
        voice="en-GB-RyanNeural",
        style="chat",
        style_degree=1.5,
        role="Boy",
        rate=1.25,
        pitch="-2st",
        volume=80,
        output_format="riff-24khz-16bit-mono-pcm",
        sentence_boundary=True,
    )
    running.take("a.txt", note("a"))
    sent = request(running)
    assert (sent.kind, sent.inputs) == (InputKind.PLAIN_TEXT, (note("a"),))
    assert sent.config
    spoken = (sent.config.voice, sent.config.style, sent.config.style_degree, sent.config.role)
    assert spoken == ("en-GB-RyanNeural", "chat", "1.5", "Boy")
    assert (sent.config.rate, sent.config.pitch, sent.config.volume) == ("1.25", "-2st", "80")
    assert sent.properties.output_format == "riff-24khz-16bit-mono-pcm"
    assert (sent.properties.word_boundary, sent.properties.sentence_boundary) == (False, True)


def test_the_rest_goes_into_ssml(running: Running) -> None:
    put(running, ROOT, paragraph_pause_ms=900, lexicon={"GIF": "jif"}, rate="+10%")
    running.take("a.txt", "A GIF.\n\nAnother one.")
    sent = request(running)
    assert (sent.kind, sent.config) == (InputKind.SSML, None)
    (text,) = sent.inputs
    assert text.endswith(
        '<prosody rate="+10%">A <sub alias="jif">GIF</sub>.<break time="900ms"/>Another one.</prosody></voice></speak>'
    )
    running.world.inputs_of = lambda _: (text,)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


def test_a_long_text_keeps_its_borders(running: Running) -> None:
    running.take("plain.txt", book("b"))
    running.settle()
    put(running, ROOT, paragraph_pause_ms=900, combined=True)
    running.take("ssml.txt", book("b"))
    running.world.inputs_of = as_written(running, "ssml.txt")
    running.settle()
    plain, ssml = (running.world.manifest(path) for path in ("plain.txt", "ssml.txt"))
    assert len(plain["audio"]["inputs"]) == len(ssml["audio"]["inputs"]) > 1
    assert ssml["options"] == {**plain["options"], "paragraph_pause_ms": 900, "combined": True}
    texts = running.sent()
    for before, after in zip(texts[0], texts[1], strict=True):
        assert before.partition("\n")[0] in after


def test_documents_share_a_job_where_it_asks_the_same(running: Running) -> None:
    put(running, "a/_speechdrop.json", combined=True)
    put(running, "b/_speechdrop.json", voice="en-GB-RyanNeural")
    running.p = replace(running.p, settings=replace(running.p.settings, pack_recent_seconds=1))
    running.take("first.txt", note("first"))  # leaves at once; what comes soon after it waits for company
    for path in ("1.txt", "a/2.txt", "b/3.txt", "b/4.txt"):
        running.take(path, note(path))
    running.settle()
    assert sorted(map(len, running.sent())) == [1, 2, 2]


def test_an_authors_ssml_is_sent_as_it_is(running: Running) -> None:
    put(running, ROOT, voice="x", rate="2", lexicon={"GIF": "jif"}, word_boundary=True)
    text = '<speak version="1.0" xml:lang="en-US"><voice name="en-US-GuyNeural">A GIF.</voice></speak>'
    running.take("a.ssml", text)
    sent = request(running)
    assert (sent.inputs, sent.config, sent.properties.word_boundary) == ((text,), None, True)
    running.settle()
    assert running.world.manifest("a.ssml")["options"] == {
        "output_format": running.p.settings.output_format,
        "word_boundary": True,
    }


def test_options_are_frozen_at_intake(running: Running) -> None:
    """An option file that comes later is for what is dropped later."""
    put(running, ROOT, voice="before", lexicon={"GIF": "jif"})
    running.world.endpoint.faults = ["429"]
    running.take("a.txt", "A GIF.")
    running.world.inputs_of = as_written(running, "a.txt")
    put(running, ROOT, voice="after")
    running.settle()
    (text,) = request(running).inputs
    assert 'name="before"' in text
    assert "jif" in text
    manifest = running.world.manifest("a.txt")
    assert manifest["options"]["voice"] == "before"
    assert manifest["options"]["lexicon"] == {"GIF": "jif"}


WRONG = {
    "a folder's": (NEWS, b'{"rate": 80}', f"{NEWS}, rate", "It is 80", "Make it a number from 0.5 to 2"),
    "a document's own": (SIDECAR, b'{"rate"', f"{SIDECAR}, line 1, column 8", "It is not JSON", "Correct it"),
    "a long one": (ROOT, b" " * 65_537, ROOT, "It is longer than 65,536 bytes", "raise MAX_OPTION_BYTES"),
}


@pytest.mark.parametrize(("name", "content", "where", "why", "remedy"), WRONG.values(), ids=WRONG)
def test_wrong_options_fail_the_document(
    running: Running, name: str, content: bytes, where: str, why: str, remedy: str
) -> None:
    running.world.inbox.write(name, content)
    running.take(PATH, note("a"))
    error = running.error(PATH)
    assert error["where"] == where
    assert why in error["why"]
    assert remedy in error["remedy"]
    assert running.sent() == []


def test_wrong_metadata_fails_the_document(running: Running) -> None:
    drop(running, "a.txt", note("a"), {"speechdrop_vocie": "x"})
    error = running.error("a.txt")
    assert (error["where"], error["why"]) == ("metadata speechdrop_vocie", 'There is no option "vocie"')


def test_a_corrected_option_file_helps_the_next_drop(running: Running) -> None:
    put(running, ROOT, voice=5)
    running.take("a.txt", note("a"))
    put(running, ROOT, voice="en-GB-RyanNeural")
    running.take("a.txt", note("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FAILED", "FINISHED"]


def test_a_document_in_too_many_folders_is_refused_before_any_is_read(running: Running) -> None:
    path = "/".join("f" * 16) + "/a.txt"
    calls: list[tuple[str, Any]] = []
    running.world.drop(path, note("a"))
    intake(replace(running.p, inbox=Counting(running.world.inbox, calls)), path)
    assert running.error(path)["why"] == "It lies in 17 folders, the container included, and the limit is 16"
    assert [name for name, _ in calls] == ["peek"]


def test_storage_that_does_not_answer_is_no_answer(running: Running) -> None:
    """Else a document would be spoken, and paid, without its options."""

    def die() -> None:
        raise StorageError("it does not answer", status=503)

    running.world.drop("a.txt", note("a"))
    with pytest.raises(StorageError):
        intake(replace(running.p, inbox=Interrupted(running.world.inbox, "read", die)), "a.txt")
    assert running.statuses("a.txt") == []


@pytest.mark.parametrize("name", [ROOT, SIDECAR, "alone.json", "folder/ALONE.Json"])
def test_option_files_and_other_json_are_no_documents(running: Running, name: str) -> None:
    """Whether an event tells of one, or a sweep finds it; nothing is read, written or sent for it."""
    running.world.inbox.write(name, b"{}")
    calls: list[tuple[str, Any]] = []
    counted = replace(running.p, inbox=Counting(running.world.inbox, calls))
    intake(counted, name)
    sweep(counted)
    assert [call for call, _ in calls] == ["page"]
    assert running.all() == ([], [], [])
    assert list(running.world.results.list()) == []
    assert running.world.tables["app"].get("sweep", "mark")
