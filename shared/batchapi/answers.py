"""The service's half of the wire contract: syntheses, pages and their next links as each version writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from shared.batchapi.codec import write_config, write_properties
from shared.batchapi.model import Outcome, Page, Synthesis
from shared.batchapi.summary import write_lengths
from shared.batchapi.values import write_time
from shared.batchapi.versions import ApiVersion


def write_synthesis(version: ApiVersion, synthesis: Synthesis) -> dict[str, Any]:
    """As create, get and list answer it; never with inputs or destination."""
    body: dict[str, Any] = {
        "id": synthesis.id,
        "status": synthesis.status.value,
        "createdDateTime": write_time(synthesis.created, version.fraction_digits),
        "lastActionDateTime": write_time(synthesis.last_action, version.fraction_digits),
        version.kind: synthesis.kind.value,
        "customVoices": dict(synthesis.custom_voices),
        "properties": write_properties(version, synthesis.properties),
    }
    if synthesis.config is not None or version.config_always:
        body["synthesisConfig"] = write_config(synthesis.config) if synthesis.config else {}
    if synthesis.description is not None:
        body["description"] = synthesis.description
    if version.named:
        body["displayName"] = synthesis.display_name or ""
        if synthesis.custom_properties:
            body["customProperties"] = dict(synthesis.custom_properties)
    if synthesis.outcome is not None:
        body["properties"] |= _write_outcome(version, synthesis.outcome)
    if synthesis.result is not None:
        body["outputs"] = _write_outputs(version, synthesis)
    return body


def _write_outcome(version: ApiVersion, outcome: Outcome) -> dict[str, Any]:
    counts = {member: outcome.billed_characters.get(kind, 0) for kind, member in version.billing.items()}
    if not version.config_always:
        counts = {member: count for member, count in counts.items() if count}
    written: dict[str, Any] = {
        "succeededAudioCount": outcome.succeeded,
        "failedAudioCount": outcome.failed,
        **write_lengths(version, outcome.size_bytes, outcome.duration_ms),
        "billingDetails": counts,
    }
    if outcome.error is not None:
        written["error"] = {"code": outcome.error.code, "message": outcome.error.message}
    return written


def _write_outputs(version: ApiVersion, synthesis: Synthesis) -> Mapping[str, str]:
    outputs = {"result": synthesis.result or ""}
    if version.destination_path and synthesis.summary is not None:
        outputs["summary"] = synthesis.summary
    return outputs


def write_page(version: ApiVersion, page: Page, *, endpoint: str, skip: int, top: int) -> dict[str, Any]:
    """One page; its next link leads to the items after it."""
    body: dict[str, Any] = {version.page_items: [write_synthesis(version, item) for item in page.items]}
    if page.more:
        query = {"skip": str(skip + len(page.items)), version.page_size: str(top), **version.query}
        body[version.next_link] = f"{version.collection_url(endpoint)}?{urlencode(query)}"
    return body
