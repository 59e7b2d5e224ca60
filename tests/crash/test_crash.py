"""Kills at the pipeline's effects, one a run, before and after each; then invariants 1 to 4 must hold."""

from __future__ import annotations

import os
import zlib
from dataclasses import replace

import pytest

from shared.batchapi.versions import VERSIONS
from tests.crash.child import count_effects, survive
from tests.crash.scenarios import SCENARIOS, note
from tests.crash.tally import TALLY
from tests.crash.world import SETTINGS, Violation, World

STRIDE = int(os.environ.get("CRASH_STRIDE", "31"))
"""Every so many points are tried here; 1 tries all of them."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_at_any_effect_loses_nothing_and_pays_nothing_twice(name: str, version: str) -> None:
    scenario, settings = SCENARIOS[name], replace(SETTINGS, speech_api_version=version)
    points = range(2 * len(count_effects(scenario, World(settings))))
    first = zlib.crc32(f"{name} {version}".encode()) % STRIDE  # elsewhere in each scenario
    tried = points[first::STRIDE]
    assert tried
    assert TALLY.all_survived(lambda at: survive(scenario, at, World(settings)), tried) == len(tried)


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
