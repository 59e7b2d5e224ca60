"""What processes cost, as the kernel tells it in /proc (Linux only): CPU seconds, most memory, who else is busy."""

from __future__ import annotations

import json
import os
from pathlib import Path

from speechdrop.cli.local import Deployment

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Places of utime and stime in /proc/PID/stat, counted after the name (proc_pid_stat(5))."""
_IDLE, _IOWAIT = 3, 4
"""Places in the first line of /proc/stat."""


def pids(running: Deployment) -> dict[str, int]:
    """The processes of a deployment by role, as they are now; Azurite is this process's child."""
    told: dict[str, int] = json.loads((running.log.parent / "host" / "processes.json").read_text())["pids"]
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    storage = [pid for pid in map(int, children) if "azurite" in _command(pid)]
    return told | dict(zip(["azurite"], storage, strict=False))


def workers(running: Deployment) -> dict[str, int]:
    return {role: pid for role, pid in pids(running).items() if role.startswith("worker")}


def cpu_seconds(pid: int) -> float:
    """User and system; 0 once it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def most_memory(pid: int) -> int:
    """Most resident bytes so far (VmHWM); 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def machine_busy_seconds() -> float:
    """CPU seconds of all cores together since the machine started, whoever used them."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[_IDLE] - fields[_IOWAIT]) / _TICKS


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
