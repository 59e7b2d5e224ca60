"""A start: whose death ends it, and whose does not."""

from __future__ import annotations

import subprocess
import sys
from threading import Timer

import pytest

from speechdrop.devhost.errors import StartError
from speechdrop.devhost.supervisor import Child, await_ready


@pytest.fixture
def dead() -> Child:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()
    return Child(role="timer", process=process)


def test_one_that_died_before_it_was_ready_ends_the_start(dead: Child) -> None:
    with pytest.raises(StartError, match="timer ended with 3"):
        await_ready([dead])


def test_one_that_died_after_it_was_ready_is_waited_for_no_more(dead: Child) -> None:
    dead.ready.set()
    slow = Child(role="worker-1")
    Timer(0.1, slow.ready.set).start()
    await_ready([dead, slow])
    assert slow.ready.is_set()
