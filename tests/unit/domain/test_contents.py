"""Contents: what is kept comes back, and chapters follow each other without a gap."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.contents import Chapter, Contents, Kept

texts = st.text(max_size=20)
counts = st.lists(st.integers(1, 4), max_size=6)


def contents_of(counts: list[int], title: str = "") -> Contents:
    firsts = [1 + sum(counts[:index]) for index in range(len(counts))]
    chapters = [Chapter(title=f"{title}{n}", first=n, inputs=count) for n, count in zip(firsts, counts, strict=True)]
    return Contents(
        title=title, author=title, language="en", cover="image/png", chapters=tuple(chapters), borders=tuple(counts)
    )


@given(inputs=st.lists(texts), counts=counts, title=texts)
def test_what_is_kept_comes_back(inputs: list[str], counts: list[int], title: str) -> None:
    kept = Kept(texts=tuple(inputs), contents=contents_of(counts, title))
    assert Kept.of(kept.to_bytes()) == kept


def test_what_was_kept_before_there_were_borders_is_read() -> None:
    value = json.loads(Kept(texts=("a",), contents=contents_of([1])).to_bytes())
    del value["contents"]["borders"]
    assert Kept.of(json.dumps(value).encode()).contents.borders == ()


@given(counts=counts, data=st.data())
def test_chapters_follow_each_other_and_are_as_long_as_the_whole(counts: list[int], data: st.DataObject) -> None:
    durations = [data.draw(st.integers(0, 10**7)) for _ in range(sum(counts))]
    timed = contents_of(counts).timed(durations)
    assert sum(chapter["duration_ms"] for chapter in timed) == sum(durations)
    assert all(a["start_ms"] + a["duration_ms"] == b["start_ms"] for a, b in pairwise(timed))
    assert all(chapter["start_ms"] == sum(durations[: chapter["first"] - 1]) for chapter in timed)
