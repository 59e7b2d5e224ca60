"""The service's reading of a create: lenient about spelling, exact about meaning.

Member names and enum values are taken in any case; unknown and read-only members are ignored, as the vendor's own
sample clients need. What is wrong raises InputError with the member's name as `where`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.batchapi.codec import CONFIG_MEMBERS, read_background, read_kind
from shared.batchapi.formats import DEFAULT_FORMAT, FORMATS
from shared.batchapi.lenient import read_object
from shared.batchapi.model import InputKind, Properties, SynthesisConfig, SynthesisRequest
from shared.batchapi.values import Members, members, number, read_duration
from shared.batchapi.versions import MAX_TIME_TO_LIVE_HOURS, ApiVersion
from shared.errors import InputError

ID_PATTERN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,62}[a-zA-Z0-9]")
"""Ids of syntheses and of custom voices' deployments, 3 to 64 characters."""

_KEY_CHARACTERS = 64
_VALUE_CHARACTERS = 256
_NAME_CHARACTERS = 8_000
"""Longest displayName or description: our limit, so that both fit a row."""


def read_create(version: ApiVersion, body: bytes) -> SynthesisRequest:
    """Raises InputError; `max_body_bytes` is the caller's to check."""
    found = members(read_object(body))
    kind = _read_kind(version, found)
    return SynthesisRequest(
        kind=kind,
        inputs=_read_inputs(version, found),
        config=_read_config(version, found) if kind is InputKind.PLAIN_TEXT else None,
        properties=_read_properties(version, _object(found, "properties")),
        custom_voices=_read_custom_voices(_object(found, "customVoices")),
        description=_name(found, "description"),
        display_name=_read_display_name(found) if version.named else None,
        custom_properties=_read_custom_properties(version, found) if version.named else {},
    )


def _read_kind(version: ApiVersion, found: Members) -> InputKind:
    try:
        return read_kind(found.get(version.kind.lower()))
    except ValueError:
        raise InputError(
            f"The {version.kind} is missing or unknown.", where=version.kind, remedy="Set it to PlainText or SSML."
        ) from None


def _read_inputs(version: ApiVersion, found: Members) -> tuple[str, ...]:
    inputs = found.get("inputs")
    remedy = f'Send "inputs": [{{"{version.text}": "…"}}] with 1 to {version.max_inputs:,} entries.'
    if not isinstance(inputs, list) or not inputs:
        raise InputError("The inputs is required.", where="inputs", remedy=remedy)
    if len(inputs) > version.max_inputs:
        why = f"There are {len(inputs):,} inputs; the limit is {version.max_inputs:,}."
        raise InputError(why, where="inputs", remedy="Send the others in further requests.")
    texts = []
    for index, item in enumerate(inputs):
        text = members(item).get(version.text.lower())
        if not isinstance(text, str) or not text:
            where = f"inputs[{index}].{version.text}"
            raise InputError("The text is missing or empty.", where=where, remedy=remedy)
        texts.append(text)
    return tuple(texts)


def _read_config(version: ApiVersion, found: Members) -> SynthesisConfig:
    config = members(_object(found, "synthesisConfig"))
    voice = config.get("voice")
    if not isinstance(voice, str) or not _usable(voice):
        remedy = "Set it to the name of a voice, e.g. en-US-JennyNeural."
        raise InputError("Plain text needs a voice.", where="synthesisConfig.voice", remedy=remedy)
    known = {field: config.get(member.lower()) for field, member in CONFIG_MEMBERS.items()}
    texts = {field: str(value) for field, value in known.items() if _usable(value)}
    background = read_background(config.get("backgroundaudio")) if version.roles else None
    return SynthesisConfig(**texts, background=background)


def _usable(value: Any) -> bool:
    """Clients send numbers where the documents want strings; all else is ignored like any invalid value."""
    usable_type = isinstance(value, str | int | float) and not isinstance(value, bool)
    return usable_type and 0 < len(str(value)) <= _VALUE_CHARACTERS


def _read_properties(version: ApiVersion, given: Mapping[str, Any]) -> Properties:
    found = members(given)
    destination = _text(found, "destinationContainerUrl", "properties.")
    path = _text(found, "destinationPath", "properties.") if version.destination_path else None
    if path is not None and destination is None:
        remedy = "Set properties.destinationContainerUrl as well, or leave destinationPath out."
        raise InputError("There is no container for this path.", where="properties.destinationPath", remedy=remedy)
    return Properties(
        output_format=_read_format(found),
        concatenate_result=_flag(found, "concatenateResult"),
        decompress_output_files=_flag(found, "decompressOutputFiles"),
        word_boundary=_flag(found, "wordBoundaryEnabled"),
        sentence_boundary=_flag(found, "sentenceBoundaryEnabled"),
        time_to_live_hours=_read_time_to_live(version, found),
        destination_container_url=destination,
        destination_path=path and _checked_path(path),
    )


def _read_format(found: Members) -> str:
    name = _text(found, "outputFormat", "properties.") or DEFAULT_FORMAT
    if name.lower() not in FORMATS:
        raise InputError(
            "The outputFormat is unsupported or invalid.",
            where="properties.outputFormat",
            remedy=f"Use one of the documented names, or leave it empty for {DEFAULT_FORMAT}.",
        )
    return name.lower()


def _read_time_to_live(version: ApiVersion, found: Members) -> float | None:
    value = found.get(version.time_to_live.lower())
    if value is None or value == "":
        return None
    try:
        hours = read_duration(value).total_seconds() / 3600 if version.time_to_live_iso else number(value)
    except ValueError:
        hours = None
    if hours is None or not 0 < hours <= MAX_TIME_TO_LIVE_HOURS:
        form = "an ISO 8601 duration up to P31D" if version.time_to_live_iso else "hours, more than 0 and up to 744"
        where = f"properties.{version.time_to_live}"
        raise InputError("This is no time to live.", where=where, remedy=f"Use {form}.")
    return hours


def _checked_path(path: str) -> str:
    """Without slashes at its ends. A path that climbs, or that no blob name can hold, is refused."""
    parts = path.strip("/").split("/")
    if len(path) > 512 or "\\" in path or not path.isprintable() or any(part in ("", ".", "..") for part in parts):
        remedy = "Use names joined by single slashes, at most 512 characters."
        raise InputError("This is no path in a container.", where="properties.destinationPath", remedy=remedy)
    return "/".join(parts)


def _read_custom_voices(given: Mapping[str, Any]) -> dict[str, str]:
    for name, deployment in given.items():
        if not isinstance(deployment, str) or not ID_PATTERN.fullmatch(deployment):
            where = f"customVoices.{name[:64]}"
            raise InputError("This is no deployment id.", where=where, remedy="Map each voice's name to its id.")
    return dict(given)


def _read_display_name(found: Members) -> str:
    name = _name(found, "displayName")
    if not name:
        remedy = "Choose a name; it does not have to be unique."
        raise InputError("The displayName is required.", where="displayName", remedy=remedy)
    return name


def _read_custom_properties(version: ApiVersion, found: Members) -> dict[str, str]:
    given = _object(found, "customProperties")
    fits = all(
        isinstance(value, str) and len(key) <= _KEY_CHARACTERS and len(value) <= _VALUE_CHARACTERS
        for key, value in given.items()
    )
    if not fits or len(given) > version.max_custom_properties:
        remedy = (
            f"Up to {version.max_custom_properties} pairs of strings: keys up to {_KEY_CHARACTERS} characters, "
            f"values up to {_VALUE_CHARACTERS}."
        )
        raise InputError("These custom properties do not fit.", where="customProperties", remedy=remedy)
    return dict(given)


def _object(found: Members, name: str) -> Mapping[str, Any]:
    value = found.get(name.lower())
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError("This must be an object.", where=name, remedy="Send a JSON object or leave it out.")
    return value


def _text(found: Members, name: str, parent: str = "") -> str | None:
    value = found.get(name.lower())
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError("This must be a string.", where=parent + name, remedy="Send a string or leave it out.")
    return value


def _name(found: Members, name: str) -> str | None:
    value = _text(found, name)
    if value is not None and len(value) > _NAME_CHARACTERS:
        raise InputError("This is too long.", where=name, remedy=f"Use at most {_NAME_CHARACTERS:,} characters.")
    return value


def _flag(found: Members, name: str) -> bool:
    value = found.get(name.lower())
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower(), value)
    if value is not None and not isinstance(value, bool):
        raise InputError("This must be true or false.", where=f"properties.{name}", remedy="Send true or false.")
    return value is True
