"""The messages of the queue `speechdrop-speak`: each names an item that may want doing, and proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from shared.ports import Queue

SCHEMA = 1
NO_ITEM = -1
"""In place of an item's number: look only whether the result can be put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    version: str
    key: str
    """Of the synthesis's row; ends in its GUID."""
    item: int = NO_ITEM

    @property
    def guid(self) -> str:
        return self.key.rpartition("~")[2]


def send(queue: Queue, version: str, key: str, items: Iterable[int]) -> None:
    for item in items:
        queue.send(json.dumps({"schema": SCHEMA, **asdict(Nudge(version=version, key=key, item=item))}))


def read_nudge(message: str) -> Nudge | None:
    """None: not one of ours, or of another schema."""
    try:
        values = json.loads(message)
        if values.pop("schema") != SCHEMA:
            return None
        return Nudge(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
