"""Accepts a synthesis: checks it, plans it, writes all that its workers need, and only then its row; messages last.

The row's transaction is the acceptance. Killed before it, nothing was accepted and a timer clears the traces away;
killed after it, or where the queue fails, a timer sends the messages.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

from shared.audio import ENCODABLE, MISSING
from shared.batchapi.codec import write_create
from shared.batchapi.model import Properties, SynthesisError, SynthesisRequest
from shared.batchapi.request import ID_PATTERN, read_create
from shared.batchapi.versions import ApiVersion
from shared.errors import Conflict, InputError, SpeechdropError
from shared.ports import Insert, Operation, Replace, Row
from shared.service import blobs, items, operations, tidy
from shared.service.context import Rejected, Service, bad_request, not_now
from shared.service.destination import check_destination
from shared.service.items import NUMBER_STEP, Todo
from shared.service.json_pieces import json_pieces
from shared.service.limits import check_active
from shared.service.nudges import send
from shared.service.plan import LONGEST_ERROR, Part, add_pauses, items_of, script_of, spans_of, write_item
from shared.service.records import OpenWork, Record, id_key, id_row, ledger_row, new_record
from shared.service.scene import background_of
from shared.service.script import voice_named
from shared.telemetry import SYNTHESES

_LARGEST_MAP = 30_000
"""Characters of `customVoices` as JSON: what a row holds."""

log = logging.getLogger(__name__)


def create(
    service: Service, version: ApiVersion, synthesis_id: str | None, body: bytes, *, operation: str = ""
) -> Record:
    """`synthesis_id`: the caller's, None where the version draws one; `operation`: the caller's or one that was drawn,
    "" where the version has none. Raises Rejected.
    """
    if len(body) > version.max_body_bytes:
        raise Rejected(413, "BadRequest", f"The body has more than {version.max_body_bytes:,} bytes.")
    guid, digest = service.new_guid(), operations.digest_of(synthesis_id or "", body)
    if synthesis_id is not None:
        _check_id(synthesis_id)
        # Asked in this order: the same request, accepted in between, is no other's use of the id.
        taken = service.syntheses.get(version.name, id_key(synthesis_id)) is not None
        if operation and (earlier := operations.find_repeated(service, version, operation, digest)):
            return earlier
        if taken:
            raise _taken(synthesis_id)
    now = service.clock()
    try:
        request = read_create(version, body)
        _check(service, request, now)
    except InputError as error:
        raise bad_request(error) from error
    request = replace(request, properties=_with_time_to_live(version, request.properties))
    record = new_record(version.name, guid, synthesis_id or guid, request, now, operation=operation)
    return _accept(service, version, record, request, digest)


def _check_id(synthesis_id: str) -> None:
    if not ID_PATTERN.fullmatch(synthesis_id):
        message = "The id must have 3 to 64 characters of a-z, A-Z, 0-9, '.', '_' and '-', and begin and end with none."
        raise Rejected(400, "BadRequest", message, "id")


def _taken(synthesis_id: str) -> Rejected:
    return Rejected(409, "Conflict", f"A synthesis with the id '{synthesis_id}' exists.", "id")


def _check(service: Service, request: SynthesisRequest, now: datetime) -> None:
    """What needs settings, the time or a catalogue. Raises InputError."""
    wishes = request.properties
    if wishes.output_format in MISSING:
        raise InputError(
            f"The outputFormat is unsupported: '{wishes.output_format}' needs {MISSING[wishes.output_format]}, "
            "which this service does not have.",
            where="properties.outputFormat",
            remedy="Use one of " + ", ".join(sorted(ENCODABLE)) + ".",
        )
    if request.config is not None:
        _check_voice(service, request, request.config.voice)
    if len(json.dumps(request.custom_voices)) > _LARGEST_MAP:
        raise InputError("There are too many custom voices.", where="customVoices", remedy="Leave unused ones out.")
    if wishes.destination_container_url is not None:
        check_destination(wishes.destination_container_url, hosts=service.settings.destination_hosts, now=now)
    elif wishes.decompress_output_files and service.byos is None:
        raise InputError(
            "Files can only be unpacked into a container of yours.",
            where="properties.decompressOutputFiles",
            remedy="Set properties.destinationContainerUrl as well, or leave decompressOutputFiles out.",
        )


def _check_voice(service: Service, request: SynthesisRequest, name: str) -> None:
    where = "synthesisConfig.voice"
    if name.lower() in map(str.lower, request.custom_voices):
        why = f"The custom voice '{name[:100]}' isn't successfully deployed: this service has no custom voices."
        raise InputError(why, where=where, remedy="Use the name of one of Azure's voices.")
    voice_named(name, service.lacking, where)


def _with_time_to_live(version: ApiVersion, properties: Properties) -> Properties:
    hours = properties.time_to_live_hours
    return replace(properties, time_to_live_hours=version.default_time_to_live_hours if hours is None else hours)


def _accept(service: Service, version: ApiVersion, record: Record, request: SynthesisRequest, digest: str) -> Record:
    look_at = record.created + timedelta(seconds=service.settings.speak_lease_seconds)
    work = OpenWork(
        version=record.version,
        guid=record.guid,
        key=record.key,
        result_folder=blobs.result_folder(record.guid, record.id),
        since=record.created,
        look_at=look_at,
    )
    opened = service.syntheses.insert(work.row())
    try:
        check_active(service, version)
    except Rejected:
        service.syntheses.delete(opened)
        raise
    todos = _write_plan(service, record.guid, request)
    kept = json_pieces(write_create(version, request))
    service.work.write(blobs.request(record.guid), kept, content_type="application/json")
    items.add(service.work_items, todos)
    ready = replace(work, accepted=True, left=len(todos), etag=opened.etag)
    steps: list[Operation] = [Insert(record.row()), Insert(id_row(record)), Replace(ready.row())]
    if record.operation:
        steps.append(Insert(operations.operation_row(record, digest)))
    if service.settings.ledger:
        steps.append(Insert(_write_ledger(service, record, request.inputs)))
    try:
        service.syntheses.commit(steps)
    except Conflict:
        if (accepted := _look_why(service, version, record, work, digest)) is not record:
            return accepted
    service.telemetry.record(SYNTHESES, status="Accepted")
    try:
        send(service.queue, record.version, record.key, [todo.number for todo in todos])
    except SpeechdropError as error:
        # Accepted all the same: who is told otherwise asks again, and of the preview gets a second one.
        log.warning("Not all messages of synthesis %s were sent: %s", record.guid, error)
    return record


def _look_why(service: Service, version: ApiVersion, record: Record, work: OpenWork, digest: str) -> Record:
    """What a commit that ended in a conflict has come to: `record` where it had come through, and the storage client
    repeated it; another where the same request was accepted meanwhile.

    Raises Rejected: the id or the operation was taken meanwhile, or this took so long that a timer cleared it away.
    """
    pointer = service.syntheses.get(record.version, id_key(record.id))
    if pointer is not None and pointer.values["key"] == record.key:
        return record
    tidy.clear(service, work)
    if record.operation and (earlier := operations.find_repeated(service, version, record.operation, digest)):
        return earlier
    if pointer is not None:
        raise _taken(record.id)
    raise not_now(
        "The id was just given up by another synthesis, or accepting this one took too long; create it again."
    )


def _write_plan(service: Service, guid: str, request: SynthesisRequest) -> list[Todo]:
    """Item by item, as it says all texts once more."""
    lengths: list[int] = []

    def written() -> Iterator[bytes]:
        for item in items_of(_parts(service, request), characters=service.settings.segment_characters):
            lines = write_item(item)
            lengths.append(len(lines))
            yield lines

    service.work.write(blobs.plan(guid), written())
    return [
        Todo(guid=guid, number=place * NUMBER_STEP, offset=offset, length=length, alone=len(lengths) == 1)
        for place, (offset, length) in enumerate(zip(accumulate(lengths, initial=0), lengths, strict=False))
    ]


def _parts(service: Service, request: SynthesisRequest) -> Iterator[Part]:
    """SSML that cannot be read fails its input, not the request: it may share it with ten thousand others."""
    joined, fetching = request.properties.concatenate_result, service.sources.allowed
    characters, pauses = service.settings.segment_characters, 0
    for index, text in enumerate(request.inputs):
        try:
            spans = spans_of(text, request.config, fetching=fetching)
            pauses = add_pauses(pauses, spans)
            runs = script_of(spans, characters=characters, lacking=service.lacking)
        except InputError as refused:
            message = f"{refused} {refused.remedy}"[:LONGEST_ERROR]
            yield Part(input=index, error=SynthesisError(code="InvalidInput", message=message))
            continue
        whole = len(runs) == 1 and not joined and not (fetching and background_of(request, index))
        for run in runs:
            yield Part(input=index, script=run, whole=whole)


def _write_ledger(service: Service, record: Record, inputs: Sequence[str]) -> Row:
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in inputs]
    content = json.dumps({"guid": record.guid, "id": record.id, "inputs": digests}).encode()
    name = blobs.ledger(record.guid)
    service.work.write(name, content, content_type="application/json")
    return ledger_row(record, name, hashlib.sha256(content).hexdigest(), len(digests))
