"""Names of the service's private blobs: all of a synthesis begin with its GUID, so that they go together."""

from __future__ import annotations


def request(guid: str) -> str:
    """The create's body; holds the caller's SAS."""
    return f"{guid}/request.json"


def plan(guid: str) -> str:
    """All items, one line for each part."""
    return f"{guid}/plan.jsonl"


def sounds(guid: str, item: int, start: int) -> str:
    return f"{guid}/{item:07d}-{start}.bin"


def ledger(guid: str) -> str:
    """Outlives its synthesis."""
    return f"ledger/{guid}.json"


def folder(guid: str) -> str:
    return f"{guid}/"


def result_folder(guid: str, synthesis_id: str) -> str:
    """Of a result, where its caller names no place: as Azure's, 32 hex digits and the id. The first part is drawn
    anew for each synthesis, so an id that was deleted and used again never meets its former files."""
    return f"{guid.replace('-', '')}/{synthesis_id}"
