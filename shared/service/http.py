"""The service over HTTP, as values: a request in, a response out; `function_app` only maps them.

Where the vendor's documents leave an answer open, what is chosen here is listed in docs/api-compatibility.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit

from shared.batchapi.answers import write_page, write_synthesis
from shared.batchapi.model import Page, Synthesis
from shared.batchapi.problems import write_error, write_gateway_error
from shared.batchapi.request import ID_PATTERN
from shared.batchapi.versions import ApiVersion
from shared.batchapi.voices import voices_list
from shared.engines import ENGINES
from shared.errors import Conflict, Missing, StorageError, told
from shared.service import limits, operations, records, tidy
from shared.service.auth import authenticate
from shared.service.context import Rejected, Service, not_now
from shared.service.create import create
from shared.service.records import Record

TRACE_HEADER = "apim-request-id"
"""Of every answer; Microsoft's C# sample prints it with an error."""
_LARGEST_SKIP = 1_000_000
_DELETE_TRIES = 5

log = logging.getLogger(__name__)


class Resource(Enum):
    """What a path leads to; with an id, one of these."""

    SYNTHESES = "syntheses"
    OPERATIONS = "operations"
    VOICES = "voices"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    url: str
    """Absolute, as the caller sees it: links begin with its scheme and host."""
    resource: Resource = Resource.SYNTHESES
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


Handler = Callable[[Service, ApiVersion, Request], Response]


def handle(service: Service, version: ApiVersion, request: Request) -> Response:
    """Answers one request of the API; refusals are answers too."""
    trace = service.new_guid()
    response = _answer(service, version, request, trace)
    return replace(response, headers={**response.headers, TRACE_HEADER: trace})


def _answer(service: Service, version: ApiVersion, request: Request, trace: str) -> Response:
    budget: Mapping[str, str] = {}
    try:
        caller = authenticate(service, request.headers)
        budget = limits.budget_headers(version, limits.take_request(service, version, caller))
        response = _handler(version, request)(service, version, request)
        return replace(response, headers={**budget, **response.headers})
    except Rejected as refused:
        log.info("%s refused: %s %s (%s)", request.method, refused.status, refused.code, trace)
        return _refusal(version, refused, budget)
    except (StorageError, Conflict, Missing) as error:
        # A create that ends so may have been accepted: its caller repeats it under the same id.
        log.warning("%s failed: %s (%s)", request.method, error, trace)
        why = "The service's storage did not answer as it should; try again."
        return _refusal(version, not_now(why), budget)
    except Exception as error:  # noqa: BLE001 - the documents promise a body
        log.error("%s failed: %s (%s)", request.method, told(error), trace)
        why = f"The service failed; its log tells where, under {trace}."
        return _refusal(version, Rejected(500, "InternalServerError", why), budget)


def _refusal(version: ApiVersion, refused: Rejected, budget: Mapping[str, str]) -> Response:
    if refused.from_gateway:
        body = write_gateway_error(refused.code, refused.message)
    else:
        body = write_error(version, refused.code, refused.message, refused.target)
    code = str(body.get("error", body)["code"])
    return _json(refused.status, body, {**budget, "x-ms-error-code": code, **refused.headers})


def _handler(version: ApiVersion, request: Request) -> Handler:
    """Raises Rejected: no such path, no such method, or another version."""
    methods = _METHODS[version.caller_names].get((request.resource, request.id is not None), {})
    if not methods or (request.resource is Resource.OPERATIONS and not version.operations_path):
        raise Rejected(404, "NotFound", "There is nothing at this path. Make sure that the URL is correct.")
    if request.method not in methods:
        allowed = ", ".join(sorted(methods))
        why = f"{request.method} is not a method of this path; it has {allowed}."
        raise Rejected(405, "BadRequest", why, headers={"Allow": allowed})
    if request.resource is not Resource.VOICES:
        _check_version(version, request)
    return methods[request.method]


def _check_version(version: ApiVersion, request: Request) -> None:
    for name, value in version.query.items():
        if request.query.get(name) != value:
            message = f"The {name} is missing or unknown; set the query parameter {name} to {value}."
            raise Rejected(400, "BadRequest", message, name)


def _create(service: Service, version: ApiVersion, request: Request) -> Response:
    operation = ""
    if version.operations_path:
        operation = request.headers.get(operations.HEADER.lower()) or service.new_guid()
        operations.check_operation(operation)
    record = create(service, version, request.id, request.body, operation=operation)
    if operation:
        where = f"{request.endpoint}/{version.operations_path}/{operation}?api-version={version.name}"
        headers = {operations.HEADER: operation, "Operation-Location": where}
    else:
        headers = {"Location": version.item_url(request.endpoint, record.id)}
    return _json(201, write_synthesis(version, _shown(service, record)), headers)


def _get(service: Service, version: ApiVersion, request: Request) -> Response:
    record = _found(service, version, request)
    if record is None:
        raise Rejected(404, "NotFound", "The specified entity can't be found. Make sure the synthesis ID is correct.")
    return _json(200, write_synthesis(version, _shown(service, record)))


def _found(service: Service, version: ApiVersion, request: Request) -> Record | None:
    """Ids that cannot be are not looked for: they would be no keys."""
    if request.id is None or not ID_PATTERN.fullmatch(request.id):
        return None
    return records.find_by_id(service.syntheses, version.name, request.id)


def _shown(service: Service, record: Record) -> Synthesis:
    """With a fresh link to its result where that lies in our container."""
    result = record.result
    if result is not None and not record.to_destination:
        expires = service.clock() + timedelta(seconds=service.settings.result_link_seconds)
        result = service.outputs.link(result, expires=expires)
    return record.synthesis(result)


def _operation(service: Service, version: ApiVersion, request: Request) -> Response:
    record = operations.find_operation(service, version, request.id or "")
    if record is None:
        raise Rejected(404, "NotFound", "The specified entity can't be found. Make sure the operation ID is correct.")
    return _json(200, {"id": record.operation, "status": record.status.value})


def _voices(service: Service, version: ApiVersion, request: Request) -> Response:
    return _json(200, voices_list({name for name in ENGINES if not service.lacking(name)}))


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


def _delete(service: Service, version: ApiVersion, request: Request) -> Response:
    """Deleting what is not there is a success, as the documents say; a running GA synthesis is gone at once."""
    for _ in range(_DELETE_TRIES):
        record = _found(service, version, request)
        if record is None:
            return Response(status=204)
        if not record.ended and not version.delete_running:
            message = "Only a synthesis whose status is Succeeded or Failed can be deleted."
            raise Rejected(400, "BadRequest", message)
        if tidy.delete(service, record):
            return Response(status=204)
    raise not_now("The synthesis changes just now; delete it again in a second.")


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(
        status=status, headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body=content
    )


Methods = Mapping[tuple[Resource, bool], Mapping[str, Handler]]

_COMMON: Methods = {
    (Resource.OPERATIONS, True): {"GET": _operation},
    (Resource.VOICES, False): {"GET": _voices},
}
_METHODS: Mapping[bool, Methods] = {
    True: {
        (Resource.SYNTHESES, False): {"GET": _list},
        (Resource.SYNTHESES, True): {"PUT": _create, "GET": _get, "DELETE": _delete},
        **_COMMON,
    },
    False: {
        (Resource.SYNTHESES, False): {"GET": _list, "POST": _create},
        (Resource.SYNTHESES, True): {"GET": _get, "DELETE": _delete},
        **_COMMON,
    },
}
"""By whether the caller names what it creates, by path, by method."""
