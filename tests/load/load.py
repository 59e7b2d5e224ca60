"""The service under load, with 2 and with 4 workers, next to a bare loop in the same run; and with workers killed.

`make test-load` runs this file; plain pytest does not collect it. LOAD_JOBS and LOAD_KILLING_SECONDS make it shorter.
The bare loop (bare.py says what it is) speaks the same inputs in as many processes as there are workers: what those
cost each other, on two cores and in their caches, is no cost of the service. It runs before the service and after it,
and the mean counts, as a machine that shares its processor with others grows slower or faster meanwhile.

The service runs alone, with the pipeline's functions switched off, and next to the bare loop at the times of a
deployment, not a laptop's: looks into empty queues and at what runs are no part of speaking. Both are measured from
the kernel's counts: CPU seconds of the workers alone, from before the first create to the last job's end; wall-clock
time over the same span, in which storage, HTTP and timers share the cores with them. What else runs on the machine
disturbs both; the table shows it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.load import loads
from tests.load.bare import Bare, speak_all
from tests.load.inputs import INPUTS, JOBS, job_inputs
from tests.load.loads import DOCUMENTED, Load

CPU_RATIO_MOST = 1.10
THROUGHPUT_RATIO_LEAST = 0.80
MEMORY_MOST = 700_000_000
"""Bytes, of each process."""
ALONE = {
    "DEVHOST_VERBOSE": "false",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:02",
    **{f"AzureWebJobs.pipeline_{name}.Disabled": "true" for name in ("intake", "poll", "tick", "finish", "sweep")},
}
DEPLOYED = {**DOCUMENTED, "TEND_SCHEDULE": "30 * * * * *"}
KILLING_SECONDS = float(os.environ.get("LOAD_KILLING_SECONDS", "180"))

pytestmark = [pytest.mark.azurite, pytest.mark.engine, pytest.mark.timeout(3600)]


@pytest.fixture(autouse=True)
def _service_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def jobs() -> Mapping[str, list[str]]:
    return {f"load-{number:04d}": inputs for number, inputs in enumerate(job_inputs(JOBS))}


@pytest.fixture(scope="module")
def texts(jobs: Mapping[str, list[str]]) -> list[str]:
    return [text for inputs in jobs.values() for text in inputs]


@pytest.fixture(scope="module")
def first(texts: list[str]) -> Bare:
    return speak_all(texts, processes=2)


@pytest.mark.parametrize("workers", [2, 4])
def test_speaking_costs_little_more_than_a_bare_loop(
    workers: int,
    jobs: Mapping[str, list[str]],
    texts: list[str],
    first: Bare,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in DEPLOYED.items():
        monkeypatch.setenv(name, value)
    before = first if workers == 2 else speak_all(texts, processes=workers)
    load = loads.run(tmp_path / "data", jobs, before.samples, workers=workers)
    bare = _mean(before, speak_all(texts, processes=workers))
    cpu = load.worker_cpu_seconds / load.audio_seconds / (bare.cpu_seconds / bare.audio_seconds)
    throughput = load.audio_seconds / load.wall_seconds / (bare.audio_seconds / bare.wall_seconds)
    _show(f"{JOBS} jobs of {INPUTS} inputs, {workers} workers", load, bare)
    Console().print(f"CPU {cpu:.3f} x bare (at most {CPU_RATIO_MOST}), throughput {throughput:.3f} x bare", "\n")
    _check_memory(load)
    assert cpu <= CPU_RATIO_MOST
    assert throughput >= THROUGHPUT_RATIO_LEAST


def test_all_jobs_end_right_while_workers_are_killed(
    jobs: Mapping[str, list[str]], first: Bare, tmp_path: Path
) -> None:
    load = loads.run(tmp_path / "data", jobs, first.samples, workers=4, killing_seconds=KILLING_SECONDS)
    _show(f"{JOBS} jobs, {load.kills} kills of 4 workers in {KILLING_SECONDS:g} s", load, first)
    Console().print(f"{load.open_after_kills} jobs were left to do when the kills were over", "\n")
    assert load.kills >= KILLING_SECONDS / loads.KILL_EVERY_SECONDS * 0.9
    _check_memory(load)


def _mean(before: Bare, after: Bare) -> Bare:
    return replace(
        before,
        cpu_seconds=(before.cpu_seconds + after.cpu_seconds) / 2,
        wall_seconds=(before.wall_seconds + after.wall_seconds) / 2,
        other_cores=(before.other_cores + after.other_cores) / 2,
    )


def _check_memory(load: Load) -> None:
    assert {role: size for role, size in load.memory_bytes.items() if size >= MEMORY_MOST} == {}


def _show(title: str, load: Load, bare: Bare) -> None:
    table = Table(title=title)
    for column in ("process", "CPU s", "CPU s per 1000 s of sound", "s of sound per s", "most MB"):
        table.add_column(column, justify="left" if column == "process" else "right")
    table.add_row("bare loop", *_speed(bare.cpu_seconds, bare.audio_seconds, bare.wall_seconds), "")
    cpu, per_sound, speed = _speed(load.worker_cpu_seconds, load.audio_seconds, load.wall_seconds)
    table.add_row("workers", *(("", "") if load.kills else (cpu, per_sound)), speed)  # the dead are not counted
    for role, seconds in sorted(load.cpu_seconds.items()):
        table.add_row(f"  {role}", f"{seconds:.1f}", "", "", f"{load.memory_bytes[role] / 1e6:.0f}")
    Console().print()
    Console().print(table)
    beside = f"{bare.other_cores:.2f} beside the bare loop, {load.other_cores:.2f} beside the service"
    Console().print(f"Cores that others on this machine used: {beside}")


def _speed(cpu: float, audio: float, wall: float) -> tuple[str, str, str]:
    return f"{cpu:.1f}", f"{1000 * cpu / audio:.3f}", f"{audio / wall:.1f}"
