"""The OpenAPI 3.1 description of the service, built from the two rows that its versions are, so that it stays true.

It is for readers and generators of clients; what is checked is written in `batchapi/request` and `http`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.service.openapi_schemas import ID, SCHEMAS, page_ref, ref, refusal_ref, schema_name

Json = dict[str, Any]

_REFUSALS: Mapping[str, tuple[str, str]] = {
    "400": ("The request cannot be used; the message says why.", "Refusal"),
    "401": ("No valid key or token was sent.", "GatewayRefusal"),
    "403": ("The token's owner has no access.", "GatewayRefusal"),
    "404": ("There is no such synthesis.", "Refusal"),
    "409": ("The id is taken.", "Refusal"),
    "413": ("The body is larger than the version allows.", "Refusal"),
    "429": ("Too many requests, or syntheses that have not ended.", "GatewayRefusal"),
    "500": ("The service failed; its log tells where, under the answer's apim-request-id.", "Refusal"),
    "503": ("The service's storage did not answer; the same request may be sent again.", "Refusal"),
}
"""Status to what it means and the kind of its body."""
_ALWAYS = ("401", "403", "429", "500", "503")


@lru_cache
def document() -> str:
    """As JSON."""
    return json.dumps(_document(), ensure_ascii=False)


def _document() -> Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Speechdrop: Batch Synthesis",
            "version": GA.name,
            "description": f"Azure's Batch Synthesis API, versions {GA.name} and {PREVIEW.name}, self-hosted.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [{"key": []}, {"token": []}],
        "paths": {**_paths(GA), **_operations(GA), **_paths(PREVIEW), **_voices()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _paths(version: ApiVersion) -> Json:
    collection: Json = {"get": _list(version)}
    item: Json = {"get": _get(version), "delete": _delete(version), "parameters": [_id_parameter(version)]}
    if version.caller_names:
        item["put"] = _create(version)
    else:
        collection["post"] = _create(version)
    query = [_query(name, {"type": "string", "const": value}, required=True) for name, value in version.query.items()]
    item["parameters"] += query
    collection["parameters"] = query
    return {f"/{version.path}": collection, f"/{version.path}/{{id}}": item}


def _operation(version: ApiVersion, name: str, summary: str, responses: Json, refusals: str = "") -> Json:
    """`refusals`: statuses besides those of every operation."""
    refused = {status: _refusal(version, status) for status in sorted([*_ALWAYS, *refusals.split()])}
    return {
        "operationId": f"{name}{schema_name(version)}",
        "summary": summary,
        "tags": [version.name],
        "responses": {**responses, **refused},
    }


def _create(version: ApiVersion) -> Json:
    string = {"type": "string"}
    names = ("Operation-Id", "Operation-Location") if version.operations_path else ("Location",)
    headers = {name: {"required": True, "schema": string} for name in names}
    created = {**_answer(version, "Accepted.", ref(version, "Synthesis"), headers), "links": _links(version)}
    refusals = "400 413" + (" 409" if version.caller_names else "")
    operation = _operation(version, "create", "Create a batch synthesis", {"201": created}, refusals)
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": ref(version, "Create")}},
        "description": f"At most {version.max_body_bytes:,} bytes.",
    }
    if version.operations_path:
        parameter = {"name": "Operation-Id", "in": "header", "schema": ID, "description": "Names this request."}
        operation["parameters"] = [parameter]
    return operation


def _links(version: ApiVersion) -> Json:
    """What a create's answer leads to."""
    same = {"id": "$response.body#/id"}
    return {
        name: {"operationId": f"{name}{schema_name(version)}", "parameters": same, "description": "By the same id."}
        for name in ("get", "delete")
    }


def _get(version: ApiVersion) -> Json:
    found = _answer(version, "The synthesis.", ref(version, "Synthesis"))
    return _operation(version, "get", "Get a batch synthesis", {"200": found}, "400 404")


def _list(version: ApiVersion) -> Json:
    page = _answer(version, "A page, newest first.", page_ref(version))
    operation = _operation(version, "list", "List batch syntheses", {"200": page}, "400")
    skip = {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0}
    top = {"type": "integer", "minimum": 1, "maximum": version.max_page, "default": version.max_page}
    operation["parameters"] = [_query("skip", skip), _query(version.page_size, top)]
    return operation


def _delete(version: ApiVersion) -> Json:
    gone = _answer(version, "It is gone, or was not there.", None)
    return _operation(version, "delete", "Delete a batch synthesis", {"204": gone}, "400")


def _operations(version: ApiVersion) -> Json:
    found = _answer(version, "How the create's synthesis does.", ref(version, "Operation"))
    operation = _operation(version, "operation", "Get an operation", {"200": found}, "400 404")
    query = [_query(name, {"type": "string", "const": value}, required=True) for name, value in version.query.items()]
    parameters = [{"name": "id", "in": "path", "required": True, "schema": ID}, *query]
    return {f"/{version.operations_path}/{{id}}": {"get": operation, "parameters": parameters}}


def _voices() -> Json:
    found = {"type": "array", "items": {"$ref": "#/components/schemas/Voice"}}
    responses = {"200": _answer(GA, "Every voice.", found)}
    return {"/cognitiveservices/voices/list": {"get": _operation(GA, "voices", "List voices", responses)}}


def _id_parameter(version: ApiVersion) -> Json:
    schema = ID if version.caller_names else {"type": "string", "format": "uuid"}
    return {"name": "id", "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _answer(version: ApiVersion, description: str, schema: Json | None, headers: Json | None = None) -> Json:
    traced = {"apim-request-id": {"required": True, "schema": {"type": "string", "format": "uuid"}}}
    answer: Json = {"description": description, "headers": {**traced, **_budget(version), **(headers or {})}}
    if schema is not None:
        answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _budget(version: ApiVersion) -> Json:
    names = ("Limit", "Remaining", "Reset") if version.tells_budget else ()
    return {f"X-RateLimit-{name}": {"schema": {"type": "string"}} for name in names}


def _refusal(version: ApiVersion, status: str) -> Json:
    description, kind = _REFUSALS[status]
    headers: Json = {"x-ms-error-code": {"required": True, "schema": {"type": "string"}}}
    if status in ("429", "503"):
        headers["Retry-After"] = {"schema": {"type": "string", "pattern": "^[0-9]+$"}}
    return _answer(version, description, refusal_ref(version, kind), headers)
