"""Hosts at once: whatever their interleaving, nothing is lost, paid twice or mixed. A run is repeated by its seed."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from shared.domain.notices import TOLD
from shared.pipeline import intake
from tests.crash.interleaving import Host, Town, interleave
from tests.crash.world import Receiver

RUNS = int(os.environ.get("INTERLEAVINGS", "100"))
"""About 30 a second."""


def test_hosts_at_once_lose_nothing_and_pay_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(intake, "MAX_PART_INPUTS", 1)  # books have several parts
    traces = [interleave(seed).trace for seed in range(RUNS)]
    assert any("0 killed" in trace for trace in traces), "no run met a kill"
    with capsys.disabled():
        print(f"\ninterleavings: {RUNS}, lost: 0, paid twice: 0, mixed: 0")


def test_hosts_at_once_keep_to_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_PART_INPUTS", 1)
    towns = [interleave(seed, tight_budget) for seed in range(RUNS // 3)]
    assert any(version.admitted for town in towns for version in town.all_versions())
    assert any("was held" in line for town in towns for line in town.trace), "no run met its budget"


def tight_budget(town: Town) -> None:
    """A day has room for the longest book and little more. Days turn while something is held, or an entry of what was
    held is left: whoever looks for what fits removes it."""
    town.settings = replace(town.settings, daily_characters=560, deadline_seconds=1000 * 86_400)

    def turn() -> None:
        if list(town.tables["open"].query("held", limit=1)):
            town.trace.append("something was held")
            town.advance(10)  # what is on its way arrives, and is listed
            town.advance(86_400)
        if not town.settled():
            town.acts.append(turn)

    town.acts.append(turn)


def test_hosts_at_once_tell_of_every_end_and_remove_nothing_that_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_PART_INPUTS", 1)
    towns = [interleave(seed, told_and_collected) for seed in range(RUNS // 3)]
    ends = sum(version.status in TOLD for town in towns for version in town.all_versions())
    assert sum(len(town.receiver.events) for town in towns if town.receiver) > ends, "none was told of twice"
    assert any("results.delete_all" in line for town in towns for line in town.trace), "nothing was removed"


def told_and_collected(town: Town) -> None:
    """Days go by under way, and the collector is always at hand."""
    town.receiver = Receiver(town, refuses=town.rnd.choice([0, 3]))
    town.weights[Host.collector] = 2 * town.weights.pop(Host.sweeper)
    town.acts += [lambda: town.advance(86_400 + 60)] * 2


def test_a_run_is_repeated_by_its_seed() -> None:
    assert interleave(7).trace == interleave(7).trace
