"""The client's half of the wire contract: writes a create, reads syntheses and pages.

Reading is lenient where the vendor's documents contradict each other: either version's names, any case, missing
members. What cannot be a synthesis at all raises ValueError: an answer whose meaning is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from shared.batchapi.model import (
    LONGEST_FADE,
    LONGEST_SOURCE,
    LOUDEST,
    Background,
    InputKind,
    Outcome,
    Page,
    Properties,
    Synthesis,
    SynthesisConfig,
    SynthesisRequest,
)
from shared.batchapi.problems import read_synthesis_error
from shared.batchapi.summary import read_milliseconds, read_size, read_status
from shared.batchapi.values import (
    Members,
    integer,
    members,
    number,
    read_duration,
    read_time,
    strings,
    text,
    write_duration,
)
from shared.batchapi.versions import GA, PREVIEW, ApiVersion

CONFIG_MEMBERS = {
    "voice": "voice",
    "style": "style",
    "style_degree": "styleDegree",
    "role": "role",
    "rate": "rate",
    "pitch": "pitch",
    "volume": "volume",
    "speaker_profile_id": "speakerProfileId",
}
"""Field of SynthesisConfig to member of `synthesisConfig`, of those that are texts."""


def write_create(version: ApiVersion, request: SynthesisRequest) -> dict[str, Any]:
    """The body of a create. What is None, or the version does not have, is left out."""
    body: dict[str, Any] = {
        version.kind: request.kind.value,
        "inputs": [{version.text: item} for item in request.inputs],
    }
    if request.config is not None:
        body["synthesisConfig"] = write_config(request.config)
    if request.custom_voices:
        body["customVoices"] = dict(request.custom_voices)
    if request.description is not None:
        body["description"] = request.description
    if version.named:
        body["displayName"] = request.display_name
        if request.custom_properties:
            body["customProperties"] = dict(request.custom_properties)
    body["properties"] = _write_wishes(version, request.properties)
    return body


def encode_create(version: ApiVersion, request: SynthesisRequest) -> bytes:
    """The body of a create as it goes over the wire: what `max_body_bytes` counts."""
    return json.dumps(write_create(version, request), ensure_ascii=False, separators=(",", ":")).encode()


def _write_wishes(version: ApiVersion, properties: Properties) -> dict[str, Any]:
    wishes = write_properties(version, properties)
    if properties.time_to_live_hours is None:
        del wishes[version.time_to_live]
    if properties.destination_container_url is not None:
        wishes["destinationContainerUrl"] = properties.destination_container_url
        if version.destination_path and properties.destination_path is not None:
            wishes["destinationPath"] = properties.destination_path
    return wishes


def write_config(config: SynthesisConfig) -> dict[str, Any]:
    values = {member: getattr(config, name) for name, member in CONFIG_MEMBERS.items()}
    written: dict[str, Any] = {member: value for member, value in values.items() if value is not None}
    if config.background is not None:
        written["backgroundAudio"] = _write_background(config.background)
    return written


def _write_background(background: Background) -> dict[str, Any]:
    return {
        "src": background.url,
        "volume": _whole(background.volume),
        "fadein": background.fade_in,
        "fadeout": background.fade_out,
    }


def write_properties(version: ApiVersion, properties: Properties) -> dict[str, Any]:
    """The six members that every answer has; never the destination, which is a secret."""
    return {
        version.time_to_live: _write_time_to_live(version, properties.time_to_live_hours),
        "outputFormat": properties.output_format,
        "concatenateResult": properties.concatenate_result,
        "decompressOutputFiles": properties.decompress_output_files,
        "wordBoundaryEnabled": properties.word_boundary,
        "sentenceBoundaryEnabled": properties.sentence_boundary,
    }


def _write_time_to_live(version: ApiVersion, hours: float | None) -> str | int | float:
    hours = version.default_time_to_live_hours if hours is None else hours
    if version.time_to_live_iso:
        return write_duration(timedelta(hours=hours))
    return _whole(hours)


def _whole(value: float) -> int | float:
    """Without `.0`."""
    return int(value) if value == int(value) else value


def read_synthesis(version: ApiVersion, body: Any) -> Synthesis:
    """Raises ValueError: this is no synthesis."""
    found = members(body)
    properties = members(found.get("properties"))
    outputs = members(found.get("outputs"))
    synthesis_id = text(found.get("id"))
    if synthesis_id is None:
        raise ValueError("The synthesis has no id.")
    status = read_status(found.get("status"))
    config = _read_config(found.get("synthesisconfig"))
    created = read_time(found.get("createddatetime"))
    return Synthesis(
        id=synthesis_id,
        status=status,
        created=created,
        last_action=read_time(found.get("lastactiondatetime") or created.isoformat()),
        kind=read_kind(found.get(version.kind.lower())),
        properties=_read_properties(version, properties),
        config=config,
        custom_voices=strings(found.get("customvoices")),
        description=text(found.get("description")),
        display_name=text(found.get("displayname")),
        custom_properties=strings(found.get("customproperties")),
        outcome=_read_outcome(properties) if _has_outcome(properties) else None,
        result=text(outputs.get("result")),
        summary=text(outputs.get("summary")),
    )


def read_page(version: ApiVersion, body: Any) -> Page:
    """Raises ValueError: this is no page. An item that cannot be read is left out: it hides no other."""
    found = members(body)
    items = found.get(version.page_items)
    if not isinstance(items, list):
        raise ValueError(f"The page has no list '{version.page_items}'.")
    more = text(found.get(version.next_link.lower())) is not None
    readable = tuple(_readable(version, items))
    return Page(items=readable, more=more, unread=len(items) - len(readable))


def _readable(version: ApiVersion, items: Iterable[Any]) -> Iterator[Synthesis]:
    for item in items:
        with suppress(ValueError):
            yield read_synthesis(version, item)


def read_kind(value: Any) -> InputKind:
    """Whatever its case. Raises ValueError."""
    for kind in InputKind:
        if isinstance(value, str) and value.lower() == kind.lower():
            return kind
    raise ValueError("neither PlainText nor SSML")


def _read_config(value: Any) -> SynthesisConfig | None:
    found = {name: item for name, item in members(value).items() if item is not None}
    if "voice" not in found:
        return None
    known = {field: found.get(member.lower()) for field, member in CONFIG_MEMBERS.items()}
    texts = {field: str(item) for field, item in known.items() if item is not None}
    return SynthesisConfig(**texts, background=read_background(found.get("backgroundaudio")))


def read_background(value: Any) -> Background | None:
    """None where no source is named; numbers that are not valid are ignored, as the documents say."""
    found = members(value)
    url = text(found.get("src"))
    if url is None or len(url) > LONGEST_SOURCE:
        return None
    return Background(
        url=url,
        volume=_number_up_to(LOUDEST, found.get("volume"), 1.0),
        fade_in=int(_number_up_to(LONGEST_FADE, found.get("fadein"), 0)),
        fade_out=int(_number_up_to(LONGEST_FADE, found.get("fadeout"), 0)),
    )


def _number_up_to(most: float, value: Any, default: float) -> float:
    found = number(value)
    return found if found is not None and 0 <= found <= most else default


def _read_properties(version: ApiVersion, found: Members) -> Properties:
    return Properties(
        output_format=text(found.get("outputformat")) or Properties().output_format,
        concatenate_result=found.get("concatenateresult") is True,
        decompress_output_files=found.get("decompressoutputfiles") is True,
        word_boundary=found.get("wordboundaryenabled") is True,
        sentence_boundary=found.get("sentenceboundaryenabled") is True,
        time_to_live_hours=_read_time_to_live(version, found.get(version.time_to_live.lower())),
    )


def _read_time_to_live(version: ApiVersion, value: Any) -> float | None:
    if value is None:
        return None
    if version.time_to_live_iso:
        return read_duration(value).total_seconds() / 3600
    return number(value)


def _has_outcome(found: Members) -> bool:
    return any(name in found for name in ("succeededaudiocount", "failedaudiocount", "error"))


def _read_outcome(found: Members) -> Outcome:
    return Outcome(
        succeeded=integer(found.get("succeededaudiocount")),
        failed=integer(found.get("failedaudiocount")),
        size_bytes=read_size(found),
        duration_ms=read_milliseconds(found),
        billed_characters=_read_billing(found),
        error=read_synthesis_error(found.get("error")),
    )


def _read_billing(found: Members) -> dict[str, int]:
    """Characters by kind of voice, kinds that were not used left out."""
    billing = members(found.get("billingdetails"))
    kinds = {name.lower(): kind for version in (GA, PREVIEW) for kind, name in version.billing.items()}
    counts = {kinds[name]: integer(value) for name, value in billing.items() if name in kinds}
    return {kind: count for kind, count in counts.items() if count}
