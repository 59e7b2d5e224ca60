"""ports.Queue: what every queue does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from azure.storage.queue import QueueClient

from shared.adapters.connect import storage
from shared.ports import Inlet, Queue, Received
from shared.settings import Connection

Receive = Callable[[], list[str]]


class TestQueue:
    def test_carries_any_text_whole(self, queue: Queue, receive: Receive) -> None:
        text = '{"path": "Grüße & <日本>\\u0000\n😀"}'
        queue.send(text)
        assert receive() == [text]

    def test_a_delayed_message_is_seen_later(self, queue: Queue, receive: Receive) -> None:
        queue.send("later", delay=3)
        queue.send("now")
        assert receive() == ["now"]
        deadline = time.monotonic() + 10
        while not (got := receive()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert got == ["later"]

    @pytest.mark.parametrize("delay", [-1.0, 40 * 24 * 3600.0])
    def test_a_delay_out_of_range_is_brought_into_it(self, queue: Queue, receive: Receive, delay: float) -> None:
        queue.send("m", delay=delay)
        assert receive() == (["m"] if delay < 0 else [])

    def test_a_message_may_be_48_kib_and_no_more(self, queue: Queue, receive: Receive) -> None:
        queue.send("x" * 48 * 1024)
        assert [len(text) for text in receive()] == [48 * 1024]
        with pytest.raises(ValueError, match="49153 bytes"):
            queue.send("x" * (48 * 1024 + 1))


class TestInlet:
    def test_a_message_is_hidden_until_it_is_deleted(self, queue: Inlet) -> None:
        queue.send("a")
        queue.send("b")
        first, second = queue.receive()
        assert {first.text, second.text} == {"a", "b"}
        assert (first.dequeue_count, queue.receive()) == (1, ())
        assert queue.delete(first)
        assert not queue.delete(first)

    def test_of_two_receivers_the_later_one_has_it(self, queue: Inlet) -> None:
        queue.send("a")
        (before,) = queue.receive(visibility=1)
        after = self.eventually(queue)
        assert (after.text, after.dequeue_count) == ("a", 2)
        assert not queue.delete(before)
        assert queue.delete(after)

    def eventually(self, queue: Inlet) -> Received:
        deadline = time.monotonic() + 10
        while not (got := queue.receive()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return got[0]

    def test_no_more_come_than_are_wanted(self, queue: Inlet) -> None:
        for number in range(5):
            queue.send(str(number))
        assert [len(queue.receive(2)) for _ in range(4)] == [2, 2, 1, 0]

    def test_a_queue_that_is_not_there_is_empty(self, queue: Inlet) -> None:
        assert queue.receive() == ()

    def test_it_has_a_name(self, queue: Inlet, unused: str) -> None:
        assert queue.name == unused


@pytest.mark.azurite
def test_what_is_no_base64_is_read_as_it_lies_there(azurite: str, unused: str) -> None:
    queue = storage(Connection(connection_string=azurite)).queue(unused)
    queue.send("made")
    client = QueueClient.from_connection_string(azurite, unused)
    client.clear_messages()
    client.send_message("{not base64}")
    assert [received.text for received in queue.receive()] == ["{not base64}"]
