from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from speechdrop.devhost.stopping import Stopping


@pytest.fixture
def _handler_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("_handler_as_before")
def test_a_signal_is_asked_once_and_for_good() -> None:
    stopping = Stopping(signal.SIGUSR1)
    assert not stopping.wait(0)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert stopping.wait(5)
    assert stopping.wait(0)


@pytest.mark.usefixtures("_handler_as_before")
def test_a_signal_ends_a_wait_that_has_begun() -> None:
    stopping = Stopping(signal.SIGUSR1)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGUSR1))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    assert stopping.wait(5)
