"""What the pipeline's poisoned messages ask for: a blob to be taken in, a slice or a version to be finished."""

from __future__ import annotations

import json

from shared.pipeline import measuring
from shared.pipeline.context import Pipeline
from shared.pipeline.finishing import read_nudge
from shared.pipeline.intake import take_in
from shared.poison import drain


def drain_poison(p: Pipeline) -> None:
    """Follows what lies in the poison queues. Whoever calls this submits afterwards."""
    hidden = p.settings.poison_hidden_seconds
    if p.poisoned_blobs:
        found = drain(p.poisoned_blobs, lambda text: _is_taken_in(p, text), hidden_seconds=hidden)
        measuring.drained(p, "intake", found)
    if p.poisoned_finishers:
        found = drain(p.poisoned_finishers, lambda text: _is_sent_again(p, text), hidden_seconds=hidden)
        measuring.drained(p, "finish", found)


def _is_taken_in(p: Pipeline, text: str) -> bool:
    """The account's queue is shared by all apps that have a blob trigger there."""
    try:
        event = json.loads(text)
        container, path = str(event["ContainerName"]), str(event["BlobName"])
    except (ValueError, KeyError, TypeError):
        return False
    if container != p.settings.inbox_container:
        return False
    take_in(p, path)
    return True


def _is_sent_again(p: Pipeline, text: str) -> bool:
    """To a process of its own: what killed a finisher shall not kill the sweep."""
    try:
        read_nudge(text)
    except (ValueError, KeyError, TypeError):
        return False
    p.finishers.send(text)
    return True
