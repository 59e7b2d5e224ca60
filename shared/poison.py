"""Poison queues: a message that failed too often is one more nudge, and never silence.

The host moves such a message aside and forgets it. Here each is logged and counted, and what it asks for is done; only
after that it goes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from shared.errors import told
from shared.ports import Inlet, Received

_MOST_RECEIVES = 30
"""In one go, of 32 messages each; the next call carries on."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What was found in one queue."""

    queue: str
    nudged: int = 0
    left: int = 0
    """Those that cannot be followed now, and those of which nobody here knows what they ask for."""


def drain(queue: Inlet, nudge: Callable[[str], bool], *, hidden_seconds: float) -> Drained:
    """The messages that are visible now. `nudge` does what a text asks for; False: it is none of ours.

    What is left comes again after `hidden_seconds`, until the host's time to live for it is over.
    """
    nudged = left = 0
    for message in _messages(queue, hidden_seconds):
        if _is_nudged(queue.name, message.text, nudge):
            queue.delete(message)
            nudged += 1
        else:
            left += 1
    drained = Drained(queue=queue.name, nudged=nudged, left=left)
    if nudged or left:
        log.warning("poison.drained %s", json.dumps(asdict(drained)))
    return drained


def _messages(queue: Inlet, hidden_seconds: float) -> Iterator[Received]:
    for _ in range(_MOST_RECEIVES):
        received = queue.receive(visibility=hidden_seconds)
        if not received:
            return
        yield from received


def _is_nudged(queue: str, text: str, nudge: Callable[[str], bool]) -> bool:
    try:
        if nudge(text):
            return True
        log.error("poison: a message in %s is none of ours, and is left there", queue)
    except Exception as error:  # noqa: BLE001 - whatever one message meets, the others are followed
        log.error("poison: a message in %s cannot be followed now: %s", queue, told(error))
    return False
