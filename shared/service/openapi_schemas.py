"""The schemas of the OpenAPI description: bodies of both versions, built from their rows.

Answers are described exactly. A create is described as the documents spell it; the service also takes other spellings.
"""

from __future__ import annotations

from typing import Any

from shared.batchapi.codec import CONFIG_MEMBERS
from shared.batchapi.formats import DEFAULT_FORMAT, FORMATS
from shared.batchapi.model import LONGEST_FADE, LONGEST_SOURCE, LOUDEST, InputKind, SynthesisStatus
from shared.batchapi.request import ID_PATTERN
from shared.batchapi.versions import GA, MAX_TIME_TO_LIVE_HOURS, PREVIEW, VERSIONS, ApiVersion

Json = dict[str, Any]

ID: Json = {"type": "string", "pattern": f"^{ID_PATTERN.pattern}$", "minLength": 3, "maxLength": 64}
_STRING: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_FLAG: Json = {"type": "boolean", "default": False}
_TIME: Json = {"type": "string", "format": "date-time"}
_KIND: Json = {"type": "string", "enum": list(InputKind)}
_STATUS: Json = {"type": "string", "enum": list(SynthesisStatus)}
_STRINGS: Json = {"type": "object", "additionalProperties": _STRING}
_DURATION: Json = {"type": "string", "pattern": r"^P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]+)?S)?)?$"}
"""ISO 8601; the format `duration` of JSON Schema has no fractions of seconds."""
_FLAGS = ("concatenateResult", "decompressOutputFiles", "wordBoundaryEnabled", "sentenceBoundaryEnabled")


def schema_name(version: ApiVersion) -> str:
    """Begins or ends the names of what is a version's own."""
    return {GA.name: "", PREVIEW.name: "Preview"}[version.name]


def ref(version: ApiVersion, kind: str) -> Json:
    return {"$ref": f"#/components/schemas/{kind}{schema_name(version)}"}


def page_ref(version: ApiVersion) -> Json:
    return ref(version, "Page")


def refusal_ref(version: ApiVersion, kind: str) -> Json:
    """The preview answers a create that would be one too many in its own form, all else of a gateway as GA."""
    return ref(version if kind == "Refusal" else GA, kind)


def _object(properties: Json, required: tuple[str, ...] | None = None, **more: Any) -> Json:
    """Closed; every member is required where it is not said which."""
    needed = list(properties if required is None else required)
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False, **more}


def _time_to_live(version: ApiVersion) -> Json:
    if version.time_to_live_iso:
        return {**_DURATION, "default": "P31D"}
    hours = version.default_time_to_live_hours
    return {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_TIME_TO_LIVE_HOURS, "default": hours}


def _wishes(version: ApiVersion) -> Json:
    return {
        version.time_to_live: _time_to_live(version),
        "outputFormat": {"type": "string", "enum": sorted(FORMATS), "default": DEFAULT_FORMAT},
        **dict.fromkeys(_FLAGS, _FLAG),
    }


def _config(version: ApiVersion) -> Json:
    texts: Json = dict.fromkeys(CONFIG_MEMBERS.values(), _STRING)
    if not version.roles:
        return texts
    fade = {"type": "integer", "minimum": 0, "maximum": LONGEST_FADE, "default": 0}
    members: Json = {
        "src": {"type": "string", "maxLength": LONGEST_SOURCE},
        "volume": {"type": "number", "minimum": 0, "maximum": LOUDEST, "default": 1},
        "fadein": fade,
        "fadeout": fade,
    }
    return {**texts, "backgroundAudio": _object(members, ("src",))}


def _create(version: ApiVersion) -> Json:
    text = {"type": "object", "properties": {version.text: {"type": "string", "minLength": 1}}}
    destination: Json = {"destinationContainerUrl": {"type": "string", "format": "uri", "writeOnly": True}}
    if version.destination_path:
        destination["destinationPath"] = {"type": "string", "maxLength": 512}
    properties: Json = {
        version.kind: _KIND,
        "inputs": {
            "type": "array",
            "items": {**text, "required": [version.text]},
            "minItems": 1,
            "maxItems": version.max_inputs,
        },
        "synthesisConfig": {"type": "object", "properties": _config(version)},
        "customVoices": {"type": "object", "additionalProperties": ID},
        "description": _STRING,
        "properties": {"type": "object", "properties": {**_wishes(version), **destination}},
    }
    required = [version.kind, "inputs"]
    if version.named:
        pairs = {"maxProperties": version.max_custom_properties, "propertyNames": {"maxLength": 64}}
        value = {"type": "string", "maxLength": 256}
        properties["displayName"] = {"type": "string", "minLength": 1}
        properties["customProperties"] = {"type": "object", "additionalProperties": value, **pairs}
        required.append("displayName")
    return {"type": "object", "properties": properties, "required": required, "examples": [_example(version)]}


def _example(version: ApiVersion) -> Json:
    named = {"displayName": "batch synthesis sample"} if version.named else {}
    return {
        **named,
        version.kind: "PlainText",
        "inputs": [{version.text: "The rainbow has seven colors."}],
        "synthesisConfig": {"voice": "en-US-JennyNeural"},
    }


def _synthesis(version: ApiVersion) -> Json:
    wishes = _wishes(version)
    lengths: Json = {version.size: _COUNT}
    if version.durations_iso:
        lengths |= {"durationInTicks": _COUNT, "duration": _DURATION}
    else:
        lengths |= {"durationInMilliseconds": _COUNT}
    billing = dict.fromkeys(version.billing.values(), _COUNT)
    outcome = {
        "succeededAudioCount": _COUNT,
        "failedAudioCount": _COUNT,
        **lengths,
        "billingDetails": _object(billing, tuple(billing) if version.config_always else ()),
        "error": _object({"code": _STRING, "message": _STRING}),
    }
    outputs = {"result": _STRING} | ({"summary": _STRING} if version.destination_path else {})
    properties: Json = {
        "id": ID if version.caller_names else {"type": "string", "format": "uuid"},
        "status": _STATUS,
        "createdDateTime": _TIME,
        "lastActionDateTime": _TIME,
        version.kind: _KIND,
        "customVoices": _STRINGS,
        "properties": _object({**wishes, **outcome}, tuple(wishes)),
        "synthesisConfig": _object(_config(version), ()),
        "description": _STRING,
        "outputs": _object(outputs, ("result",)),
    }
    required = ["id", "status", "createdDateTime", "lastActionDateTime", version.kind, "customVoices", "properties"]
    if version.config_always:
        required.append("synthesisConfig")
    if version.named:
        properties |= {"displayName": _STRING, "customProperties": _STRINGS}
        required.append("displayName")
    return _object(properties, tuple(required))


def _page(version: ApiVersion) -> Json:
    items = {"type": "array", "items": ref(version, "Synthesis"), "maxItems": version.max_page}
    link = {"type": "string", "format": "uri"}
    return _object({version.page_items: items, version.next_link: link}, (version.page_items,))


def _refusal(version: ApiVersion) -> Json:
    error: Json = {"code": _STRING, "message": _STRING}
    if version.flat_errors:
        return _object({**error, "innerError": _object(error)})
    return _object({"error": _object({**error, "target": _STRING}, ("code", "message"))})


def _voice() -> Json:
    names = ("Name", "DisplayName", "LocalName", "ShortName", "Gender", "Locale", "VoiceType", "Status")
    return {"type": "object", "properties": dict.fromkeys(names, _STRING), "required": list(names)}


_OF_A_VERSION = {"Create": _create, "Synthesis": _synthesis, "Page": _page, "Refusal": _refusal}

SCHEMAS: Json = {
    f"{kind}{schema_name(version)}": build(version)
    for version in VERSIONS.values()
    for kind, build in _OF_A_VERSION.items()
} | {
    "GatewayRefusal": _refusal(GA),
    "Operation": _object({"id": ID, "status": _STATUS}),
    "Voice": _voice(),
}
