"""What becomes of a message: the host's rules of dequeue counts, and of waiting while a queue is empty (pure).

Rules: `QueueProcessor.cs` and `RandomizedExponentialBackoffStrategy.cs` under
https://github.com/Azure/azure-sdk-for-net/tree/main/sdk/storage (Microsoft.Azure.WebJobs.Extensions.Storage.Common).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum, auto


class Fate(Enum):
    COMPLETE = auto()
    """Delete it."""
    RETRY = auto()
    """Give it back."""
    POISON = auto()
    """Copy it to the poison queue, then delete it."""


def exhausted(dequeue_count: int, *, most: int) -> bool:
    """Whether a message is poison before it runs: it was handed out too often, by processes that died over it."""
    return dequeue_count > most


def fate(*, succeeded: bool, dequeue_count: int, most: int) -> Fate:
    if succeeded:
        return Fate.COMPLETE
    return Fate.POISON if dequeue_count >= most else Fate.RETRY


@dataclass(slots=True, kw_only=True)
class BackOff:
    """Waits between looks into an empty queue: random, doubling from `least` to `most` seconds."""

    least: float
    most: float
    empty_looks: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def reset(self) -> None:
        self.empty_looks = 0

    def next_wait(self) -> float:
        """Seconds to wait after one more look that found nothing."""
        # 2**16 intervals exceed any sensible `most`; the bound keeps the power from overflowing.
        grown: float = self.least * (2 ** min(self.empty_looks, 16) - 1) * self.chance.uniform(0.8, 1.2)
        self.empty_looks += 1
        return min(self.least + grown, self.most)
