"""Retry, poison, and the waits between looks into an empty queue."""

import random

import pytest

from speechdrop.devhost.delivery import BackOff, Fate, exhausted, fate
from speechdrop.devhost.supervisor import pause_before


@pytest.mark.parametrize(
    ("succeeded", "dequeue_count", "expected"),
    [
        (True, 1, Fate.COMPLETE),
        (True, 5, Fate.COMPLETE),
        (False, 1, Fate.RETRY),
        (False, 4, Fate.RETRY),
        (False, 5, Fate.POISON),
    ],
)
def test_fate_after_a_run(succeeded: bool, dequeue_count: int, expected: Fate) -> None:
    assert fate(succeeded=succeeded, dequeue_count=dequeue_count, most=5) is expected


def test_a_message_whose_runs_all_died_is_poison_before_its_next() -> None:
    assert not exhausted(5, most=5)
    assert exhausted(6, most=5)


def test_waits_double_at_random_up_to_the_most() -> None:
    back_off = BackOff(least=0.1, most=60, chance=random.Random(0))
    waits = [back_off.next_wait() for _ in range(200)]
    assert waits[0] == 0.1
    for doubled, wait in enumerate(waits[:8]):
        assert 0.1 + 0.08 * (2**doubled - 1) <= wait <= 0.1 + 0.12 * (2**doubled - 1)
    assert set(waits[12:]) == {60}
    back_off.reset()
    assert back_off.next_wait() == 0.1


def test_a_child_that_keeps_dying_starts_ever_later_up_to_a_bound() -> None:
    assert pause_before(0) == 0
    pauses = [pause_before(failures) for failures in range(1, 2000)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.2, 5)
