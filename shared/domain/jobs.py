"""A job's row and its state machine. Only `Job.on` changes a status."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.domain import naming
from shared.domain.documents import IllegalTransition
from shared.domain.rows import from_row, to_values
from shared.ports import Row, Value


class JobStatus(StrEnum):
    PLANNED = "PLANNED"
    """The row is there, parts are being claimed."""
    DROPPED = "DROPPED"
    """Let go before its seal; its parts go back."""
    SEALED = "SEALED"
    """The request blob of `digest` is what will be sent, for ever."""
    RUNNING = "RUNNING"
    """Accepted by the endpoint."""
    FINISHING = "FINISHING"
    """Its outcome is known; finishers carry it to the documents."""
    ENDED = "ENDED"


class JobEvent(StrEnum):
    DROP = "drop"
    SEAL = "seal"
    ACCEPT = "accept"
    CONCLUDE = "conclude"
    END = "end"


JOB_TRANSITIONS: Mapping[JobStatus, Mapping[JobEvent, JobStatus]] = {
    JobStatus.PLANNED: {JobEvent.DROP: JobStatus.DROPPED, JobEvent.SEAL: JobStatus.SEALED},
    JobStatus.SEALED: {JobEvent.ACCEPT: JobStatus.RUNNING, JobEvent.CONCLUDE: JobStatus.FINISHING},
    JobStatus.RUNNING: {JobEvent.CONCLUDE: JobStatus.FINISHING},
    JobStatus.FINISHING: {JobEvent.END: JobStatus.ENDED},
    JobStatus.DROPPED: {},
    JobStatus.ENDED: {},
}

PARTITION_OF_STATUS = {
    JobStatus.PLANNED: "sending",
    JobStatus.SEALED: "sending",
    JobStatus.RUNNING: "running",
    JobStatus.FINISHING: "finishing",
}
"""In which partition of `open` a job's entry lies; a job of another status has none."""


class Verdict(StrEnum):
    """How a job came out, for all its inputs together."""

    SUCCEEDED = "succeeded"
    """The summary says what became of each input."""
    FAILED = "failed"
    """The endpoint failed the synthesis as a whole."""
    REFUSED = "refused"
    """The endpoint would not take the request: it names no input, so the job is taken apart."""
    GONE = "gone"
    """Accepted, and not there any more: paid, result lost."""
    OVERDUE = "overdue"
    """Not ended by the deadline."""
    UNCERTAIN = "uncertain"
    """Whether it was accepted was not learnt by the deadline: perhaps paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    status: JobStatus = JobStatus.PLANNED
    created: datetime
    entry: str
    """Key of its entry in `open`; the partition follows from the status."""
    lease_until: datetime | None = None
    """Nobody else seals or sends before this and the margin; None: free."""
    digest: str = ""
    """SHA-256 of the request blob, once sealed."""
    documents: int = 0
    """Parts in the request: slices are counted in them."""
    inputs: int = 0
    characters: int = 0
    output_format: str = ""
    holder: str = ""
    """The document whose parts these are, where they are of one alone: it may hold half of the active jobs."""
    destination: bool = True
    """Its results come into our container; False: they are fetched from the endpoint, as `results.zip`."""
    adopts: str = ""
    """The job whose synthesis this one carries on with: nothing is sent, nothing is paid."""
    creates: int = 0
    """How many creates were begun."""
    first_unknown: datetime | None = None
    """The start of the first create that may have been accepted: the deadline counts from here."""
    unknown_until: datetime | None = None
    """When the connection of the last such create ended at the latest."""
    synthesis: str = ""
    """The endpoint's id, once known (GA: ours)."""
    accepted: datetime | None = None
    asked: datetime | None = None
    """The last GET of it."""
    verdict: Verdict | None = None
    why: str = ""
    """The endpoint's own words with a verdict other than SUCCEEDED. They may quote a text, and so reach nobody as they
    are (`quoting.unquoted`)."""
    prefix: str = ""
    """Where its files lie in the results container, as the endpoint said."""
    concluded: datetime | None = None
    slice_documents: int = 0
    """Parts per slice, frozen when it was concluded."""
    slices_done: tuple[int, ...] = ()
    ended: datetime | None = None
    billed: dict[str, int] = field(default_factory=dict)

    @property
    def slices(self) -> int:
        """Each is finished by a message of its own."""
        return math.ceil(self.documents / self.slice_documents)

    @property
    def entry_values(self) -> dict[str, Value]:
        """What its entry in `open` tells without the row: job, document that fills it, when it was begun, since when it
        may be paid."""
        paid = self.first_unknown or self.accepted
        since = naming.stamp(paid) if paid else ""
        return {"job": self.id, "holder": self.holder, "begun": naming.stamp(self.created), "since": since}

    @property
    def is_packed(self) -> bool:
        """Its files are still in an archive, which is to be unpacked into our container."""
        return self.verdict is Verdict.SUCCEEDED and not self.prefix

    def on(self, event: JobEvent, **change: Any) -> Job:
        """Raises IllegalTransition."""
        try:
            status = JOB_TRANSITIONS[self.status][event]
        except KeyError:
            raise IllegalTransition(f"A {self.status} job cannot {event}.") from None
        return replace(self, status=status, **change)

    def row(self, etag: str = "") -> Row:
        values = to_values(self, without=("id",))
        return Row(partition=naming.job_partition(self.id), key=self.id, values=values, etag=etag)

    @classmethod
    def of(cls, row: Row) -> Job:
        return from_row(cls, row, id=row.key)
