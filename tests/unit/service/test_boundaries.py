"""Times of words and sentences in a result."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.engines import engine
from tests.unit.service.world import World

SPEAK = "<speak version='1.0' xmlns:mstts='http://www.w3.org/2001/mstts' xml:lang='en-US'>"
ASKED = {"wordBoundaryEnabled": True, "sentenceBoundaryEnabled": True}


def _files(world: World, version: ApiVersion = GA, **members: Any) -> dict[str, Any]:
    """The JSON files of a synthesis made of `members`."""
    text = version.text
    members["inputs"] = [{text: content} for content in members["inputs"]]
    synthesis = world.create(version=version, **members)
    world.work()
    made = world.archive(world.get(synthesis, version)["outputs"]["result"])
    return {name: json.loads(content) for name, content in made.items() if name.endswith(".json")}


def _texts(entries: Any) -> list[str]:
    return [entry["Text"] for entry in entries]


def _follow_each_other(entries: Any, milliseconds: int) -> bool:
    ends = [0, *(entry["AudioOffset"] + entry["Duration"] for entry in entries)]
    starts = [*(entry["AudioOffset"] for entry in entries), milliseconds]
    return all(end <= start for end, start in zip(ends, starts, strict=True))


def _milliseconds(result: Any) -> int:
    properties = result["properties"]
    return int(properties.get("durationInMilliseconds") or int(properties["durationInTicks"]) // 10_000)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (GA, ["The", "rainbow", ",", "it", "has", "seven", "colors", ".", "Has", "it", "?"]),
        (PREVIEW, ["the", "rainbow", "it", "has", "seven", "colors", "has", "it"]),
    ],
)
def test_words_and_sentences_are_told_as_each_version_shows_them(version: ApiVersion, words: list[str]) -> None:
    files = _files(World(), version, inputs=["The rainbow, it has seven colors. Has it?"], properties=ASKED)
    (result,) = files["summary.json"]["results"]
    assert (result["wordBoundaryFileName"], result["sentenceBoundaryFileName"]) == (
        "0001.word.json",
        "0001.sentence.json",
    )
    assert _texts(files["0001.word.json"]) == words
    assert _texts(files["0001.sentence.json"]) == ["The rainbow, it has seven colors.", "Has it?"]
    assert _follow_each_other(files["0001.word.json"], _milliseconds(result))
    assert _follow_each_other(files["0001.sentence.json"], _milliseconds(result))
    assert {frozenset(entry) for entry in files["0001.word.json"]} == {frozenset({"Text", "AudioOffset", "Duration"})}
    starts = [
        entry["AudioOffset"] for entry in files["0001.word.json"] if entry["Text"] in ("The", "the", "Has", "has")
    ]
    assert [entry["AudioOffset"] for entry in files["0001.sentence.json"]] == [starts[0], starts[-1]]


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ({}, set()),
        ({"wordBoundaryEnabled": True}, {"0001.word.json"}),
        ({"sentenceBoundaryEnabled": True}, {"0001.sentence.json"}),
    ],
)
def test_only_what_was_asked_for_is_there(asked: dict[str, bool], made: set[str]) -> None:
    files = _files(World(), inputs=["One. Two."], properties=asked)
    assert set(files) == {"summary.json", "0001.debug.json", *made}


@pytest.mark.parametrize("text", ["***", " ", "…"])
def test_an_input_without_a_word_has_no_sentence_file(text: str) -> None:
    files = _files(World(), inputs=[text], properties=ASKED)
    (result,) = files["summary.json"]["results"]
    assert result["status"] == "Succeeded"
    assert "sentenceBoundaryFileName" not in result
    assert "0001.sentence.json" not in files
    assert not any(character.isalnum() for text in _texts(files["0001.word.json"]) for character in text)


def test_times_go_on_from_segment_to_segment() -> None:
    sentences = [f"This is sentence number {number} of a text." for number in range(100)]
    world = World(settings={"SEGMENT_CHARACTERS": "500"})
    files = _files(world, inputs=[" ".join(sentences)], properties=ASKED)
    (result,) = files["summary.json"]["results"]
    words = files["0001.word.json"]
    assert _texts(files["0001.sentence.json"]) == sentences
    assert [text for text in _texts(words) if text != "."] == " ".join(sentences).replace(".", "").split()
    assert _follow_each_other(words, _milliseconds(result))
    assert words[-1]["AudioOffset"] > _milliseconds(result) - 1000


def test_joined_inputs_have_one_file_whose_times_go_on() -> None:
    properties = {**ASKED, "concatenateResult": True}
    files = _files(World(), inputs=["One", "Two", "Three."], properties=properties)
    (result,) = files["summary.json"]["results"]
    assert _texts(files["0001.sentence.json"]) == ["One", "Two", "Three."]
    assert _follow_each_other(files["0001.word.json"], _milliseconds(result))
    assert "0002.word.json" not in files


def test_a_sentence_longer_than_a_segment_is_one() -> None:
    text = "word " * 200 + "end."
    world = World(settings={"SEGMENT_CHARACTERS": "300"})
    files = _files(world, inputs=[text, "Next."], properties=ASKED)
    (sentence,) = files["0001.sentence.json"]
    assert sentence["Text"] == text
    assert _texts(files["0002.sentence.json"]) == ["Next."]


@pytest.mark.parametrize(
    ("inside", "sentences"),
    [
        ("It is <prosody rate='fast'>very</prosody> good.", ["It is very good."]),
        ("It is <break time='1s'/> very good.", ["It is", "very good."]),
        ("<p>A title</p><p>A text.</p>", ["A title", "A text."]),
        ("One. <prosody rate='slow'>Two.</prosody>", ["One.", "Two."]),
        ("<s>Chapter one</s><s>It was <prosody rate='fast'>night</prosody></s>", ["Chapter one", "It was night"]),
        ("Hello</voice><voice name='en-GB-RyanNeural'>World", ["Hello", "World"]),
        ("<mstts:audioduration value='3s'/>Hello</voice><voice name='en-GB-RyanNeural'>World", ["Hello", "World"]),
    ],
)
def test_a_sentence_ends_where_it_is_heard_to_end(inside: str, sentences: list[str]) -> None:
    ssml = f"{SPEAK}<voice name='en-US-JennyNeural'>{inside}</voice></speak>"
    files = _files(World(), inputKind="SSML", inputs=[ssml], properties=ASKED)
    assert _texts(files["0001.sentence.json"]) == sentences


def test_each_of_many_small_files_has_its_own_times() -> None:
    """Sounds that their worker encoded lie fifty to an item, each followed by its times."""
    properties = {**ASKED, "outputFormat": "audio-24khz-48kbitrate-mono-mp3"}
    files = _files(World(), inputs=[f"Number {n}." for n in range(60)], properties=properties)
    assert [_texts(files[f"{n + 1:04d}.word.json"]) for n in range(60)] == [["Number", str(n), "."] for n in range(60)]


@pytest.mark.engine
def test_words_with_phones_or_rewritten_are_told_as_written() -> None:
    """Phones reach the engine as marks in its text; none of them shows."""
    inside = (
        "The <phoneme alphabet='ipa' ph='təˈmɑːtəʊ'>tomato</phoneme> cost <prosody rate='fast'>$3.50</prosody> today."
    )
    ssml = f"<speak version='1.0' xml:lang='en-US'><voice name='en-US-JennyNeural'>{inside}</voice></speak>"
    files = _files(World(engine=engine("hibari")), inputKind="SSML", inputs=[ssml], properties=ASKED)
    (result,) = files["summary.json"]["results"]
    assert _texts(files["0001.word.json"]) == ["The", "tomato", "cost", "$3.50", "today", "."]
    assert _texts(files["0001.sentence.json"]) == ["The tomato cost $3.50 today."]
    assert all(entry["Duration"] > 0 for entry in files["0001.word.json"])
    assert _follow_each_other(files["0001.word.json"], _milliseconds(result))
