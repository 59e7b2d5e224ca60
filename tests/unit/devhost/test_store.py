"""The host's own memory: events are handed out once at a time, and survive."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from speechdrop.devhost.schedule import Status
from speechdrop.devhost.store import BlobEvent, Store
from speechdrop.devhost.watcher import compare


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "host.sqlite")


def event(name: str, function: str = "intake") -> BlobEvent:
    return BlobEvent(function=function, container="inbox", name=name, etag='"1"')


def test_events_are_handed_out_oldest_first_and_once(store: Store, tmp_path: Path) -> None:
    store.add([event("a"), event("b"), event("c"), event("x", function="other")])
    other_process = Store(tmp_path / "host.sqlite")
    taken = store.take("intake", 2, hidden_seconds=60)
    assert [delivery.event.name for delivery in taken] == ["a", "b"]
    assert [delivery.event.name for delivery in other_process.take("intake", 2, hidden_seconds=60)] == ["c"]
    assert store.take("intake", 2, hidden_seconds=60) == []


def test_an_event_given_back_or_left_comes_again_with_a_higher_count(store: Store) -> None:
    store.add([event("a")])
    (first,) = store.take("intake", 1, hidden_seconds=60)
    store.hide(first, seconds=0)
    (second,) = store.take("intake", 1, hidden_seconds=0)
    (third,) = store.take("intake", 1, hidden_seconds=60)
    assert [delivery.dequeue_count for delivery in (first, second, third)] == [1, 2, 3]
    store.hide(first, seconds=0)  # it is no longer the first holder's to give back
    assert store.take("intake", 1, hidden_seconds=60) == []
    store.remove(third)
    assert store.waiting() == 0


def test_what_was_seen_is_kept_with_the_events_it_raised(store: Store) -> None:
    assert store.seen("c/inbox") is None
    store.notice("c/inbox", present={}, gone=(), events=())
    assert store.seen("c/inbox") == {}
    store.notice("c/inbox", present={"a": '"1"', "b": '"1"'}, gone=(), events=[event("a"), event("b")])
    store.notice("c/inbox", present={"a": '"2"'}, gone=["b"], events=[event("a")])
    assert store.seen("c/inbox") == {"a": '"2"'}
    assert store.seen("c/other") is None
    assert store.waiting() == 3


def test_the_status_of_a_timer_is_kept(store: Store) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    status = Status(expression="0 * * * * *", last=None, next=now, updated=now)
    assert store.status("poll") is None
    store.save_status("poll", status)
    assert store.status("poll") == status


def test_two_looks_differ_by_what_is_new_changed_and_gone() -> None:
    look = compare({"same": "1", "changed": "1", "gone": "1"}, {"same": "1", "changed": "2", "new": "1"})
    assert dict(look.new) == {"changed": "2", "new": "1"}
    assert look.gone == {"gone"}
