"""Speaks one item: takes its lease, makes its parts' sounds, marks it done; the last one puts the result together.

Any number of workers may meet the same item, and each may be killed anywhere: sounds go to a blob of this start's own
name, and one transaction decides whose counts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.audio import encode
from shared.batchapi.model import SynthesisError, SynthesisStatus
from shared.errors import Conflict, InputError, StorageError
from shared.ports import Engine
from shared.service import blobs, items
from shared.service.archive import archive
from shared.service.context import Service
from shared.service.items import Done, Spoken, Todo
from shared.service.leases import Lease, Overtaken
from shared.service.nudges import Nudge, read_nudge, send
from shared.service.plan import LONGEST_ERROR, Part, read_item
from shared.service.records import Record, find_record
from shared.service.saying import Speaker
from shared.service.sources import Sources

DIVIDE_AFTER = 2
"""Starts without an end after which the parts of an item go each their own way, to find the one that kills."""
SAMPLE_BYTES = 2

log = logging.getLogger(__name__)


def speak(service: Service, message: str) -> None:
    """Handles one message of the queue."""
    nudge = read_nudge(message)
    if nudge is None:
        log.warning("A message of the speak queue is not one of ours; it is dropped.")
        return
    if _speak_item(service, nudge):
        archive(service, nudge.version, nudge.key)


def _speak_item(service: Service, nudge: Nudge) -> bool:
    """True: nothing of the synthesis is left to speak."""
    todo = items.find_todo(service.work_items, nudge.guid, nudge.item)
    record = find_record(service.syntheses, nudge.version, nudge.key)
    if record is None or record.ended:
        return False
    now = service.clock()
    if todo is not None and (todo.leased_until is None or todo.leased_until <= now):
        with suppress(Conflict, Overtaken):
            until = now + timedelta(seconds=service.settings.speak_lease_seconds)
            _perform(service, record, items.lease(service.work_items, todo, until))
    return not items.anything_left(service.work_items, nudge.guid)


def _perform(service: Service, record: Record, todo: Todo) -> None:
    """Raises Conflict or Overtaken: somebody else has the item; StorageError, once the lease is given back."""
    held = _Held(service, todo)
    try:
        _mark_running(service, record)
        plan = service.work.read(blobs.plan(todo.guid), offset=todo.offset, length=todo.length)
        if todo.starts > DIVIDE_AFTER and plan.count(b"\n") > 1:
            _divide(service, record, todo, plan)
        elif todo.starts > service.settings.max_starts:
            _give_up(service, todo, read_item(plan))
        else:
            done = _speak(service, record, held, read_item(plan))
            _finish(service, held.todo, done)
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


def _mark_running(service: Service, record: Record) -> None:
    if record.status is SynthesisStatus.NOT_STARTED:
        running = replace(record, status=SynthesisStatus.RUNNING, last_action=service.clock())
        with suppress(Conflict):
            service.syntheses.replace(running.row())


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
    engine = service.engine(service.settings.engine)
    todo = held.todo
    name = blobs.sounds(todo.guid, todo.number, todo.starts)
    spoken: list[Spoken] = []
    sounds = _sounds(engine, service.sources, held.lease, record.wishes.output_format, parts, spoken)
    service.work.write(name, sounds)
    return items.done_of(todo, name, engine.sample_rate, spoken)


def _sounds(
    engine: Engine,
    sources: Sources,
    lease: Lease,
    output_format: str,
    parts: Sequence[Part],
    spoken: list[Spoken],
) -> Iterator[bytes]:
    """The parts' sounds one after the other; `spoken` tells where each lies, and why some are missing."""
    offset = 0
    for part in parts:
        error = part.error
        try:
            pcm = b"" if error else b"".join(lease.kept(_pcm(engine, sources, part)))
            samples = len(pcm) // SAMPLE_BYTES
            sound = _file(engine, output_format, pcm) if part.whole and not error else pcm
        except InputError as refused:
            error = SynthesisError(code="InvalidInput", message=f"{refused} {refused.remedy}"[:LONGEST_ERROR])
        if error:
            spoken.append(Spoken(input=part.input, error=error))
            continue
        spoken.append(Spoken(input=part.input, offset=offset, length=len(sound), samples=samples, file=part.whole))
        offset += len(sound)
        yield sound


def _pcm(engine: Engine, sources: Sources, part: Part) -> Iterator[bytes]:
    """Some minutes of sound at most."""
    speaker = Speaker(speak=engine.speak, rate=engine.sample_rate, sources=sources)
    for chunk in speaker.chunks(part.script):
        yield chunk.pcm


def _file(engine: Engine, output_format: str, pcm: bytes) -> bytes:
    samples = len(pcm) // SAMPLE_BYTES
    return b"".join(encode(output_format, [pcm], sample_rate=engine.sample_rate, samples=samples))
