"""Packing: who leaves now, and with whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import naming
from shared.domain.documents import Part
from shared.domain.packing import (
    JobLimits,
    Patience,
    Ready,
    adopted_in,
    adopting_lot,
    body_bytes,
    group_of,
    plan,
    shared_out,
)
from tests.unit.domain.strategies import parts, times

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PATIENCE = Patience(recent=timedelta(seconds=5), quiet=timedelta(seconds=2), oldest=timedelta(seconds=20))
LIMITS = JobLimits(inputs=10, body_bytes=1000)


def ready(
    name: str, *, age: float = 0, inputs: int = 1, size: int = 100, group: str = "g", lot: str = "", part: int = 1
) -> Ready:
    key = naming.entry_key(NOW - timedelta(seconds=age), name, 1, part, "nonce")
    return Ready(
        key=key,
        document=name,
        sequence=1,
        part=part,
        round=1,
        group=group,
        lot=lot,
        inputs=inputs,
        body_bytes=size,
    )


def planned(entries: list[Ready], *, sent: float | None = None, limits: JobLimits = LIMITS) -> list[str]:
    """The jobs as their documents' names, `sent` seconds after the last one."""
    last = None if sent is None else NOW - timedelta(seconds=sent)
    ordered = sorted(entries, key=lambda entry: entry.key)
    jobs = plan(ordered, now=NOW, last_sent=last, limits=limits, patience=PATIENCE).jobs
    return ["".join(entry.document for entry in job) for job in jobs]


CASES = {
    "a lone part leaves at once": ([ready("a")], None, ["a"]),
    "nothing waits": ([], None, []),
    "long after the last job too": ([ready("a")], 5, ["a"]),
    "soon after one, it waits for company": ([ready("a", age=0.5)], 1, []),
    "until none came for two seconds": ([ready("a", age=3), ready("b", age=2)], 1, ["ab"]),
    "not while they come": ([ready("a", age=3), ready("b", age=1.9)], 1, []),
    "but no longer than twenty seconds": ([ready("a", age=20), ready("b", age=0.1)], 1, ["ab"]),
    "just under twenty": ([ready("a", age=19.9), ready("b", age=0.1)], 1, []),
    "in a stream, however long it goes on": ([ready("a", age=8), ready("b", age=0.1)], 10, []),
    "which ended with the last job": ([ready("a", age=4), ready("b", age=0.1)], 10, ["ab"]),
    "a full job does not wait": ([ready(name) for name in "abcdefghijk"], 1, ["abcdefghij"]),
    "full by bytes": ([ready("a", size=600), ready("b", size=600)], 1, ["a"]),
    "full by inputs": ([ready("a", inputs=6), ready("b", inputs=6)], 1, ["a"]),
    "exactly full is not known to be full": ([ready("a", inputs=10)], 1, []),
    "groups are not mixed": ([ready("a", group="x", age=1), ready("b", group="y")], None, ["a", "b"]),
    "nor are lots": ([ready("a", lot="x", age=1), ready("b", lot="y")], None, ["a", "b"]),
    "the oldest first": ([ready("b", age=1, group="x"), ready("a", age=2, group="y")], None, ["a", "b"]),
    "a part that is met twice goes once": ([ready("a", age=2), ready("a", age=1)], None, ["a"]),
    "parts of one document together": ([ready("a", age=1), ready("a", part=2)], None, ["aa"]),
    "what is not due stays": ([ready("a", age=-1)], None, []),
    "a long part does not take a short one along": ([ready("a", age=1, size=126), ready("b")], None, ["a", "b"]),
    "a note that comes after a book's chapters goes with the next note": (
        [ready("a", age=2, size=400), ready("a", age=2, part=2, size=400), ready("b", age=1), ready("c")],
        None,
        ["aa", "bc"],
    ),
    "too large for any job goes alone": ([ready("a", age=1), ready("b", size=5000)], None, ["a", "b"]),
}


@pytest.mark.parametrize(("entries", "sent", "expected"), CASES.values(), ids=list(CASES))
def test_who_leaves(entries: list[Ready], sent: float | None, expected: list[str]) -> None:
    assert planned(entries, sent=sent) == expected


waiting = st.lists(
    st.builds(
        ready,
        st.sampled_from("abcdefghij"),
        age=st.floats(0, 30),
        inputs=st.integers(1, 10),
        size=st.integers(1, 1000),
        group=st.sampled_from("xy"),
        lot=st.sampled_from(["", "l"]),
        part=st.integers(1, 3),
    )
)


@given(entries=waiting, sent=st.none() | st.floats(0, 10))
def test_whatever_waits_jobs_keep_the_rules(entries: list[Ready], sent: float | None) -> None:
    entries = sorted(entries, key=lambda entry: entry.key)
    last = None if sent is None else NOW - timedelta(seconds=sent)
    jobs = plan(entries, now=NOW, last_sent=last, limits=LIMITS, patience=PATIENCE).jobs
    for job in jobs:
        assert job
        assert len({(entry.group, entry.lot) for entry in job}) == 1
        assert sum(entry.inputs for entry in job) <= LIMITS.inputs
        assert sum(entry.body_bytes for entry in job) <= LIMITS.body_bytes
    left = [(entry.group, entry.lot, entry.identity) for job in jobs for entry in job]
    assert len(left) == len(set(left))
    if sent is None:
        assert set(left) == {(entry.group, entry.lot, entry.identity) for entry in entries}


@pytest.mark.parametrize(
    ("sent", "ages", "look_at"),
    [
        (None, [1], None),  # it leaves
        (1, [0.5], 1.5),  # when none has come for two seconds
        (1, [19.5, 0.5], 0.5),  # when the oldest has waited for twenty
        (4, [0.5, 0.1], 1.9),  # as long as they keep coming soon after the last job left
    ],
)
def test_who_waits_says_until_when(sent: float | None, ages: list[float], look_at: float | None) -> None:
    entries = [ready(str(age), age=age) for age in ages]
    last = None if sent is None else NOW - timedelta(seconds=sent)
    found = plan(entries, now=NOW, last_sent=last, limits=LIMITS, patience=PATIENCE).look_at
    assert found == (None if look_at is None else NOW + timedelta(seconds=look_at))


JOBS = [(ready("book", part=n),) for n in range(9)] + [(ready("a"), ready("b")), (ready("c"),)]


@pytest.mark.parametrize(
    ("running", "sending", "window", "expected"),
    [
        ([], [], 100, "book " * 9 + "ab c"),
        ([], [], 6, "book book book ab c"),
        ([], [], 4, "book book ab c"),
        ([], [], 1, "book"),
        (["book"], [], 4, "book ab c"),
        (["book", "book"], [], 4, "ab c"),
        (["book", "x"], ["book"], 4, "ab"),
        (["book", "book", "", ""], [], 4, ""),
        ([], ["x", "y", "z", "w"], 4, "book"),  # none of these could be sent: another may try
        (["x"], ["y", "z", "w"], 2, "book"),
        (["x", "y"], ["z"], 2, ""),
        ([], [], 0, ""),  # no create may be made now
    ],
)
def test_a_document_fills_half_of_the_jobs_at_most(
    running: list[str], sending: list[str], window: int, expected: str
) -> None:
    leaving = shared_out(JOBS, running=running, sending=sending, window=window)
    assert " ".join("".join(entry.document for entry in job) for job in leaving) == expected.strip()


def test_a_lot_names_the_job_that_it_adopts() -> None:
    assert adopted_in(adopting_lot("speechdrop-1")) == "speechdrop-1"
    assert adopted_in("speechdrop-1.0") == adopted_in("") == ""


@given(part=parts, due=times)
def test_an_entry_gives_back_what_was_written(part: Part, due: datetime) -> None:
    entry = Ready.of_part(part, "group", due, "nonce")
    assert Ready.of(entry.row()) == entry
    assert entry.inputs == len(part.numbers)
    assert entry.body_bytes == part.body_bytes  # an upper bound, however little of the part is to be sent again


@given(text=st.text())
def test_a_text_never_takes_less_than_its_bytes(text: str) -> None:
    assert body_bytes(text) >= len(text.encode()) + 2


def test_a_group_is_kind_and_options_whatever_their_order() -> None:
    assert group_of("SSML", {"m4b": 1, "output_format": 2}) == group_of("SSML", {"output_format": 2, "m4b": 1})
    groups = [("SSML", "a"), ("PlainText", "a"), ("SSML", "b")]
    assert len({group_of(kind, {"output_format": name}) for kind, name in groups}) == 3


def test_options_that_shape_no_job_part_no_documents() -> None:
    """A job takes the voice of plain text; an SSML names its own; files of a document are made after the job."""
    plain = {"output_format": "x", "voice": "a"}
    assert group_of("PlainText", {**plain, "combined": True, "subtitles": ["srt"]}) == group_of("PlainText", plain)
    assert group_of("PlainText", {**plain, "voice": "b"}) != group_of("PlainText", plain)
    assert group_of("SSML", {**plain, "voice": "b", "lexicon": {"a": "b"}}) == group_of("SSML", plain)
    assert group_of("SSML", {**plain, "word_boundary": True}) != group_of("SSML", plain)
