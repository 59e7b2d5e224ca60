"""The pipeline's poisoned messages: a blob is taken in, a slice finished, and another app's is left alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.adapters.memory import MemoryQueue
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from shared.telemetry import POISON
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Running


def blob_event(name: str, container: str = "inbox") -> str:
    """As the host writes it."""
    event = {"Type": "BlobTrigger", "FunctionId": "Host.Functions.pipeline_intake", "BlobType": "BlockBlob"}
    return json.dumps({**event, "ContainerName": container, "BlobName": name, "ETag": '"0x1"'})


@pytest.fixture
def blobs(running: Running) -> MemoryQueue:
    queue = MemoryQueue(running.world.clock, "webjobs-blobtrigger-poison")
    running.p = replace(running.p, poisoned_blobs=queue)
    return queue


@pytest.fixture
def finishers(running: Running) -> MemoryQueue:
    queue = MemoryQueue(running.world.clock, "speechdrop-finish-poison")
    running.p = replace(running.p, poisoned_finishers=queue)
    return queue


def test_a_blob_whose_event_failed_is_taken_in(running: Running, blobs: MemoryQueue) -> None:
    """Also where the sweep does not look any more."""
    running.world.drop("a.txt", note("a"), event=False)
    running.wait(7200)
    sweep(replace(running.p, inbox=running.world.storage.blobs("another"), poisoned_blobs=None))
    assert running.statuses("a.txt") == []
    blobs.send(blob_event("a.txt"))
    blobs.send(blob_event("gone.txt"))
    sweep(running.p)
    assert blobs.texts() == ()
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]


@pytest.mark.parametrize("text", [blob_event("a.txt", "of-another-app"), "no JSON", "[]", '{"BlobName": "a.txt"}'])
def test_what_is_none_of_ours_is_left(running: Running, blobs: MemoryQueue, text: str) -> None:
    blobs.send(text)
    sweep(running.p)
    assert blobs.texts() == (text,)


def test_a_slice_that_failed_too_often_is_sent_again(running: Running, finishers: MemoryQueue) -> None:
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(4)
    poll(running.p)
    (lost,) = running.world.queue.receive()
    running.world.queue.delete(lost)
    finishers.send(lost.text)
    finishers.send("no JSON")
    sweep(running.p)
    assert finishers.texts() == ("no JSON",)
    assert running.telemetry.of(POISON, queue="finish") == [2]
    running.finish_all()
    assert running.statuses("a.txt") == ["FINISHED"]
