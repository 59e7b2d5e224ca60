"""host.json: the settings of the host that a developer may change, with the host's defaults.

Each may be overridden by a setting `AzureFunctionsJobHost__extensions__queues__batchSize` and so on, as on the host
(https://learn.microsoft.com/azure/azure-functions/functions-host-json, "Override host.json values").
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from speechdrop.devhost.errors import StartError
from speechdrop.devhost.timespan import seconds

T = TypeVar("T")

_OVERRIDE = "AzureFunctionsJobHost__"
_MAX_RECEIVE = 32
"""The Queue service gives at most this many messages per request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """How many run at once in one process: up to `size + threshold`; more are fetched when `threshold` or fewer run."""

    size: int
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    route_prefix: str
    queues: Batching
    queue_max_dequeue: int
    queue_retry_seconds: float
    """Delay after a failed run (`visibilityTimeout`)."""
    queue_poll_most_seconds: float
    base64: bool
    blobs: Batching
    blob_max_dequeue: int
    timeout_seconds: float | None
    """`functionTimeout`; None: no limit."""


def read(path: Path, environ: Mapping[str, str]) -> HostConfig:
    """Raises StartError naming the member and its value."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise StartError(f"{path} is not JSON: {error}.") from error
    return parse(content, environ)


def parse(content: Mapping[str, Any], environ: Mapping[str, str], *, cores: int = os.cpu_count() or 1) -> HostConfig:
    """Raises StartError naming the member and its value."""
    members = {key: value for key, value in _flat(content)}
    for key, value in environ.items():
        if key.lower().startswith(_OVERRIDE.lower()):
            members[key[len(_OVERRIDE) :].replace("__", ".").lower()] = value

    def member(key: str, default: Any, check: Callable[[Any], T]) -> T:
        value = members.get(key.lower(), default)
        try:
            return check(value)
        except (TypeError, ValueError) as error:
            raise StartError(f"host.json: {key} is {value!r}; it must be {error}.") from error

    size = member("extensions.queues.batchSize", 16, _count(1, _MAX_RECEIVE))
    parallel = member("extensions.blobs.maxDegreeOfParallelism", 8 * cores, _count(1, 1000))
    blob_size = min(_MAX_RECEIVE, parallel // 2 + 1)
    return HostConfig(
        route_prefix=member("extensions.http.routePrefix", "api", str).strip("/"),
        queues=Batching(
            size=size,
            threshold=member("extensions.queues.newBatchThreshold", max(1, size // 2) * cores, _count(0, 1000)),
        ),
        queue_max_dequeue=member("extensions.queues.maxDequeueCount", 5, _count(1, 1000)),
        queue_retry_seconds=member("extensions.queues.visibilityTimeout", "00:00:00", seconds),
        queue_poll_most_seconds=member("extensions.queues.maxPollingInterval", "00:01:00", seconds),
        base64=member("extensions.queues.messageEncoding", "base64", _encoding) == "base64",
        blobs=Batching(size=blob_size, threshold=parallel - blob_size),
        blob_max_dequeue=member("extensions.blobs.poisonBlobThreshold", 5, _count(1, 1000)),
        timeout_seconds=member("functionTimeout", "00:30:00", _timeout),
    )


def _flat(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in content.items():
        path = f"{prefix}{key}".lower()
        found += _flat(value, f"{path}.") if isinstance(value, Mapping) else [(path, value)]
    return found


def _count(low: int, high: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return check


def _encoding(value: Any) -> str:
    if str(value).lower() not in ("base64", "none"):
        raise ValueError("base64 or none")
    return str(value).lower()


def _timeout(value: Any) -> float | None:
    return None if str(value) == "-1" else seconds(value)
