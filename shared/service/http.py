"""The service over HTTP, as values: a request in, a response out; `function_app` only maps them.

Where the vendor's documents leave an answer open, what is chosen here is listed in docs/api-compatibility.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from shared.batchapi.answers import write_page, write_synthesis
from shared.batchapi.model import Page, Synthesis
from shared.batchapi.problems import write_error
from shared.batchapi.request import ID_PATTERN
from shared.batchapi.versions import ApiVersion
from shared.errors import Conflict, Missing, StorageError
from shared.service import records, tidy
from shared.service.auth import authenticate
from shared.service.context import Rejected, Service
from shared.service.create import create
from shared.service.records import Record

_LARGEST_SKIP = 1_000_000
_DELETE_TRIES = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    url: str
    """Absolute, as the caller sees it: links begin with its scheme and host."""
    id: str | None = None
    """From the route; None: the collection."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-cased name."""
    body: bytes = b""

    @property
    def endpoint(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def handle(service: Service, version: ApiVersion, request: Request) -> Response:
    """Answers one request of the API; refusals are answers too."""
    try:
        authenticate(request.headers, service.settings.service_keys)
        _check_version(version, request)
        return _route(service, version, request)
    except Rejected as refused:
        log.info("%s refused: %s %s", request.method, refused.status, refused.code)
        body = write_error(version, refused.code, refused.message, refused.target)
        return _json(refused.status, body, {"x-ms-error-code": refused.code})
    except (StorageError, Conflict, Missing) as error:
        # A create that ends so may have been accepted: its caller repeats it under the same id.
        log.warning("%s failed: %s", request.method, error)
        code = "ServiceUnavailable"
        body = write_error(version, code, "The service's storage did not answer as it should; try again.")
        return _json(503, body, {"x-ms-error-code": code, "Retry-After": "1"})


def _check_version(version: ApiVersion, request: Request) -> None:
    for name, value in version.query.items():
        if request.query.get(name) != value:
            message = f"The {name} is missing or unknown; set the query parameter {name} to {value}."
            raise Rejected(400, "BadRequest", message, name)


def _route(service: Service, version: ApiVersion, request: Request) -> Response:
    creates = request.method == version.create_method and (request.id is not None) == version.caller_names
    if creates:
        return _create(service, version, request)
    if request.method == "GET" and request.id is None:
        return _list(service, version, request)
    if request.method == "GET" and request.id is not None:
        return _get(service, version, request.id)
    if request.method == "DELETE" and request.id is not None:
        return _delete(service, version, request.id)
    raise Rejected(405, "BadRequest", f"{request.method} is not a method of this path.")


def _create(service: Service, version: ApiVersion, request: Request) -> Response:
    operation = request.headers.get("operation-id") or service.new_guid()
    if not ID_PATTERN.fullmatch(operation):
        raise Rejected(400, "BadRequest", "The Operation-Id does not have the form of an id.", "Operation-Id")
    record = create(service, version, request.id, request.body)
    if version.caller_names:
        where = f"{request.endpoint}/texttospeech/operations/{operation}?api-version={version.name}"
        headers = {"Operation-Id": operation, "Operation-Location": where}
    else:
        headers = {"Location": version.item_url(request.endpoint, record.id)}
    return _json(201, write_synthesis(version, record.synthesis(None)), headers)


def _get(service: Service, version: ApiVersion, synthesis_id: str) -> Response:
    record = _found(service, version, synthesis_id)
    if record is None:
        raise Rejected(404, "NotFound", "The specified entity can't be found. Make sure the synthesis ID is correct.")
    return _json(200, write_synthesis(version, _shown(service, record)))


def _found(service: Service, version: ApiVersion, synthesis_id: str) -> Record | None:
    """Ids that cannot be are not looked for: they would be no keys."""
    if not ID_PATTERN.fullmatch(synthesis_id):
        return None
    return records.find_by_id(service.syntheses, version.name, synthesis_id)


def _shown(service: Service, record: Record) -> Synthesis:
    """With a fresh link to its result where that lies in our container."""
    result = record.result
    if result is not None and not record.to_destination:
        expires = service.clock() + timedelta(seconds=service.settings.result_link_seconds)
        result = service.outputs.link(result, expires=expires)
    return record.synthesis(result)


def _list(service: Service, version: ApiVersion, request: Request) -> Response:
    skip = _number(request, "skip", default=0, least=0, most=_LARGEST_SKIP)
    top = _number(request, version.page_size, default=version.max_page, least=1, most=version.max_page)
    found, more = records.newest(service.syntheses, version.name, skip=skip, top=top)
    page = Page(items=tuple(_shown(service, record) for record in found), more=more)
    return _json(200, write_page(version, page, endpoint=request.endpoint, skip=skip, top=top))


def _number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query.get(name, "")
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if not text:
        return default
    if value is None or value < least:
        raise Rejected(400, "BadArgument", f"The {name} parameter should be a number from {least} to {most}.", name)
    if value > most:
        raise Rejected(400, "BadArgument", f"The {name} parameter should not be greater than {most}.", name)
    return value


def _delete(service: Service, version: ApiVersion, synthesis_id: str) -> Response:
    """Deleting what is not there is a success, as the documents say; a running GA synthesis is gone at once."""
    for _ in range(_DELETE_TRIES):
        record = _found(service, version, synthesis_id)
        if record is None:
            return Response(status=204)
        if not record.ended and not version.delete_running:
            message = "Only a synthesis whose status is Succeeded or Failed can be deleted."
            raise Rejected(400, "BadRequest", message)
        if tidy.delete(service, record):
            return Response(status=204)
    raise Rejected(503, "ServiceUnavailable", "The synthesis changes just now; delete it again in a second.")


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(
        status=status, headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body=content
    )
