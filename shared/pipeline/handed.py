"""Extras that take long, out of a message of their own: made under a lease, then the version is published.

The lease, in the version's row, is for economy, and is renewed as the work goes on: a repeated message finds it and
leaves, a killed maker is missed soon. What it guards is written whole or not at all, and comes out the same twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.documents import VersionStatus
from shared.domain.extras import Extras
from shared.domain.leases import Lease, Overtaken
from shared.errors import Conflict, InputError, StorageError
from shared.pipeline.context import Pipeline
from shared.pipeline.extras import make
from shared.pipeline.finish import finish
from shared.pipeline.finishing import FINISHING, read_nudge
from shared.pipeline.publish import publish
from shared.pipeline.store import Stored, VersionRows, remove_entries, version_rows

log = logging.getLogger(__name__)

_SHARE_OF_LIFE = 0.8
"""Of a function's time-out: what is not made by then is left out, and the rest is left for publishing."""


def nudged(p: Pipeline, message: str) -> None:
    """A finishers' message, to the handler that it is for."""
    match read_nudge(message):
        case (job_id, number):
            finish(p, job_id, number)
        case (document, sequence, entry):
            complete(p, document, sequence, entry=entry)


def complete(p: Pipeline, document: str, sequence: int, *, entry: str) -> None:
    """Makes the extras of a version whose parts have all ended, and publishes it. A repetition finds its work done."""
    rows = version_rows(p, document, sequence)
    made = None
    if rows and _waits(rows):
        version = rows.version.item
        if version.extras_until and version.extras_until > p.clock():
            return  # another makes them; the entry stays, in case he does not live
        try:
            made = _made(p, rows)
        except (Conflict, Overtaken):
            log.info("%s: its extras are another's now, or it has ended", version.path)
            return
    publish(p, document, sequence, made)  # also what an earlier try left to do, if it was killed before its end
    remove_entries(p, FINISHING, [entry])


def _waits(rows: VersionRows) -> bool:
    version = rows.version.item
    return version.status is VersionStatus.PENDING and version.all_ended and not version.parts_failed


def _made(p: Pipeline, rows: VersionRows) -> Extras:
    """Raises Conflict or Overtaken: the version is in other hands; StorageError: not now."""
    version, parts = rows.version.item, [part.item for part in rows.parts]
    given_up = version.extras_starts >= p.settings.max_starts
    why_none = f"Making it was begun {p.settings.max_starts} times and never ended" if given_up else ""
    held = _Held(p, rows)
    held.renew(p.lease_end(p.clock()))
    try:
        return make(p, version, parts, held.keep, why_none)
    except StorageError:
        held.give_back()
        raise


class _Held:
    """A version whose extras are in our hands; its row changes as the lease is renewed."""

    def __init__(self, p: Pipeline, rows: VersionRows) -> None:
        self._p = p
        version = rows.version.item
        self._stored = Stored(replace(version, extras_starts=version.extras_starts + 1), rows.version.etag)
        self._lease = Lease(p.clock, p.settings.lease_seconds, self.renew)
        self._until = p.clock() + timedelta(seconds=p.settings.function_timeout_seconds * _SHARE_OF_LIFE)

    def renew(self, until: datetime | None) -> None:
        """Raises Conflict."""
        version = replace(self._stored.item, extras_until=until)
        self._stored = Stored(version, self._p.documents.replace(version.row(self._stored.etag)).etag)

    def keep(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Raises Overtaken; InputError when it takes too long."""
        for chunk in self._lease.kept(chunks):
            if self._p.clock() > self._until:
                seconds = self._p.settings.function_timeout_seconds * _SHARE_OF_LIFE
                raise InputError(
                    f"Making it takes more than {seconds:.0f} seconds",
                    remedy="Divide the document, or raise functionTimeout of host.json and FUNCTION_TIMEOUT_SECONDS.",
                )
            yield chunk

    def give_back(self) -> None:
        """A storage that does not answer is no fault of this document: the try does not count."""
        version = self._stored.item
        self._stored = Stored(replace(version, extras_starts=version.extras_starts - 1), self._stored.etag)
        with suppress(Conflict):
            self.renew(None)
