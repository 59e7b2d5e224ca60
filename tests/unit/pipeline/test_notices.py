"""Notices: every version that is finished or failed is told of, at least once, under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cloudevents.v1.http import from_json

from shared.domain.notices import NOTICE, partition_of
from shared.errors import Undelivered
from shared.pipeline.notices import deliver
from shared.pipeline.surveying import survey
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Counting, Running


@dataclass
class Receiver:
    name: str = "receiver"
    events: list[Mapping[str, Any]] = field(default_factory=list)
    refuses: int = 0
    refused_paths: tuple[str, ...] = ()
    tries: int = 0

    def notify(self, event: Mapping[str, Any]) -> None:
        self.tries += 1
        if event["subject"] in self.refused_paths:
            raise Undelivered("it answered 422", of_all=False)
        if self.refuses:
            self.refuses -= 1
            raise Undelivered("busy")
        self.events.append(event)


@dataclass
class Telling:
    running: Running
    receiver: Receiver

    @property
    def waiting(self) -> int:
        return sum(len(self.running.entries(partition_of(notifier.name))) for notifier in self.running.p.notifiers)

    def rounds(self, count: int, seconds: float = 4) -> None:
        for _ in range(count):
            self.running.round(seconds)


@pytest.fixture
def telling(running: Running) -> Telling:
    receiver = Receiver()
    running.p = replace(running.p, notifiers=(receiver,))
    return Telling(running, receiver)


def test_an_ended_version_is_told_of_once(telling: Telling) -> None:
    telling.running.take("a.txt", book("a"))
    telling.running.take("empty.txt", "")
    telling.running.settle()
    telling.rounds(3)
    events = {event["subject"]: event for event in telling.receiver.events}
    assert len(telling.receiver.events) == 2
    assert events["a.txt"]["type"] == "speechdrop.document.finished"
    assert events["a.txt"]["data"]["manifest"] == "a.txt/manifest.json"
    assert events["empty.txt"]["type"] == "speechdrop.document.failed"
    assert events["empty.txt"]["data"]["error"]["remedy"]
    assert telling.waiting == 0


def test_it_is_an_event_by_the_public_specification(telling: Telling) -> None:
    import json

    telling.running.take("a.txt", note("a"))
    telling.running.settle()
    telling.rounds(1)
    event = from_json(json.dumps(telling.receiver.events[0]))
    assert (event["specversion"], event["source"], event["subject"]) == ("1.0", "/speechdrop/crash", "a.txt")
    assert event.get_data() == telling.receiver.events[0]["data"]


def test_a_receiver_that_takes_nothing_is_tried_again_ever_later(telling: Telling) -> None:
    telling.receiver.refuses = 3
    for name in "ab":
        telling.running.take(f"{name}.txt", note(name))
    telling.running.settle()
    telling.rounds(12)
    assert {event["subject"] for event in telling.receiver.events} == {"a.txt", "b.txt"}
    assert telling.waiting == 0


def test_a_receiver_that_takes_nothing_starves_no_other_and_has_it_told_nothing_twice(telling: Telling) -> None:
    dead = Receiver("dead", refuses=10**6)
    telling.running.p = replace(telling.running.p, notifiers=(dead, telling.receiver))
    for number in range(5):
        telling.running.take(f"{number}.txt", note(str(number)))
    telling.running.settle()
    telling.rounds(3)
    assert sorted(event["subject"] for event in telling.receiver.events) == [f"{number}.txt" for number in range(5)]
    assert telling.waiting == 5
    assert survey(telling.running.p).waiting[NOTICE].count == 5


def test_a_receiver_that_takes_nothing_is_asked_once_a_round(telling: Telling) -> None:
    for number in range(5):
        telling.running.take(f"{number}.txt", note(str(number)))
    telling.receiver.refuses = 10**6
    telling.running.settle()
    telling.running.wait(100)
    before = telling.receiver.tries
    deliver(telling.running.p)
    assert telling.receiver.tries == before + 1


def test_a_notice_that_is_refused_for_itself_holds_up_no_other(telling: Telling) -> None:
    telling.receiver.refuses = 10**6
    for name in "abcd":
        telling.running.take(f"{name}.txt", note(name))
    telling.running.settle()
    telling.running.wait(100)
    telling.receiver.refuses, telling.receiver.refused_paths = 0, ("a.txt", "b.txt")
    deliver(telling.running.p)
    assert sorted(event["subject"] for event in telling.receiver.events) == ["c.txt", "d.txt"]
    assert telling.waiting == 2


def test_a_notice_that_nobody_takes_for_days_is_given_up(telling: Telling) -> None:
    telling.receiver.refuses = 10**6
    telling.running.take("a.txt", note("a"))
    telling.running.settle()
    telling.rounds(400, seconds=3600)
    assert telling.waiting == 0


def test_an_entry_whose_version_has_not_ended_waits_for_it(telling: Telling) -> None:
    """Its writer was killed before the end was written; the next publisher comes with an entry of its own."""
    running = telling.running
    running.take("a.txt", note("a"))
    (version,) = running.world.all_versions()
    from shared.pipeline.notices import announce

    announce(running.p, version)
    deliver(running.p)
    assert telling.receiver.events == []
    running.settle()
    telling.rounds(2)
    assert len({event["id"] for event in telling.receiver.events}) == 1
    running.wait(100)
    telling.rounds(1)
    assert telling.waiting == 0


def test_a_superseded_version_is_not_told_of(telling: Telling) -> None:
    telling.running.take("a.txt", note("first"))
    telling.running.take("a.txt", note("second"))
    telling.running.settle()
    telling.rounds(2)
    assert [event["data"]["sequence"] for event in telling.receiver.events] == [2]


def test_without_a_receiver_nothing_is_written(running: Running) -> None:
    calls: list[tuple[str, Any]] = []
    running.p = replace(running.p, open=Counting(running.p.open, calls))
    running.take("a.txt", note("a"))
    running.settle()
    assert calls
    assert NOTICE not in repr(calls)
