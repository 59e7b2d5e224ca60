"""A long book leaves room: in simulated time, at an endpoint that speaks four jobs at a time, 20 s each."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from shared.batchapi.versions import VERSIONS
from shared.domain.splitting import split
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.settings import Settings
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Running

POLL_SECONDS = 5
NOTES = [f"{number:03d}.txt" for number in range(100)]
SENTENCE = "This is sentence number {} of a very long book, and it says nothing that the others do not say as well. "
BOOK = "\n\n".join("".join(SENTENCE.format(10 * n + i) for i in range(10)) for n in range(5000))
"""Some 5 MB."""


def polls_until_the_notes_are_finished(settings: Settings, *, refuses: bool, book: bool) -> int:
    running = Running.begin()
    running.world.settings = settings
    running.world.inputs_of = lambda text: split(text, settings.input_characters)
    running.p = replace(running.p, settings=settings)
    endpoint = running.world.endpoint
    endpoint.version = VERSIONS[settings.speech_api_version]
    endpoint.at_once, endpoint.seconds, endpoint.refuses_when_full = 4, 20, refuses
    if book:
        running.take("book.txt", BOOK)
    for name in NOTES:
        running.world.drop(name, note(name), event=False)
        intake(running.p, name)
        running.wait(0.01)
    for polls in count(1):
        assert polls < 100
        for _ in range(POLL_SECONDS):
            running.wait(1)
            endpoint.work()
        poll(running.p)
        running.finish_all()
        if all(running.world.results.head(f"{name}/manifest.json") for name in NOTES):
            return polls
    raise AssertionError


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("refuses", "limit"), [(True, Settings().max_active_jobs), (False, 4)], ids=["it refuses more", "it lets more wait"]
)
def test_a_book_delays_notes_that_come_after_it_by_two_polls_at_most(version: str, refuses: bool, limit: int) -> None:
    """What an endpoint lets wait is not known from outside: there the limit is told."""
    assert len(BOOK) >= 5_000_000
    settings = Settings(speech_api_version=version, max_active_jobs=limit)
    alone = polls_until_the_notes_are_finished(settings, refuses=refuses, book=False)
    after = polls_until_the_notes_are_finished(settings, refuses=refuses, book=True)
    print(f"notes alone: {alone} polls, after a book: {after}")
    assert after <= alone + 2
