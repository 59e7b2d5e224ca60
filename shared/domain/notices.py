"""What is told of a version that has ended: a CloudEvents 1.0 event, in the structured JSON form. Pure.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md: `source` and `id` together name an event, so a
notice that comes twice has the same ones. docs/notices.md describes it for its readers.
"""

from __future__ import annotations

from typing import Any

from shared.domain import naming
from shared.domain.billing import Bill
from shared.domain.documents import Version, VersionStatus

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
NOTICE = "notice"
"""Begins the names of those partitions of `open` that hold ended versions of which is yet to be told."""
TOLD = frozenset({VersionStatus.FINISHED, VersionStatus.FAILED})


def partition_of(receiver: str) -> str:
    """Each receiver has its own, so that none waits for another, or hears again what only another has missed."""
    return f"{NOTICE}-{receiver}"


def event_of(version: Version, *, deployment: str) -> dict[str, Any]:
    """`version` is FINISHED or FAILED."""
    assert version.ended, "only an ended version is told of"
    return {
        "specversion": "1.0",
        "id": notice_id(version),
        "source": f"/speechdrop/{deployment}",
        "type": f"speechdrop.document.{version.status.lower()}",
        "subject": version.path,
        "time": version.ended.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "path": version.path,
            "sequence": version.sequence,
            "status": version.status.value,
            "manifest": naming.manifest_blob(version.path),
            "source": {"etag": version.source_etag, "bytes": version.source_bytes},
            "characters": version.characters,
            "billing": Bill.of(version).as_json(),
            "error": version.error,
        },
    }


def notice_id(version: Version) -> str:
    """The version; of one that was tried again after it failed, each end has its own."""
    assert version.ended, "only an ended version is told of"
    return f"{version.document}-{version.sequence}-{version.ended:%Y%m%dT%H%M%S%f}"
