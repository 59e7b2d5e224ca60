"""A changed document: what has not changed is taken over from what its manifest lists, and not paid again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.borders import marks
from shared.domain.documents import PartStatus
from shared.domain.splitting import split
from shared.errors import StorageError
from shared.extract import extract
from shared.pipeline.collector import tidy_up
from shared.pipeline.poll import poll
from tests.crash.endpoint import audio_of
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Interrupted, Running, rewrite_manifest

SAMPLES = Path(__file__).parents[3] / "samples"


def changed(text: str, number: int) -> str:
    """With another paragraph `number`."""
    paragraphs = text.split("\n\n")
    paragraphs[number] = paragraphs[number].replace("begins", "started")
    return "\n\n".join(paragraphs)


def heard(running: Running, path: str) -> list[bytes]:
    return [running.world.results.read(item["file"]) for item in running.world.manifest(path)["audio"]["inputs"]]


def test_one_changed_paragraph_is_one_input_sent(running: Running) -> None:
    text = book("a", 5)
    running.take("a.txt", text)
    running.settle()
    running.take("a.txt", changed(text, 2))
    running.settle()
    first, second = running.sent()
    assert len(first) == 5
    assert second == (changed(text, 2).split("\n\n")[2],)
    assert heard(running, "a.txt") == [audio_of(paragraph) for paragraph in changed(text, 2).split("\n\n")]
    manifest = running.world.manifest("a.txt")
    assert {item["file"].split("/")[1] for item in manifest["audio"]["inputs"]} == {"2"}
    assert [item["number"] for item in manifest["audio"]["inputs"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("place", [0.003, 0.31, 0.5, 0.77, 0.996])
def test_one_changed_word_of_a_long_text_sends_two_inputs_and_a_twentieth_at_most(place: float) -> None:
    text = (SAMPLES / "the-tide-tables.txt").read_text(encoding="utf-8")
    assert len(text) > 200_000
    running = Running.begin(input_characters=4000)
    running.world.paid_again = 1
    running.world.inputs_of = lambda text: extract("book.txt", text.encode(), running.p.extraction).inputs
    running.take("book.txt", text)
    running.settle()
    sent = len(running.sent())
    word = next(re.compile(r"\w+").finditer(text, int(place * len(text))))
    running.take("book.txt", f"{text[: word.start()]}tides{text[word.end() :]}")
    running.settle()
    again = [text for texts in running.sent()[sent:] for text in texts]
    assert 1 <= len(again) <= 2
    assert sum(map(len, again)) <= 0.05 * len(text)
    assert running.statuses("book.txt") == ["FINISHED", "FINISHED"]


def test_a_changed_word_that_had_chosen_a_border_sends_the_input_that_it_stands_in() -> None:
    text = (SAMPLES / "the-tide-tables.txt").read_text(encoding="utf-8")[:60_000]
    pieces = split(text, 4000)
    ends = (place for place in re.finditer(r"\w+", text) if any(piece.endswith(f"{place[0]}.\n\n") for piece in pieces))
    after = (f"{text[: word.start()]}tides{text[word.end() :]}" for word in ends)
    changed = next(it for it in after if len(set(split(it, 4000)) - set(pieces)) > 2)
    running, known = Running.begin(input_characters=4000), frozenset(marks(pieces))
    running.world.inputs_of = lambda text: extract("a", text.encode(), running.p.extraction, known).inputs
    running.take("book.txt", text)
    running.settle()
    sent = len(running.sent())
    running.take("book.txt", changed)
    running.settle()
    assert [len(texts) for texts in running.sent()[sent:]] == [1]
    assert running.statuses("book.txt") == ["FINISHED", "FINISHED"]


def test_a_failed_version_takes_no_borders_from_the_audio_that_stays(running: Running) -> None:
    """Two paragraphs would be one input, had not the text been cut between them."""
    one, two = (
        f"{number} is a short paragraph, of two that were once longer than one input holds." for number in (1, 2)
    )
    more = " Its second half, which is not short."
    running.world.inputs_of = lambda text: text.split("\n\n")
    running.take("a.txt", f"{one}{more}{more}\n\n{two}")
    running.settle()
    assert len(running.world.manifest("a.txt")["audio"]["inputs"]) == 2
    text = f"{one}{more}\n\n{two}"
    running.take("a.txt", text)
    running.settle()
    borders = running.world.manifest("a.txt")["audio"]["borders"]
    running.world.endpoint.bad_texts = lambda text: "other" in text
    running.take("a.txt", "\n\n".join(f"{number} of other paragraphs. " * 5 for number in range(4)))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED", "FAILED"]
    assert running.world.manifest("a.txt")["audio"]["borders"] == borders != []
    sent = len(running.sent())
    running.take("a.txt", text)
    running.settle()
    assert running.sent()[sent:] == []
    assert running.statuses("a.txt")[3] == "FINISHED"


@pytest.mark.parametrize("borders", [None, "1", [[1]], [True], {"1": 1}])
def test_borders_that_somebody_wrote_into_a_manifest_harm_nothing(running: Running, borders: Any) -> None:
    text = book("a")
    running.take("a.txt", text)
    running.settle()
    rewrite_manifest(running, "a.txt", audio={**running.world.manifest("a.txt")["audio"], "borders": borders})
    running.take("a.txt", changed(text, 0))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]
    assert [len(texts) for texts in running.sent()] == [3, 1]


def test_nothing_is_sent_for_a_paragraph_that_goes(running: Running) -> None:
    text = book("a", 3)
    running.take("a.txt", text)
    running.settle()
    running.take("a.txt", "\n\n".join(text.split("\n\n")[1:]))
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]  # published by the intake itself
    assert len(running.sent()) == 1
    assert heard(running, "a.txt") == [audio_of(paragraph) for paragraph in text.split("\n\n")[1:]]
    assert running.open() == {}


def test_another_voice_speaks_all_of_it_again(running: Running) -> None:
    running.world.paid_again = 1
    running.take("a.txt", book("a"))
    running.settle()
    running.p = running.limited(voice="en-GB-RyanNeural")
    running.take("a.txt", changed(book("a"), 0))
    running.settle()
    assert [len(texts) for texts in running.sent()] == [3, 3]


def test_another_endpoint_speaks_all_of_it_again(running: Running) -> None:
    running.world.paid_again = 1
    running.take("a.txt", book("a"))
    running.settle()
    running.p = running.limited(speech_endpoint="https://other.example.org")
    running.take("a.txt", changed(book("a"), 0))
    running.settle()
    assert [len(texts) for texts in running.sent()] == [3, 3]


def test_what_a_failed_version_left_listed_is_taken_over_too(running: Running) -> None:
    text = book("a")
    running.take("a.txt", text)
    running.settle()
    running.world.endpoint.bad_texts = lambda text: "started" in text
    running.take("a.txt", changed(text, 0))
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FAILED"]
    running.take("a.txt", text)
    running.settle()
    assert running.statuses("a.txt")[2] == "FINISHED"
    assert running.sent()[-1] == (changed(text, 0).split("\n\n")[0],)  # the last thing sent was for the second


def test_what_of_a_failed_version_was_spoken_is_taken_over_by_the_corrected_file(running: Running) -> None:
    """With its times, also when what is dropped in between cannot be read; then nothing of it is needed any more."""
    running.world.inbox.write("_speechdrop.json", b'{"word_boundary": true}')
    running.world.endpoint.bad_texts = lambda text: "Paragraph 1 of" in text
    running.take("a.txt", book("a", 4))
    running.settle()
    failed = running.world.manifest("a.txt")
    assert (failed["status"], failed["audio"]) == ("FAILED", None)
    assert [item["number"] for item in failed["spoken"]["inputs"]] == [1, 3, 4]
    running.take("a.txt", "caf\x00")
    assert running.world.manifest("a.txt")["spoken"] == failed["spoken"]
    running.wait(2 * 86_400)
    tidy_up(running.p)
    sent = len(running.sent())
    corrected = changed(book("a", 4), 1).replace("Paragraph 1", "The second paragraph")
    running.take("a.txt", corrected)
    running.settle()
    assert running.statuses("a.txt") == ["FAILED", "FAILED", "FINISHED"]
    assert running.sent()[sent:] == [(corrected.split("\n\n")[1],)]
    finished = running.world.manifest("a.txt")
    assert finished["spoken"] is None
    assert all("words" in item for item in finished["audio"]["inputs"])
    running.wait(2 * 86_400)
    tidy_up(running.p)
    assert list(running.world.results.list("a.txt/1/")) == []


def test_a_file_that_is_gone_at_the_copy_is_sent_after_all(running: Running) -> None:
    running.world.paid_again = 1
    text = book("a")
    running.take("a.txt", text)
    running.settle()
    running.world.results.delete("a.txt/1/0003.mp3")
    running.take("a.txt", changed(text, 0))
    running.settle()
    assert running.sent()[1] == (changed(text, 0).split("\n\n")[0], text.split("\n\n")[2])
    assert heard(running, "a.txt") == [audio_of(paragraph) for paragraph in changed(text, 0).split("\n\n")]


def test_all_of_a_part_may_be_gone(running: Running) -> None:
    running.world.paid_again = 1
    text = book("a")
    running.take("a.txt", text)
    running.settle()
    for number in (1, 2, 3):
        running.world.results.delete(f"a.txt/1/000{number}.mp3")
    shorter = "\n\n".join(text.split("\n\n")[:2])
    running.take("a.txt", shorter)
    running.settle()
    assert running.sent()[1] == tuple(shorter.split("\n\n"))
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]


def test_what_goes_while_its_part_is_in_a_job_is_sent_next(running: Running) -> None:
    """Storage failed the copy first; the file then went, and the part was in a job meanwhile."""
    running.world.paid_again = 1
    text = book("a")
    running.take("a.txt", text)
    running.settle()
    real = running.world.results
    running.world.drop("a.txt", changed(text, 0), event=False)

    def refuse() -> None:
        raise StorageError("busy", status=503)

    from dataclasses import replace

    from shared.pipeline.intake import intake

    with pytest.raises(StorageError):
        intake(replace(running.p, results=Interrupted(real, "copy", refuse)), "a.txt")
    poll(running.p)
    running.wait(4)
    poll(running.p)
    assert [part.status for part in running.world.all_parts() if part.sequence == 2] == [PartStatus.PACKED]
    real.delete("a.txt/1/0002.mp3")
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]
    assert running.sent()[-1] == (text.split("\n\n")[1],)
    assert heard(running, "a.txt") == [audio_of(paragraph) for paragraph in changed(text, 0).split("\n\n")]


@given(st.data())
def test_what_is_heard_is_what_was_dropped_last(data: st.DataObject) -> None:
    """Whatever was changed, and whatever has gone in between."""
    running = Running.begin()
    running.world.paid_again = 3
    paragraphs = book("a", 4).split("\n\n")
    running.take("a.txt", "\n\n".join(paragraphs))
    running.settle()
    for _ in range(data.draw(st.integers(1, 3))):
        paragraphs = data.draw(st.permutations(paragraphs))[: data.draw(st.integers(1, 4))]
        if data.draw(st.booleans()):
            paragraphs = [paragraphs[0].replace("it", "that"), *paragraphs[1:]]
        listed = [item["file"] for item in running.world.manifest("a.txt")["audio"]["inputs"]]
        for file in data.draw(st.sets(st.sampled_from(listed))):
            running.world.results.delete(file)
        running.take("a.txt", "\n\n".join(paragraphs))
        running.settle()
        assert heard(running, "a.txt") == [audio_of(paragraph) for paragraph in paragraphs]


def test_a_short_note_that_changes_is_sent_whole(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    running.take("a.txt", note("b"))
    running.settle()
    manifest: dict[str, Any] = running.world.manifest("a.txt")
    assert manifest["sequence"] == 2
    assert len(running.sent()) == 2
