"""The GA version's operations: each create is one, named by its caller's `Operation-Id` or by us.

`op~<id>` lies in the table of syntheses, is written in the transaction that accepts the synthesis and goes with it. So
an id names one request: the same request again is answered with what became of it, another one is refused.
"""

from __future__ import annotations

import hashlib

from shared.batchapi.request import ID_PATTERN
from shared.batchapi.versions import ApiVersion
from shared.ports import Row
from shared.service.context import Rejected, Service
from shared.service.records import Record, find_record, operation_key

HEADER = "Operation-Id"


def operation_row(record: Record, digest: str) -> Row:
    values = {"key": record.key, "digest": digest}
    return Row(partition=record.version, key=operation_key(record.operation), values=values)


def digest_of(synthesis_id: str, body: bytes) -> str:
    """Of a request: its id and its body."""
    return hashlib.sha256(synthesis_id.encode() + b"\0" + body).hexdigest()


def check_operation(operation: str) -> None:
    """Raises Rejected."""
    if not ID_PATTERN.fullmatch(operation):
        raise Rejected(400, "BadRequest", f"The {HEADER} does not have the form of an id.", HEADER)


def find_repeated(service: Service, version: ApiVersion, operation: str, digest: str) -> Record | None:
    """The synthesis of an earlier, equal request with this operation. Raises Rejected: it was another request."""
    row = service.syntheses.get(version.name, operation_key(operation))
    if row is None:
        return None
    if row.values["digest"] != digest:
        raise operation_taken(operation)
    return find_record(service.syntheses, version.name, str(row.values["key"]))


def find_operation(service: Service, version: ApiVersion, operation: str) -> Record | None:
    if not ID_PATTERN.fullmatch(operation):
        return None
    row = service.syntheses.get(version.name, operation_key(operation))
    return find_record(service.syntheses, version.name, str(row.values["key"])) if row else None


def operation_taken(operation: str) -> Rejected:
    return Rejected(400, "BadRequest", f"The {HEADER} '{operation}' was used for another request.", HEADER)
