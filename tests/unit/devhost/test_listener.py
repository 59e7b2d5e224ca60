"""The listener's batches, concurrency and settling, on a source in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from azure.core.exceptions import ServiceRequestError

from speechdrop.devhost.delivery import BackOff
from speechdrop.devhost.hostjson import Batching
from speechdrop.devhost.invoke import FunctionFailed
from speechdrop.devhost.listener import Listener


class Letter:
    """A message whose run ends when it is told to."""

    def __init__(self, *, dequeue_count: int = 1, unreadable: bool = False, fails: bool = False) -> None:
        self.dequeue_count, self.unreadable, self._fails = dequeue_count, unreadable, fails
        self.began, self.may_end, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.renewals, self.end = 0, ""

    def run(self) -> None:
        self.began.set()
        assert self.may_end.wait(30)
        if self._fails:
            raise FunctionFailed("told to")

    def complete(self) -> None:
        self._settle("completed")

    def give_back(self) -> None:
        self._settle("given back")

    def poison(self) -> None:
        self._settle("poisoned")

    def stay_hidden(self) -> None:
        self.renewals += 1

    def _settle(self, end: str) -> None:
        self.end = end
        self.ended.set()


class Post:
    """A source that gives what lies in it, and notes how much it was asked for."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.asked: list[int] = []
        self.trouble = False

    def receive(self, count: int) -> list[Letter]:
        if self.trouble:
            self.trouble = False
            raise ServiceRequestError("no connection")
        given, self.letters = self.letters[:count], self.letters[count:]
        if given:
            self.asked.append(count)
        return given


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def listen(post: Post) -> Iterator[Callable[..., Listener]]:
    listeners: list[Listener] = []

    def start(*letters: Letter, hidden_seconds: float = 60) -> Listener:
        post.letters = list(letters)
        back_off = BackOff(least=0.005, most=0.005)
        batching = Batching(size=4, threshold=2)
        made = Listener("work", post, batching=batching, most=5, back_off=back_off, hidden_seconds=hidden_seconds)
        listeners.append(made)
        made.start()
        return made

    yield start
    for listener in listeners:
        listener.stop()


def begun(letters: list[Letter], expected: int) -> int:
    """How many were begun: once there are as many as expected, and a while later, long against 5 ms between looks."""
    wait_until(lambda: sum(letter.began.is_set() for letter in letters) >= expected)
    time.sleep(0.1)
    return sum(letter.began.is_set() for letter in letters)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)


def test_a_batch_is_fetched_when_the_threshold_or_fewer_run(post: Post, listen: Callable[..., Listener]) -> None:
    letters = [Letter() for _ in range(12)]
    listen(*letters)
    assert begun(letters, 4) == 4
    letters[0].may_end.set()
    assert begun(letters, 4) == 4, "three still run: above the threshold"
    letters[1].may_end.set()
    assert begun(letters, 8) == 8, "two ran: another batch"
    assert post.asked == [4, 4]
    for letter in letters:
        letter.may_end.set()


@pytest.mark.parametrize(
    ("letter", "end", "runs"),
    [
        (Letter(), "completed", True),
        (Letter(fails=True), "given back", True),
        (Letter(fails=True, dequeue_count=4), "given back", True),
        (Letter(fails=True, dequeue_count=5), "poisoned", True),
        (Letter(dequeue_count=5), "completed", True),
        (Letter(dequeue_count=6), "poisoned", False),
        (Letter(unreadable=True), "poisoned", False),
    ],
)
def test_each_message_is_settled_by_the_rules(
    listen: Callable[..., Listener], letter: Letter, end: str, runs: bool
) -> None:
    letter.may_end.set()
    listen(letter)
    assert letter.ended.wait(5)
    assert (letter.end, letter.began.is_set()) == (end, runs)


def test_what_runs_is_renewed_at_half_life_until_it_ends(listen: Callable[..., Listener]) -> None:
    letter = Letter()
    begun = time.monotonic()
    listen(letter, hidden_seconds=0.1)
    wait_until(lambda: letter.renewals >= 4)
    assert time.monotonic() - begun >= 4 * 0.05, "no more often than at half-life"
    letter.may_end.set()
    assert letter.ended.wait(5)
    renewals = letter.renewals
    time.sleep(0.2)
    assert letter.renewals <= renewals + 1


def test_trouble_with_the_storage_is_outlived(post: Post, listen: Callable[..., Listener]) -> None:
    post.trouble = True
    letter = Letter()
    letter.may_end.set()
    listen(letter)
    assert letter.ended.wait(5)


def test_a_stop_waits_for_what_runs_and_fetches_no_more(post: Post, listen: Callable[..., Listener]) -> None:
    running, waiting = Letter(), Letter()
    listener = listen(running)
    assert running.began.wait(5)
    stop = threading.Thread(target=listener.stop)
    stop.start()
    time.sleep(0.05)
    post.letters.append(waiting)
    assert stop.is_alive()
    running.may_end.set()
    stop.join(5)
    assert not stop.is_alive()
    assert (running.end, waiting.began.is_set()) == ("completed", False)
