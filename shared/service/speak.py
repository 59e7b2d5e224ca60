"""Speaks one item: takes its lease, makes its parts' sounds, marks it done; the last one puts the result together.

Any number of workers may meet the same item, and each may be killed anywhere: sounds go to a blob of this start's own
name, and one transaction decides whose counts. Those of a synthesis that is one item need not be stored: its result is
put together at once, and the last compare-and-set of its row decides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO

from shared.audio import encode
from shared.audio.stream import BLOCK_BYTES
from shared.batchapi.model import Properties, SynthesisError, SynthesisStatus
from shared.domain.leases import Lease, Overtaken
from shared.errors import Conflict, InputError, Missing, StorageError
from shared.ports import SAMPLE_RATE
from shared.service import blobs, items
from shared.service.archive import archive
from shared.service.boundaries import SAMPLE_BYTES, Times
from shared.service.context import Service
from shared.service.items import Done, Spoken, Todo
from shared.service.nudges import Nudge, read_nudge, send
from shared.service.plan import LONGEST_ERROR, Part, read_item
from shared.service.records import Record, find_record
from shared.service.saying import Speaker
from shared.service.sounds import AtHand

DIVIDE_AFTER = 2
"""Starts without an end after which the parts of an item go each their own way, to find the one that kills."""

HELD_BYTES = 16 * 1024 * 1024
"""Of a part's sound before it is encoded, in memory: five minutes and a half. It may be an hour, of what is slow or
hard to say; the rest lies in a file."""

log = logging.getLogger(__name__)


def speak(service: Service, message: str) -> None:
    """Handles one message of the queue. Raises what `archive` does."""
    nudge = read_nudge(message)
    if nudge is None:
        log.warning("A message of the speak queue is not one of ours; it is dropped.")
        return
    record = _speak_item(service, nudge)
    if record and not items.anything_left(service.work_items, nudge.guid):
        archive(service, record)


def _speak_item(service: Service, nudge: Nudge) -> Record | None:
    """The synthesis as it is now; None: it is gone, has ended, or is being ended."""
    todo = items.find_todo(service.work_items, nudge.guid, nudge.item)
    record = find_record(service.syntheses, nudge.version, nudge.key)
    now = service.clock()
    if record is None or record.ended or record.is_being_archived(now):
        return None
    if todo is not None and (todo.leased_until is None or todo.leased_until <= now):
        try:
            until = now + timedelta(seconds=service.settings.speak_lease_seconds)
            return _perform(service, record, items.lease(service.work_items, todo, until))
        except (Conflict, Overtaken, Missing):  # the plan is missing where its synthesis was just deleted
            return find_record(service.syntheses, nudge.version, nudge.key)
    return record


def _perform(service: Service, record: Record, todo: Todo) -> Record | None:
    """The synthesis as it is then; None where its result was put together at once. Raises Conflict or Overtaken:
    somebody else has the item; Missing: its synthesis is gone; StorageError, once the lease is given back."""
    held = _Held(service, todo)
    try:
        record = _running(service, record)
        plan = service.work.read(blobs.plan(todo.guid), offset=todo.offset, length=todo.length)
        if todo.starts > DIVIDE_AFTER and plan.count(b"\n") > 1:
            _divide(service, record, todo, plan)
        elif todo.starts > service.settings.max_starts:
            _give_up(service, todo, read_item(plan))
        elif todo.alone and not record.to_destination:
            _speak_and_archive(service, record, held, read_item(plan))
            return None
        else:
            done = _speak(service, record, held, read_item(plan))
            _finish(service, held.todo, done)
        return record
    except StorageError:
        items.give_back(service.work_items, held.todo)
        raise


class _Held:
    """An item in our hands; its row changes as the lease is renewed."""

    def __init__(self, service: Service, todo: Todo) -> None:
        self.todo, self._items = todo, service.work_items
        self.lease = Lease(service.clock, service.settings.speak_lease_seconds, self._renew)

    def _renew(self, until: datetime) -> None:
        self.todo = items.renew(self._items, self.todo, until)


def _running(service: Service, record: Record) -> Record:
    """The record, marked as begun. Raises Missing: its synthesis is gone."""
    if record.status is not SynthesisStatus.NOT_STARTED:
        return record
    begun = replace(record, status=SynthesisStatus.RUNNING, last_action=service.clock())
    try:
        return replace(begun, etag=service.syntheses.replace(begun.row()).etag)
    except Conflict:  # another worker was first
        stored = find_record(service.syntheses, record.version, record.key)
        if stored is None:
            raise Missing(f"Synthesis {record.guid} was deleted.") from None
        return stored


def _divide(service: Service, record: Record, todo: Todo, plan: bytes) -> None:
    lengths = [len(line) for line in plan.splitlines(keepends=True)]
    parts = items.divide(service.work_items, todo, lengths)
    log.warning("Item %s of %s was begun %s times; it is divided.", todo.number, todo.guid, todo.starts - 1)
    send(service.queue, record.version, record.key, [part.number for part in parts])


def _give_up(service: Service, todo: Todo, parts: Sequence[Part]) -> None:
    tries = service.settings.max_starts
    reason = SynthesisError(code="SynthesisFailed", message=f"Speaking was begun {tries} times and never ended.")
    log.warning("Item %s of %s was begun %s times and is given up.", todo.number, todo.guid, tries)
    _finish(service, todo, items.done_of(todo, "", 0, [Spoken(input=part.input, error=reason) for part in parts]))


def _finish(service: Service, todo: Todo, done: Done) -> None:
    if not items.finish(service.work_items, todo, done) and done.blob:
        service.work.delete(done.blob)


def _speak(service: Service, record: Record, held: _Held, parts: Sequence[Part]) -> Done:
    todo = held.todo
    name = blobs.sounds(todo.guid, todo.number, todo.starts)
    spoken: list[Spoken] = []
    sounds = _sounds(service, held.lease, record.wishes, parts, spoken)
    service.work.write(name, held.lease.kept(sounds))
    return items.done_of(todo, name, SAMPLE_RATE, spoken)


def _speak_and_archive(service: Service, record: Record, held: _Held, parts: Sequence[Part]) -> None:
    """All of a synthesis in one go, its sounds not stored in between: a quarter of the requests of a small one.

    Not where its result goes to a destination, which may long give no answer, and each try would speak it again.
    """
    spoken: list[Spoken] = []
    with SpooledTemporaryFile(max_size=HELD_BYTES) as file:
        for piece in held.lease.kept(_sounds(service, held.lease, record.wishes, parts, spoken)):
            file.write(piece)
        archive(service, record, AtHand(items.done_of(held.todo, "", SAMPLE_RATE, spoken), file))


def _sounds(
    service: Service, lease: Lease, wishes: Properties, parts: Sequence[Part], spoken: list[Spoken]
) -> Iterator[bytes]:
    """The parts' sounds one after the other, each with its times; `spoken` tells where they lie, or why not."""
    offset = 0
    for part in parts:
        if part.error:
            spoken.append(Spoken(input=part.input, error=part.error))
            continue
        times, length = Times(), 0
        with SpooledTemporaryFile(max_size=HELD_BYTES) as pcm:
            try:
                for chunk in lease.kept(_pcm(service, part, times, lease)):
                    pcm.write(chunk)
                samples = pcm.tell() // SAMPLE_BYTES
                for piece in _sound(wishes.output_format if part.whole else "", pcm, samples):
                    length += len(piece)
                    yield piece
            except InputError as refused:  # before the first piece
                error = SynthesisError(code="InvalidInput", message=f"{refused} {refused.remedy}"[:LONGEST_ERROR])
                spoken.append(Spoken(input=part.input, error=error))
                continue
        told = times.written() if wishes.word_boundary or wishes.sentence_boundary else b""
        place = Spoken(input=part.input, offset=offset, length=length, samples=samples, file=part.whole)
        spoken.append(replace(place, times=len(told)))
        offset += length + len(told)
        yield told


def _pcm(service: Service, part: Part, times: Times, lease: Lease) -> Iterator[bytes]:
    """Some minutes of sound; `times` takes note of its words."""
    speaker = Speaker(speak=service.spoken, rate=SAMPLE_RATE, sources=service.sources, keep=lease.keep)
    for chunk in speaker.chunks(part.script):
        times.chunk(chunk)
        yield chunk.pcm


def _sound(output_format: str, pcm: IO[bytes], samples: int) -> Iterator[bytes]:
    """What was written to `pcm`, as a file of this format; as it is, where there is none. Raises InputError first."""
    pcm.seek(0)
    blocks = iter(partial(pcm.read, BLOCK_BYTES), b"")
    return encode(output_format, blocks, sample_rate=SAMPLE_RATE, samples=samples) if output_format else blocks
