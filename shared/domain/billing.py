"""What a version costs in characters: estimated by the billing rule before it is sent, and as the endpoint told after.

Of an input that was sent and of which the endpoint tells nothing, the estimate stands in, apart from what was told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from shared.batchapi.billing import billable_characters
from shared.batchapi.model import InputKind, InputResult
from shared.domain.documents import Part, PartStatus, Version
from shared.domain.jobs import Job, Verdict
from shared.domain.packing import body_bytes
from shared.domain.requests import Line, Request


def with_estimate(version: Version, parts: Sequence[Part], texts: Sequence[str]) -> tuple[Version, tuple[Part, ...]]:
    """A drafted version and its parts with what is to be sent of them counted. `texts`: of all inputs, as sent."""
    counted = tuple(recounted(part, texts, version.kind) for part in parts)
    return replace(version, billable=left_to_send(counted)), counted


def recounted(part: Part, texts: Sequence[str], kind: str) -> Part:
    """A part with the count of what is to be sent of it, or once its job has ended. `texts`: of all inputs of the
    version, as sent; none where they are not kept: a part of one input needs no other count than it was drafted with.
    """
    if not texts:
        return part
    gone = {number for number, old in part.reuse if not old}
    left = [texts[number - 1] for number in {*part.numbers, *gone}]
    return replace(
        part,
        characters=sum(map(len, left)),
        body_bytes=sum(map(body_bytes, left)),
        billable=sum(billable_characters(text, InputKind(kind)) for text in left),
    )


def left_to_send(parts: Iterable[Part]) -> int:
    """Characters that a version is charged with."""
    return sum(part.billable for part in parts if part.status is PartStatus.READY)


def with_bill(version: Version, job: Job, lines: Sequence[Line], entries: Sequence[InputResult]) -> Version:
    """A version with what `lines` of it took, now that their job has ended; `entries` are theirs, if it succeeded."""
    kind = InputKind(version.kind)
    estimates = [billable_characters(line.text, kind) for line in lines]
    assert job.verdict, f"job {job.id} is finishing without a verdict"
    billed, untold = _BILLS[job.verdict](job, estimates, entries)
    if job.adopts:  # what is sent here was counted, as untold, when that job was given up
        untold -= sum(estimates)
    return replace(version, billed=version.billed + billed, untold=max(0, version.untold + untold))


def shared_out(entries: Sequence[InputResult], request: Request, job: Job) -> tuple[InputResult, ...]:
    """The summary's entries, each with what is billed for it.

    The GA version bills a job as a whole: that is shared out among the inputs it spoke, in proportion to the rule's
    counts, so that the shares together are what it said.
    """
    if not job.billed or any(entry.billed_characters is not None for entry in entries):
        return tuple(entries)
    kind, total = InputKind(request.kind), sum(job.billed.values())
    counts = [
        billable_characters(line.text, kind) if entry.succeeded else 0
        for line, entry in zip(request.lines, entries, strict=True)
    ]
    ends = [total * end // max(1, sum(counts)) for end in accumulate(counts)]
    shares = (end - begin for begin, end in pairwise([0, *ends]))
    return tuple(replace(entry, billed_characters=share) for entry, share in zip(entries, shares, strict=True))


def _by_entries(job: Job, estimates: Sequence[int], entries: Sequence[InputResult]) -> tuple[int, int]:
    billed = sum(entry.billed_characters or 0 for entry in entries)
    silent = [entry.succeeded and entry.billed_characters is None for entry in entries]
    return billed, sum(estimate for estimate, untold in zip(estimates, silent, strict=True) if untold)


def _nothing(job: Job, estimates: Sequence[int], entries: Sequence[InputResult]) -> tuple[int, int]:
    return 0, 0


def _if_the_job_was_billed(job: Job, estimates: Sequence[int], entries: Sequence[InputResult]) -> tuple[int, int]:
    return 0, sum(estimates) if any(job.billed.values()) else 0


def _perhaps(job: Job, estimates: Sequence[int], entries: Sequence[InputResult]) -> tuple[int, int]:
    return 0, sum(estimates)


_BILLS: Mapping[Verdict, Callable[[Job, Sequence[int], Sequence[InputResult]], tuple[int, int]]] = {
    Verdict.SUCCEEDED: _by_entries,
    Verdict.FAILED: _if_the_job_was_billed,
    Verdict.REFUSED: _nothing,
    Verdict.GONE: _perhaps,
    Verdict.OVERDUE: _perhaps,
    Verdict.UNCERTAIN: _perhaps,
}
"""Characters told and untold, by how the job came out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What is told of a version's cost, in characters."""

    estimated: int
    billed: int | None
    """None: the endpoint did not tell, or not all."""

    @classmethod
    def of(cls, version: Version) -> Bill:
        return cls(estimated=version.billable, billed=None if version.untold else version.billed)

    def as_json(self) -> dict[str, Any]:
        return {"estimated": self.estimated, "billed": self.billed}
