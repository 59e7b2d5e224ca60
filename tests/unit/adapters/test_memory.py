"""What the twins offer beside the ports, for whoever drives a test with a clock of its own."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.memory import MemoryQueue, MemoryStorage, MemoryTable
from shared.adapters.memory_blobs import MemoryBlobs
from shared.adapters.memory_links import open_memory, read_memory
from shared.errors import SpeechdropError
from shared.ports import Row


@dataclass
class Hands:
    """A clock that is moved by hand."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Hands:
    return Hands()


def test_queries_and_lists_can_be_pickled(clock: Hands) -> None:
    """A store in one process can serve another."""
    table, blobs = MemoryTable(), MemoryBlobs("box", clock)
    row, etag = table.insert(Row(partition="p", key="k", values={"n": 1})), blobs.write("b", b"")
    assert list(pickle.loads(pickle.dumps(table.query("p")))) == [row]
    assert [info.etag for info in pickle.loads(pickle.dumps(blobs.list()))] == [etag]


def test_a_stored_row_does_not_change_with_its_writers_values() -> None:
    table, values = MemoryTable(), {"n": 1}
    table.insert(Row(partition="p", key="k", values=values))
    values["n"] = 2
    read = table.get("p", "k")
    assert read is not None
    assert read.values == {"n": 1}


def test_blobs_take_their_times_from_the_clock(clock: Hands) -> None:
    blobs = MemoryBlobs("box", clock)
    blobs.write("b", b"", metadata={"voice": "v"})
    info = blobs.head("b")
    assert info is not None
    assert (info.modified, info.metadata) == (clock.now, {"voice": "v"})


def test_links_carry_the_containers_name_and_end_by_the_clock(clock: Hands) -> None:
    account = MemoryStorage(clock=clock)
    blobs = account.blobs("box")
    blobs.write("b", b"x")
    soon = clock.now + timedelta(seconds=60)
    link, writable = blobs.link("b", expires=soon), blobs.writable_link(starts=clock.now, expires=soon)
    assert link.startswith("memory://blobs/box/b?")
    assert writable.startswith("memory://blobs/box?")
    opened = open_memory(writable, account.containers)
    assert read_memory(link, account.containers) == opened.read("b") == b"x"
    clock.pass_seconds(60)
    with pytest.raises(SpeechdropError, match="box is not valid at this time"):
        read_memory(link, account.containers)
    with pytest.raises(SpeechdropError, match="box is not valid at this time"):
        opened.read("b")


def test_only_a_containers_link_opens_a_container(clock: Hands) -> None:
    account = MemoryStorage(clock=clock)
    link = account.blobs("box").link("b", expires=clock.now + timedelta(seconds=60))
    for url in (link, link.replace("box/b", "other"), link.replace("memory:", "https:"), "memory://blobs/box"):
        with pytest.raises(SpeechdropError):
            account.open_container(url)


def test_a_received_message_comes_again_until_it_is_deleted(clock: Hands) -> None:
    queue = MemoryQueue(clock)
    queue.send("m")
    (first,) = queue.receive(visibility=30)
    assert (first.text, first.dequeue_count) == ("m", 1)
    assert queue.receive() == ()
    clock.pass_seconds(30)
    (second,) = queue.receive()
    assert second.dequeue_count == 2
    assert not queue.delete(first)
    assert queue.delete(second)
    assert not queue.delete(second)
    assert queue.texts() == ()


def test_delayed_messages_wait_for_their_time(clock: Hands) -> None:
    queue = MemoryQueue(clock)
    queue.send("later", delay=2.5)
    queue.send("now")
    assert queue.texts() == ("later", "now")
    assert [message.text for message in queue.receive(1)] == ["now"]
    clock.pass_seconds(2.4)
    assert queue.receive() == ()
    clock.pass_seconds(0.1)
    assert [message.text for message in queue.receive(1)] == ["later"]


def test_an_account_gives_the_same_store_for_a_name(clock: Hands) -> None:
    account = MemoryStorage(clock=clock)
    assert account.table("t") is account.table("t")
    assert account.blobs("box") is account.blobs("box")
    assert account.queue("q") is account.queue("q")
