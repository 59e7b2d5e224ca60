"""Kills over Azurite: the real adapters, their retries and their conflicts, in a child that dies at an effect."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from shared.batchapi.versions import VERSIONS
from tests.crash.azurite import AzuriteWorld
from tests.crash.child import count_effects, survive
from tests.crash.scenarios import SCENARIOS
from tests.crash.tally import TALLY
from tests.crash.world import SETTINGS, World

KILLS = int(os.environ.get("AZURITE_KILLS", "1"))
"""Of each scenario and version, at points evenly spread."""
NAMES = ["passing_faults", "notes_and_a_book", "changed_under_way"][: 1 if KILLS == 1 else None]


@pytest.mark.azurite
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", NAMES)
def test_a_kill_over_azurite_loses_nothing_and_pays_nothing_twice(name: str, version: str, azurite: str) -> None:
    scenario, settings = SCENARIOS[name], replace(SETTINGS, speech_api_version=version)
    points = 2 * len(count_effects(scenario, AzuriteWorld(azurite, settings)))
    tried = [points * (2 * n + 1) // (2 * KILLS) for n in range(KILLS)]

    def run(kill_at: int) -> World:
        return survive(scenario, kill_at, AzuriteWorld(azurite, settings))

    assert TALLY.all_survived(run, tried, over_azurite=True)
