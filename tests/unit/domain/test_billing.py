"""What a version costs: the estimate by the rule, and what the endpoint told, shared out and added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.model import InputResult
from shared.domain.billing import Bill, recounted, shared_out, with_bill, with_estimate
from shared.domain.documents import Part, PartEvent, Version
from shared.domain.jobs import Job, Verdict
from shared.domain.packing import body_bytes
from shared.domain.requests import Line, Request

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ("one", "twelve chars", "漢字")
COUNTS = (3, 12, 4)


def version(**values: Any) -> Version:
    return Version(document="d", sequence=1, path="p", source_etag="e", source_bytes=1, created=NOW, **values)


def part(number: int, first: int, count: int, **values: Any) -> Part:
    return Part(document="d", sequence=1, part=number, first=first, count=count, characters=0, body_bytes=0, **values)


def lines(texts: tuple[str, ...] = TEXTS) -> tuple[Line, ...]:
    return tuple(
        Line(path="p", document="d", sequence=1, part=1, number=number, attempt=1, text=text)
        for number, text in enumerate(texts, 1)
    )


def entry(billed: int | None = None, *, succeeded: bool = True) -> InputResult:
    return InputResult(contents=(), succeeded=succeeded, billed_characters=billed)


def job(verdict: Verdict = Verdict.SUCCEEDED, **values: Any) -> Job:
    return Job(id="j", created=NOW, entry="e", verdict=verdict, **values)


def test_the_estimate_is_of_what_is_to_be_sent() -> None:
    """One part is whole, of one an input was sent before, and one is not sent at all."""
    taken_over = part(3, 3, 1).on(PartEvent.CLAIM)
    found, parts = with_estimate(version(), (part(1, 1, 1), part(2, 2, 2, todo=(3,)), taken_over), TEXTS)
    assert [each.billable for each in parts[:2]] == [3, 4]
    assert found.billable == 7


def test_what_is_gone_at_the_copy_counts_as_it_is_sent_after_its_job() -> None:
    gone = recounted(part(1, 1, 3, todo=(1,), reuse=([2, 0], [3, 7])), TEXTS, "PlainText")
    assert (gone.billable, gone.characters) == (3 + 12, 3 + 12)
    assert gone.body_bytes == body_bytes("one") + body_bytes("twelve chars")


def test_tags_that_are_free_do_not_count() -> None:
    text = "<speak><voice name='x'>Hi<break/></voice></speak>"
    found, _ = with_estimate(version(kind="SSML"), (part(1, 1, 1),), (text,))
    assert found.billable == len("Hi<break/>")


@pytest.mark.parametrize(
    ("verdict", "billed", "entries", "expected"),
    [
        (Verdict.SUCCEEDED, {}, [entry(3), entry(12), entry(5)], (20, 0)),
        (Verdict.SUCCEEDED, {}, [entry(3), entry(), entry(5)], (8, 12)),
        (Verdict.SUCCEEDED, {}, [entry(3), entry(succeeded=False), entry(0, succeeded=False)], (3, 0)),
        (Verdict.REFUSED, {}, (), (0, 0)),
        (Verdict.FAILED, {}, (), (0, 0)),
        (Verdict.FAILED, {"neural": 19}, (), (0, 19)),
        (Verdict.GONE, {}, (), (0, 19)),
        (Verdict.OVERDUE, {}, (), (0, 19)),
        (Verdict.UNCERTAIN, {}, (), (0, 19)),
    ],
)
def test_each_verdict_says_what_was_billed(
    verdict: Verdict, billed: dict[str, int], entries: Any, expected: tuple[int, int]
) -> None:
    found = with_bill(version(billed=100, untold=1000), job(verdict, billed=billed), lines(), entries)
    assert (found.billed - 100, found.untold - 1000) == expected


def test_what_was_perhaps_paid_and_is_adopted_later_counts_once() -> None:
    given_up = with_bill(version(), job(Verdict.OVERDUE), lines(), ())
    adopted = with_bill(given_up, job(adopts="other"), lines(), [entry(3), entry(12), entry(4)])
    assert (adopted.billed, adopted.untold) == (19, 0)
    gone = with_bill(given_up, job(Verdict.GONE, adopts="other"), lines(), ())
    assert (gone.billed, gone.untold) == (0, 19)


def test_a_bill_of_which_something_was_not_told_is_not_told() -> None:
    assert Bill.of(version(billable=9, billed=7)).as_json() == {"estimated": 9, "billed": 7}
    assert Bill.of(version(billable=9, billed=7, untold=2)).as_json() == {"estimated": 9, "billed": None}


def request(texts: tuple[str, ...]) -> Request:
    return Request(kind="PlainText", options={}, lines=lines(texts))


@given(
    st.lists(st.tuples(st.text(max_size=40), st.booleans()), min_size=1, max_size=20),
    st.integers(min_value=1, max_value=10**6),
)
def test_the_shares_of_a_jobs_bill_are_the_bill(inputs: list[tuple[str, bool]], total: int) -> None:
    entries = tuple(entry(succeeded=succeeded) for _, succeeded in inputs)
    texts = tuple(text for text, _ in inputs)
    shares = shared_out(entries, request(texts), job(billed={"neural": total}))
    spoken = [text for text, succeeded in inputs if succeeded and text]
    told = [share.billed_characters or 0 for share in shares]
    assert sum(told) == (total if spoken else 0)
    assert all(share == 0 for share, (text, succeeded) in zip(told, inputs, strict=True) if not (succeeded and text))


def test_a_bill_as_the_rule_has_it_gives_each_its_own() -> None:
    shares = shared_out((entry(),) * 3, request(TEXTS), job(billed={"neural": 15, "custom": 4}))
    assert tuple(share.billed_characters for share in shares) == COUNTS


@pytest.mark.parametrize("entries", [(entry(), entry(), entry()), (entry(1), entry(1), entry(1))])
def test_what_is_told_by_input_or_not_at_all_is_left(entries: tuple[InputResult, ...]) -> None:
    told = any(each.billed_characters is not None for each in entries)
    assert shared_out(entries, request(TEXTS), job(billed={"neural": 7} if told else {})) == entries


def test_tries_add_up() -> None:
    first = with_bill(version(), job(), lines(), [entry(3), entry(12), entry(4)])
    second = with_bill(replace(first, tries=2), job(), lines(), [entry(3), entry(12), entry(4)])
    assert second.billed == 38
