"""How much a caller may ask for: requests in a window of time, and syntheses that have not ended.

A caller's budget of requests is one row in the table of syntheses. A process takes slices of it by compare-and-set,
the first of a window as large as what it used of the last one, each next one twice as large, none above a tenth of the
budget: so all processes together never pass the limit, little remains unused in another's slice, and a request costs
less than one call of storage where there are many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from shared.batchapi.problems import too_many_active
from shared.batchapi.versions import VERSIONS, ApiVersion
from shared.errors import Conflict
from shared.ports import Row, Table
from shared.service.context import Rejected, Service
from shared.service.records import OPEN, OPEN_END, open_work_of
from shared.service.slices import Slice

PARTITION = "limits"
_TRIES = 8
_LARGEST_SHARE = 10
"""A slice is at most this part of the budget …"""
_LAST_SHARE = 4
"""… and of what is left of it, so that the last requests are not kept from those who want them."""
_KEPT = timedelta(days=1)
_ACTIVE_RETRY_SECONDS = 10
_CREATE_SECONDS = 230.0
"""A create that is older and not accepted was killed: Azure lets no caller wait longer for an answer
(https://learn.microsoft.com/azure/azure-functions/functions-scale-timeout). Its traces are cleared later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a caller has left of a window."""

    limit: int
    remaining: int
    resets: datetime


def take_request(service: Service, version: ApiVersion, caller: str) -> Budget | None:
    """Counts one request of `caller`, a name that is no secret. None: there is no limit. Raises Rejected (429)."""
    limit = _share(version.max_requests, service.settings.request_limit_percent)
    if not limit:
        return None
    now = service.clock()
    held = service.slices.of(version.name, caller)
    with held.lock:
        _turn_to(held, int(now.timestamp()) // version.window_seconds, limit)
        if not held.left:
            _refill(service, version, caller, held, limit)
        resets = datetime.fromtimestamp((held.window + 1) * version.window_seconds, UTC)
        if not held.left:
            raise _too_many(version, limit, resets, now)
        held.left, held.used = held.left - 1, held.used + 1
        return Budget(limit=limit, remaining=limit - held.taken + held.left, resets=resets)


def _turn_to(held: Slice, window: int, limit: int) -> None:
    """Forgets what belongs to a former window; one that is ahead of our clock counts."""
    if window > held.window:
        held.window, held.left, held.taken = window, 0, 0
        held.size, held.used = min(max(1, held.used), _largest(limit)), 0
        if held.contended:
            held.etag, held.contended = "", False


def _refill(service: Service, version: ApiVersion, caller: str, held: Slice, limit: int) -> None:
    """Takes a slice; leaves `held.left` at 0 where the budget is spent."""
    key = f"{version.name}~{caller}"
    seen = bool(held.etag)
    for _ in range(_TRIES):
        if not seen:
            _look(service, key, held)
        room = limit - held.taken
        if room <= 0:
            return
        wanted = min(held.size, max(1, room // _LAST_SHARE))
        values = {"window": held.window, "taken": held.taken + wanted}
        row = Row(partition=PARTITION, key=key, values=values, etag=held.etag)
        try:
            held.etag = (service.syntheses.replace(row) if held.etag else service.syntheses.insert(row)).etag
        except Conflict:
            seen, held.contended = False, True
            continue
        held.left, held.taken = wanted, held.taken + wanted
        held.size = min(held.size * 2, _largest(limit))
        return


def _largest(limit: int) -> int:
    return max(1, limit // _LARGEST_SHARE)


def _look(service: Service, key: str, held: Slice) -> None:
    row = service.syntheses.get(PARTITION, key)
    held.etag, held.taken = (row.etag, 0) if row else ("", 0)
    if row and int(row.values["window"]) >= held.window:
        held.window, held.taken = int(row.values["window"]), int(row.values["taken"])


def _too_many(version: ApiVersion, limit: int, resets: datetime, now: datetime) -> Rejected:
    seconds = max(1, -int((now - resets).total_seconds() // 1))
    message = f"There are too many recent requests: {limit} in {version.window_seconds} seconds are allowed."
    budget = Budget(limit=limit, remaining=0, resets=resets)
    headers = {"Retry-After": str(seconds), **budget_headers(version, budget)}
    return Rejected(429, "429", f"{message} Try again in {seconds} seconds.", headers=headers)


def budget_headers(version: ApiVersion, budget: Budget | None) -> Mapping[str, str]:
    """The three headers that the preview's page shows; the GA pages name none."""
    if budget is None or not version.tells_budget:
        return {}
    return {
        "X-RateLimit-Limit": str(budget.limit),
        "X-RateLimit-Remaining": str(budget.remaining),
        "X-RateLimit-Reset": f"{budget.resets:%Y-%m-%dT%H:%M:%SZ}",
    }


def check_active(service: Service, version: ApiVersion) -> None:
    """To be called after one's own `open~` row was written, so that of several at once none slips through. Rows of
    what was deleted do not count.

    Raises Rejected: with that one there are too many.
    """
    limit = _share(version.max_active, service.settings.active_limit_percent)
    if not limit:
        return
    found = map(open_work_of, service.syntheses.query(version.name, start=OPEN, end=OPEN_END))
    oldest = service.clock() - timedelta(seconds=_CREATE_SECONDS)
    active = (work for work in found if not work.deleted and (work.accepted or work.since > oldest))
    if sum(1 for _ in islice(active, limit + 1)) > limit:
        message = too_many_active(limit)
        if version.active_status == 429:
            raise Rejected(429, "429", message, headers={"Retry-After": str(_ACTIVE_RETRY_SECONDS)})
        raise Rejected(version.active_status, "BadRequest", message)


def forgotten(table: Table, now: datetime) -> list[Row]:
    """Rows of callers who have not come for a day: where all of a tenant may call, there are many."""
    since = (now - _KEPT).timestamp()
    seconds = {version.name: version.window_seconds for version in VERSIONS.values()}
    rows = table.query(PARTITION)
    return [row for row in rows if int(row.values["window"]) * seconds[row.key.partition("~")[0]] < since]


def _share(documented: int, percent: int) -> int:
    return max(1, documented * percent // 100) if percent else 0
