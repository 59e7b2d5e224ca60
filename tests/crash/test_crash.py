"""Kills at the pipeline's effects, one a run, before and after each; then invariants 1 to 4 must hold."""

from __future__ import annotations

import os

import pytest

from tests.crash.child import count_effects, survive
from tests.crash.scenarios import SCENARIOS, note
from tests.crash.world import Violation, World

STRIDE = int(os.environ.get("CRASH_STRIDE", "3"))
"""Every so many points are tried here; 1 tries all of them."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_at_any_effect_loses_nothing_and_pays_nothing_twice(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = SCENARIOS[name]
    points = 2 * len(count_effects(scenario))
    kills = range(0, points, STRIDE)
    for kill_at in kills:
        survive(scenario, kill_at)
    with capsys.disabled():
        print(f"\n{name}: kills: {len(kills)}, points: {points}, lost: 0, paid twice: 0, mixed: 0")


def test_the_ledger_is_not_blind_to_a_second_payment() -> None:
    """A world in which an input was accepted twice does not pass the check."""
    world = World()
    world.endpoint.ledger = [("one", (note("a"),)), ("two", (note("a"),))]
    with pytest.raises(Violation, match="paid twice"):
        world.check()


def test_a_document_that_nobody_takes_in_is_a_loss() -> None:
    world = World()
    world.drop("a.txt", note("a"))
    with pytest.raises(Violation, match="lost"):
        world.check()
