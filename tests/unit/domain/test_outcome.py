"""Every verdict on every attempt: what is told of an input, and what becomes of its part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import ceil, sqrt

import pytest

from shared.batchapi.model import InputResult, SynthesisError
from shared.domain.documents import Part, PartStatus
from shared.domain.jobs import Job, JobStatus, Verdict
from shared.domain.outcome import Done, NotDone, after, entries_of, judge, next_lot
from shared.domain.requests import Line, Request

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = InputResult(contents=(), succeeded=True, audio_file="0001.mp3", size_bytes=10, duration_ms=20)
BAD = InputResult(contents=(), succeeded=False, error=SynthesisError(code="x", message="no such word"))


def job(verdict: Verdict, documents: int = 1, inputs: int = 2) -> Job:
    return Job(
        id="j",
        status=JobStatus.FINISHING,
        created=NOW,
        entry="e",
        verdict=verdict,
        why="its words",
        documents=documents,
        inputs=inputs,
    )


def lines(count: int = 2, attempt: int = 1) -> tuple[Line, ...]:
    return tuple(
        Line(path="p", document="d", sequence=1, part=1, number=n, attempt=attempt, text=f"text {n}")
        for n in range(1, count + 1)
    )


def part(attempt: int = 1, lot: str = "") -> Part:
    return Part(
        document="d",
        sequence=1,
        part=1,
        first=1,
        count=2,
        characters=12,
        body_bytes=99,
        status=PartStatus.PACKED,
        job="j",
        attempt=attempt,
        lot=lot,
        entry="old",
    )


AGAIN, FAILED = PartStatus.READY, PartStatus.FAILED
TABLE = [
    # verdict, documents of the job, attempt: the part's status, its next attempt
    (Verdict.FAILED, 1, 1, AGAIN, 2),
    (Verdict.FAILED, 9, 1, AGAIN, 2),
    (Verdict.FAILED, 9, 2, AGAIN, 3),
    (Verdict.FAILED, 1, 3, FAILED, 3),
    (Verdict.FAILED, 9, 3, FAILED, 3),
    (Verdict.REFUSED, 9, 1, AGAIN, 1),  # nothing was accepted: no attempt
    (Verdict.REFUSED, 2, 3, AGAIN, 3),
    (Verdict.REFUSED, 1, 1, FAILED, 1),
    (Verdict.REFUSED, 1, 3, FAILED, 3),
    *[
        (verdict, documents, attempt, FAILED, attempt)  # paid, or perhaps: never again by itself
        for verdict in (Verdict.GONE, Verdict.OVERDUE, Verdict.UNCERTAIN)
        for documents in (1, 9)
        for attempt in (1, 2, 3)
    ],
]


@pytest.mark.parametrize(("verdict", "documents", "attempt", "status", "following"), TABLE)
def test_a_job_that_brought_nothing(
    verdict: Verdict, documents: int, attempt: int, status: PartStatus, following: int
) -> None:
    ended = job(verdict, documents)
    outcomes = judge(ended, lines(attempt=attempt), ())
    found = after(part(attempt), outcomes, ended, index=0, max_attempts=3)
    assert (found.status, found.attempt) == (status, following)
    if status is AGAIN:
        assert (found.todo, found.round, found.job, found.error) == ((1, 2), 2, "", None)
    else:
        assert found.error
        assert found.error["where"] == "input 1"
        assert found.error["remedy"].endswith(".")


def test_every_verdict_is_in_the_table_but_success() -> None:
    assert {row[0] for row in TABLE} == set(Verdict) - {Verdict.SUCCEEDED}


@pytest.mark.parametrize(
    ("entries", "attempt", "status", "todo", "results"),
    [
        ((GOOD, GOOD), 1, PartStatus.DONE, (), 2),
        ((GOOD, GOOD), 3, PartStatus.DONE, (), 2),
        ((GOOD, BAD), 1, AGAIN, (2,), 1),
        ((BAD, GOOD), 2, AGAIN, (1,), 1),
        ((BAD, BAD), 1, AGAIN, (1, 2), 0),
        ((GOOD, BAD), 3, FAILED, (), 1),
    ],
)
def test_a_job_that_succeeded(
    entries: tuple[InputResult, ...], attempt: int, status: PartStatus, todo: tuple[int, ...], results: int
) -> None:
    ended = job(Verdict.SUCCEEDED)
    found = after(part(attempt), judge(ended, lines(), entries), ended, index=0, max_attempts=3)
    assert (found.status, found.todo, len(found.results)) == (status, todo, results)
    assert found.attempt == attempt + (status is AGAIN)


def test_a_success_without_a_file_is_paid_and_never_sent_again_by_itself() -> None:
    ended = job(Verdict.SUCCEEDED)
    outcomes = judge(ended, lines(), (GOOD, replace(GOOD, audio_file="")))
    found = after(part(), outcomes, ended, index=0, max_attempts=3)
    assert (found.status, found.attempt, len(found.results)) == (FAILED, 1, 1)
    assert found.error
    assert found.error["where"] == "input 2"
    assert "paid" in found.error["why"]
    assert found.error["remedy"] == "A retry pays again."


def test_results_of_several_attempts_come_in_the_order_of_the_text() -> None:
    ended = job(Verdict.SUCCEEDED)
    second = judge(ended, lines(), (GOOD, BAD))[:1]
    first = after(part(), judge(ended, lines(), (BAD, GOOD)), ended, index=0, max_attempts=3)
    again = replace(first, status=PartStatus.PACKED, job="k")
    done = after(again, second, replace(ended, id="k"), index=0, max_attempts=3)
    assert [(result[0], result[5]) for result in done.results] == [(1, "k"), (2, "j")]
    assert done.results[0][1] == lines()[0].sha256
    assert done.status is PartStatus.DONE


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (GOOD, "0001.mp3"),
        (replace(GOOD, audio_file="jobs/x/0001.mp3"), "0001.mp3"),
        (replace(GOOD, audio_file="../../secret"), "secret"),
        (replace(GOOD, audio_file=None), None),
        (replace(GOOD, audio_file=""), None),
        (BAD, None),
    ],
)
def test_an_entry_is_done_with_a_plain_file_name_only(entry: InputResult, expected: str | None) -> None:
    (outcome,) = judge(job(Verdict.SUCCEEDED), lines(1), (entry,))
    assert (outcome.file if isinstance(outcome, Done) else None) == expected


def test_words_of_the_endpoint_are_told_but_not_without_end() -> None:
    (outcome,) = judge(job(Verdict.SUCCEEDED), lines(1), (BAD,))
    assert isinstance(outcome, NotDone)
    assert outcome.why == "no such word"
    endless = replace(BAD, error=SynthesisError(code="x", message="no " * 50_000))
    (outcome,) = judge(job(Verdict.SUCCEEDED), lines(1), (endless,))
    assert isinstance(outcome, NotDone)
    assert len(outcome.why) <= 1000


@pytest.mark.parametrize("listed", [0, 1, 3])
def test_a_summary_of_another_number_of_inputs_is_none(listed: int) -> None:
    """Which is whose cannot be known: all are paid, and none is had."""
    entries = entries_of([GOOD] * listed, request("one", "two"))
    outcomes = judge(job(Verdict.SUCCEEDED), lines(), entries)
    assert len(outcomes) == 2
    assert all(isinstance(outcome, NotDone) and not outcome.again for outcome in outcomes)


def request(*texts: str) -> Request:
    told = tuple(replace(line, text=text) for line, text in zip(lines(len(texts)), texts, strict=True))
    return Request(kind="PlainText", options={}, lines=told)


def entry(text: str, file: str) -> InputResult:
    return replace(GOOD, contents=(text,), audio_file=file)


def test_entries_in_another_order_are_known_by_their_texts() -> None:
    listed = [entry("two", "2.mp3"), entry("one", "1.mp3")]
    assert [found.audio_file for found in entries_of(listed, request("one", "two"))] == ["1.mp3", "2.mp3"]


def test_each_input_of_one_text_has_an_entry_of_its_own_in_their_order() -> None:
    """Else the one that was spoken would be sent again because the other was not."""
    spoken, other = entry("same", "1.mp3"), entry("other", "2.mp3")
    failed = replace(BAD, contents=("same",))
    sent = request("same", "same", "other")
    assert list(entries_of([spoken, failed, other], sent)) == [spoken, failed, other]
    assert list(entries_of([other, failed, spoken], sent)) == [failed, spoken, other]


def test_a_text_that_is_listed_too_often_is_matched_by_the_order() -> None:
    listed = [entry("same", "1.mp3"), entry("same", "2.mp3")]
    assert entries_of(listed, request("same", "other")) == listed


@pytest.mark.parametrize("contents", [(), ("On3",), ("one", "more")])
def test_without_every_text_the_order_counts_which_is_the_documented_one(contents: tuple[str, ...]) -> None:
    listed = [replace(GOOD, contents=contents, audio_file="1.mp3"), entry("two", "2.mp3")]
    assert [found.audio_file for found in entries_of(listed, request("one", "two"))] == ["1.mp3", "2.mp3"]


def lots(verdict: Verdict, documents: int, attempt: int) -> list[int]:
    """How many documents go into each lot."""
    names = [next_lot(job(verdict, documents), attempt, index) for index in range(documents)]
    return [names.count(name) for name in dict.fromkeys(names)]


@pytest.mark.parametrize("documents", [1, 2, 3, 4, 9, 10, 50, 1000])
def test_how_a_job_is_taken_apart(documents: int) -> None:
    refused = lots(Verdict.REFUSED, documents, 1)
    assert len(refused) <= 2
    assert max(refused) == ceil(documents / 2)
    assert len(lots(Verdict.FAILED, documents, 1)) <= ceil(sqrt(documents))
    assert set(lots(Verdict.FAILED, documents, 2)) == {1}
    assert set(lots(Verdict.SUCCEEDED, documents, 1)) == {1}


def test_lots_of_different_jobs_never_meet() -> None:
    assert next_lot(job(Verdict.FAILED), 1, 0) != next_lot(replace(job(Verdict.FAILED), id="k"), 1, 0)
