"""The rows of the table `syntheses`. One partition is one API version of the Speech resource.

`s~<newest first>~<guid>` is a synthesis · `id~<id>` points to it, so that an id is taken once · `open~<guid>` stands as
long as a synthesis leaves work to do: written before anything else of it, removed after its last trace in `work` ·
`expiry~<time>~<guid>` stands once it has ended · `op~<operation>` points to the synthesis that a create asked for ·
`ledger~<guid>`, where kept, is never changed or removed. The partition `limits` has the callers' request budgets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from shared.batchapi.model import (
    TERMINAL,
    Background,
    InputKind,
    Outcome,
    Properties,
    Synthesis,
    SynthesisConfig,
    SynthesisError,
    SynthesisRequest,
    SynthesisStatus,
)
from shared.domain.rows import from_row, to_values
from shared.ports import Row, Table, Value

OPEN, OPEN_END = "open~", "open~g"
EXPIRY = "expiry~"
SYNTHESES, SYNTHESES_END = "s~", "s~:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MICROSECOND = 10**16


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A synthesis as its row has it."""

    version: str
    """The API version, which is the partition."""
    key: str
    guid: str
    id: str
    status: SynthesisStatus
    created: datetime
    last_action: datetime
    kind: InputKind
    properties: dict[str, Any]
    """Properties' fields without its secret."""
    config: dict[str, Any] = field(default_factory=dict)
    """SynthesisConfig's fields that were given, without its secret."""
    custom_voices: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    display_name: str | None = None
    custom_properties: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    """The create's operation, where the version has such."""
    to_destination: bool = False
    archiving_until: datetime | None = None
    """A worker puts the result together; another may from then on."""
    archive_starts: int = 0
    unanswered_since: datetime | None = None
    """When its destination first gave no answer."""
    outcome: dict[str, Any] = field(default_factory=dict)
    result: str | None = None
    """A path: of a blob in `outputs`, or in the caller's container."""
    summary: str | None = None
    etag: str = ""

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    def is_being_archived(self, now: datetime) -> bool:
        """A worker is putting the result together."""
        return self.archiving_until is not None and self.archiving_until > now

    @property
    def wishes(self) -> Properties:
        return Properties(**self.properties)

    def row(self) -> Row:
        values = to_values(self, without=("version", "key", "etag"))
        return Row(partition=self.version, key=self.key, values=values, etag=self.etag)

    def synthesis(self, result: str | None) -> Synthesis:
        """As the API shows it, `result` being what its caller may follow."""
        return Synthesis(
            id=self.id,
            status=self.status,
            created=self.created,
            last_action=self.last_action,
            kind=self.kind,
            properties=self.wishes,
            config=_config(self.config) if self.config else None,
            custom_voices=self.custom_voices,
            description=self.description,
            display_name=self.display_name,
            custom_properties=self.custom_properties,
            outcome=_outcome(self.outcome) if self.outcome else None,
            result=result,
            summary=self.summary,
        )


def new_record(
    version: str, guid: str, synthesis_id: str, request: SynthesisRequest, now: datetime, *, operation: str = ""
) -> Record:
    properties = asdict(replace(request.properties, destination_container_url=None))
    config = _config_values(request.config) if request.config else {}
    return Record(
        version=version,
        key=f"{SYNTHESES}{_LAST_MICROSECOND - (now - _EPOCH) // timedelta(microseconds=1):016d}~{guid}",
        guid=guid,
        id=synthesis_id,
        status=SynthesisStatus.NOT_STARTED,
        created=now,
        last_action=now,
        kind=request.kind,
        properties={name: value for name, value in properties.items() if value is not None},
        config={name: value for name, value in config.items() if value is not None},
        custom_voices=dict(request.custom_voices),
        description=request.description,
        display_name=request.display_name,
        custom_properties=dict(request.custom_properties),
        operation=operation,
        to_destination=elsewhere(request.properties),
    )


def elsewhere(wishes: Properties) -> bool:
    """The result lies in a container that is not ours to link to: the caller's, or the one brought for unpacking."""
    return wishes.destination_container_url is not None or wishes.decompress_output_files


def of_row(row: Row) -> Record:
    return from_row(Record, row, version=row.partition, key=row.key, etag=row.etag)


def find_record(table: Table, version: str, key: str) -> Record | None:
    row = table.get(version, key)
    return of_row(row) if row else None


def find_by_id(table: Table, version: str, synthesis_id: str) -> Record | None:
    pointer = table.get(version, id_key(synthesis_id))
    return find_record(table, version, str(pointer.values["key"])) if pointer else None


def newest(table: Table, version: str, *, skip: int, top: int) -> tuple[list[Record], bool]:
    """Records newest first, and whether there are more."""
    found = table.query(version, start=SYNTHESES, end=SYNTHESES_END, limit=skip + top + 1)
    rows = list(islice(found, skip, None))
    return [of_row(row) for row in rows[:top]], len(rows) > top


def id_key(synthesis_id: str) -> str:
    return f"id~{synthesis_id}"


def operation_key(operation: str) -> str:
    return f"op~{operation}"


def id_row(record: Record) -> Row:
    return Row(partition=record.version, key=id_key(record.id), values={"key": record.key})


def expiry_row(record: Record) -> Row:
    expires = record.last_action + timedelta(hours=record.wishes.time_to_live_hours or 0)
    return Row(partition=record.version, key=f"{EXPIRY}{_instant(expires)}~{record.guid}", values={"key": record.key})


def expired(table: Table, version: str, now: datetime) -> Iterator[Row]:
    return table.query(version, start=EXPIRY, end=f"{EXPIRY}{_instant(now)}")


def _instant(time: datetime) -> str:
    """Sorts as the time does."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """A synthesis that leaves something to do, as its `open~` row has it."""

    version: str
    guid: str
    key: str
    """Of the synthesis's row, which is not there yet, or no more, where creating or deleting it did not come to an
    end."""
    result_folder: str
    """Of the result in `outputs`, to be removed with the synthesis."""
    since: datetime
    look_at: datetime
    """When a timer looks whether it stands still."""
    left: int = 0
    """Items that were left when it last looked."""
    quiet_looks: int = 0
    accepted: bool = False
    deleted: bool = False
    etag: str = ""

    def row(self) -> Row:
        values = to_values(self, without=("version", "guid", "etag"))
        return Row(partition=self.version, key=open_key(self.guid), values=values, etag=self.etag)


def open_key(guid: str) -> str:
    return f"{OPEN}{guid}"


def open_work_of(row: Row) -> OpenWork:
    guid = row.key.removeprefix(OPEN)
    return from_row(OpenWork, row, version=row.partition, guid=guid, etag=row.etag)


def ledger_row(record: Record, blob: str, digest: str, inputs: int) -> Row:
    created = record.created.isoformat()
    values: dict[str, Value] = {
        "id": record.id,
        "blob": blob,
        "digest": digest,
        "inputs": inputs,
        "created": created,
    }
    return Row(partition=record.version, key=f"ledger~{record.guid}", values=values)


def _config(values: Mapping[str, Any]) -> SynthesisConfig:
    background = values.get("background")
    return SynthesisConfig(**{**values, "background": Background(**background) if background else None})


def _config_values(config: SynthesisConfig) -> dict[str, Any]:
    """The background's URL without its query, which may be a signature."""
    if config.background is not None:
        shown = replace(config.background, url=config.background.url.partition("?")[0])
        config = replace(config, background=shown)
    return {name: value for name, value in asdict(config).items() if value is not None}


def _outcome(values: Mapping[str, Any]) -> Outcome:
    error = values.get("error")
    return Outcome(**{**values, "error": SynthesisError(**error) if error else None})


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(asdict(outcome)))
    return values
