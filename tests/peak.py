"""The most memory that this process ever held; for tests that start a process of its own to measure it."""

from __future__ import annotations

import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def most_memory() -> int:
    """Bytes. Linux's ru_maxrss will not do: it begins with the peak of whoever started the process."""
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts bytes
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
