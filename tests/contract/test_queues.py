"""ports.Queue: what every queue does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from shared.ports import Queue

Receive = Callable[[], list[str]]


class TestQueue:
    def test_carries_any_text_whole(self, queue: Queue, receive: Receive) -> None:
        text = '{"path": "Grüße & <日本>\\u0000\n😀"}'
        queue.send(text)
        assert receive() == [text]

    def test_a_delayed_message_is_seen_later(self, queue: Queue, receive: Receive) -> None:
        queue.send("later", delay=0.6)
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
