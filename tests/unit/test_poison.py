"""Messages that failed too often: followed once more, counted, and gone only after that."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryQueue
from shared.errors import StorageError
from shared.poison import Drained, drain


class Clock:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> MemoryQueue:
    return MemoryQueue(clock, "speechdrop-finish-poison")


def counted(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("poison.drained")]
    return [json.loads(line.partition(" ")[2]) for line in lines]


def test_each_message_is_followed_and_goes(queue: MemoryQueue, caplog: pytest.LogCaptureFixture) -> None:
    followed: list[str] = []

    def nudge(text: str) -> bool:
        followed.append(text)
        assert text in queue.texts(), "it goes after its nudge was done"
        return True

    for number in range(70):
        queue.send(str(number))
    drained = drain(queue, nudge, hidden_seconds=600)
    assert drained == Drained(queue=queue.name, nudged=70)
    assert followed == [str(number) for number in range(70)]
    assert queue.texts() == ()
    assert counted(caplog) == [{"queue": queue.name, "nudged": 70, "left": 0}]


def test_what_cannot_be_followed_stays_and_holds_up_no_other(
    queue: MemoryQueue, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def nudge(text: str) -> bool:
        if text == "refused":
            raise StorageError("no answer")
        return text != "foreign"

    for text in ("refused", "foreign", "good"):
        queue.send(text)
    drain(queue, nudge, hidden_seconds=600)
    assert set(queue.texts()) == {"refused", "foreign"}
    assert counted(caplog) == [{"queue": queue.name, "nudged": 1, "left": 2}]
    assert "no answer" in caplog.text
    assert drain(queue, lambda text: True, hidden_seconds=600).nudged == 0, "hidden"
    clock.now += timedelta(seconds=601)
    assert drain(queue, lambda text: True, hidden_seconds=600).nudged == 2


def test_a_fault_of_ours_at_one_message_holds_up_no_other(queue: MemoryQueue, caplog: pytest.LogCaptureFixture) -> None:
    def nudge(text: str) -> bool:
        if text == "bad":
            raise ValueError("Call me Ishmael")
        return True

    for text in ("bad", "good"):
        queue.send(text)
    assert drain(queue, nudge, hidden_seconds=600) == Drained(queue=queue.name, nudged=1, left=1)
    assert "ValueError in test_poison.py, line" in caplog.text
    assert "Ishmael" not in caplog.text


def test_an_empty_queue_is_silent(queue: MemoryQueue, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert drain(queue, lambda text: True, hidden_seconds=600) == Drained(queue=queue.name)
    assert caplog.text == ""


def test_a_nudge_that_kills_leaves_its_message(queue: MemoryQueue) -> None:
    def nudge(text: str) -> bool:
        raise KeyboardInterrupt

    queue.send("a")
    with pytest.raises(KeyboardInterrupt):
        drain(queue, nudge, hidden_seconds=600)
    assert queue.texts() == ("a",)
