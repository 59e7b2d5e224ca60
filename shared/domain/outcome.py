"""What a concluded job means for its inputs, and that for a part: pure, the finisher applies it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from shared.batchapi.model import InputResult
from shared.domain.documents import Part, PartEvent, Report, SpokenInput
from shared.domain.jobs import Job, Verdict
from shared.domain.packing import adopting_lot
from shared.domain.quoting import unquoted
from shared.domain.requests import Line, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    line: Line
    file: str
    """The audio's name within the job's prefix."""
    bytes: int
    duration_ms: int
    words: str = ""
    """The name of its word boundaries' file, "" where the summary names none; and so on."""
    sentences: str = ""

    def result(self, job_id: str) -> SpokenInput:
        return SpokenInput(
            number=self.line.number,
            sha256=self.line.sha256,
            characters=len(self.line.text),
            bytes=self.bytes,
            duration_ms=self.duration_ms,
            job=job_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDone:
    line: Line
    why: str
    remedy: str
    again: bool = True
    """Whether another attempt is due by itself."""
    counts: bool = True
    """Whether this was an attempt: False where nothing was accepted."""


Outcome = Done | NotDone

_ASK = "If it happens again, retry this document or report the text to the endpoint's operator."
_FINAL = {
    Verdict.GONE: ("It was accepted and paid, and its result cannot be had", "A retry pays again."),
    Verdict.OVERDUE: ("It was accepted, and had not ended by the deadline", "A retry first looks whether it has."),
    Verdict.UNCERTAIN: (
        "Whether it was accepted could not be learnt by the deadline: it was perhaps paid",
        "A retry may pay again.",
    ),
}


def judge(job: Job, lines: Sequence[Line], entries: Sequence[InputResult]) -> tuple[Outcome, ...]:
    """What became of these lines; `entries` are theirs from the summary, with a verdict of SUCCEEDED."""
    if job.verdict is Verdict.SUCCEEDED:
        return tuple(_of_entry(line, entry) for line, entry in zip(lines, entries, strict=True))
    if job.verdict is Verdict.FAILED:
        return tuple(NotDone(line=line, why=f"The endpoint failed the job: {job.why}", remedy=_ASK) for line in lines)
    if job.verdict is Verdict.REFUSED:
        why, remedy = f"The endpoint refused the job: {job.why}", "Correct what it names, and drop the file again."
        together = job.documents > 1
        return tuple(NotDone(line=line, why=why, remedy=remedy, again=together, counts=False) for line in lines)
    assert job.verdict, f"job {job.id} is finishing without a verdict"
    why, remedy = _FINAL[job.verdict]
    why = f"{why}: {job.why}" if job.why else why
    return tuple(NotDone(line=line, why=why, remedy=remedy, again=False) for line in lines)


def _of_entry(line: Line, entry: InputResult) -> Outcome:
    name = PurePosixPath(entry.audio_file or "").name
    if entry.succeeded and name:
        return Done(
            line=line,
            file=name,
            bytes=entry.size_bytes,
            duration_ms=entry.duration_ms,
            words=PurePosixPath(entry.word_boundary_file or "").name,
            sentences=PurePosixPath(entry.sentence_boundary_file or "").name,
        )
    if entry.succeeded:
        return paid_for_nothing(line, "its summary names no audio for it")
    said = unquoted(entry.error.message[:1000], [line.text]) if entry.error else ""
    why = said or "The endpoint could not speak it, and gave no reason"
    return NotDone(line=line, why=why, remedy="Correct the text there, and drop the file again.")


def paid_for_nothing(line: Line, why: str) -> NotDone:
    """The endpoint says that it succeeded, so it is paid; only a person may have it sent, and paid, again."""
    gone, remedy = _FINAL[Verdict.GONE]
    return NotDone(line=line, why=f"{gone}: {why}", remedy=remedy, again=False)


NOTHING = InputResult(contents=(), succeeded=True)
"""Stands for an entry that a summary should have."""


def entries_of(results: Sequence[InputResult], request: Request) -> Sequence[InputResult]:
    """The summary's entry for each line of the request.

    Matched by the text where all texts are there as often as they were sent, those of one text in their order; else by
    the order, which is the documented one; none at all where the number is another than was sent.
    """
    if len(results) != len(request.lines):
        return (NOTHING,) * len(request.lines)
    by_text: defaultdict[tuple[str, ...], deque[InputResult]] = defaultdict(deque)
    for entry in results:
        by_text[entry.contents].append(entry)
    if Counter((line.text,) for line in request.lines) != {text: len(found) for text, found in by_text.items()}:
        return results
    return tuple(by_text[(line.text,)].popleft() for line in request.lines)


def next_lot(job: Job, attempt: int, index: int) -> str:
    """The lot in which part `index` (from 0) of a job is sent again, after `attempt` was not done.

    A refused job goes in halves; one that failed as a whole in about √n lots, then each part alone; an input that
    failed in a job that succeeded goes alone.
    """
    if job.verdict is Verdict.REFUSED:
        size = math.ceil(job.documents / 2)
    elif job.verdict is Verdict.FAILED and attempt == 1:
        size = math.ceil(job.documents / math.ceil(math.sqrt(job.documents)))
    else:
        size = 1
    return f"{job.id}.{index // size}"


def retry_lot(job: Job) -> str:
    """The lot in which a person's retry sends the failed parts of `job`: together, and first adopting, where their
    synthesis may be there, or come, after all."""
    return adopting_lot(job.id) if job.verdict in (Verdict.OVERDUE, Verdict.UNCERTAIN) else ""


def after(part: Part, outcomes: Sequence[Outcome], job: Job, *, index: int, max_attempts: int) -> Part:
    """The part once `job` has ended for it; READY, its entry not set yet, if some input is to be sent again."""
    done = [outcome.result(job.id).as_list() for outcome in outcomes if isinstance(outcome, Done)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, NotDone)]
    part = replace(part, results=tuple(sorted([*part.results, *done])))
    gone = tuple(number for number, _ in part.reuse)
    if not lost and not gone:
        return part.on(PartEvent.COMPLETE, todo=(), entry="")
    counts = any(outcome.counts for outcome in lost)
    if all(outcome.again for outcome in lost) and (not counts or part.attempt < max_attempts):
        return part.on(
            PartEvent.GIVE_BACK,
            todo=tuple(sorted([*gone, *(outcome.line.number for outcome in lost)])),
            attempt=part.attempt + counts,
            round=part.round + 1,
            lot=next_lot(job, part.attempt, index) if lost else "",
            job="",
            reuse=(),
        )
    report = Report(where=f"input {lost[0].line.number}", why=lost[0].why, remedy=lost[0].remedy)
    return part.on(PartEvent.FAIL, error=report.as_json(), entry="")
