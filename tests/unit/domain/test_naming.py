"""Keys and names: they sort as they should, storage takes them, and no prefix leads out of the container."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.limits import check_row
from shared.domain import naming
from shared.ports import Row
from tests.unit.domain.strategies import documents, times

paths = st.text(min_size=1, max_size=1024)
sequences = st.integers(1, naming.SEQUENCES - 1)
part_numbers = st.integers(1, 9999)
job_ids = st.from_regex(r"[a-z0-9]{1,16}-[0-9a-f]{32}", fullmatch=True)


@given(document=documents, one=sequences, other=sequences, part=part_numbers)
def test_the_newest_version_is_the_first_row_of_its_document(document: str, one: int, other: int, part: int) -> None:
    newer, older = max(one, other), min(one, other)
    keys = [naming.version_key(document, newer), naming.part_key(document, newer, part)]
    assert keys == sorted(keys)
    if newer != older:
        assert keys[-1] < naming.version_key(document, older)
    assert naming.intake_key(document) < keys[0] < document + naming.END
    assert document < naming.intake_key(document)


@given(document=documents, sequence=sequences, parts=st.sets(part_numbers))
def test_parts_follow_their_version_in_order(document: str, sequence: int, parts: set[int]) -> None:
    version = naming.version_key(document, sequence)
    keys = [naming.part_key(document, sequence, part) for part in sorted(parts)]
    assert keys == sorted(keys)
    assert all(version < key < version + naming.END for key in keys)
    assert [naming.part_in(key) for key in keys] == sorted(parts)


@given(document=documents, sequence=sequences, part=part_numbers)
def test_a_key_tells_what_it_is(document: str, sequence: int, part: int) -> None:
    version, of_part = naming.version_key(document, sequence), naming.part_key(document, sequence, part)
    assert naming.sequence_in(version) == naming.sequence_in(of_part) == sequence
    assert naming.is_version(version)
    assert not naming.is_version(of_part)
    assert not naming.is_version(naming.intake_key(document))


@given(path=paths, sequence=sequences, part=part_numbers, due=times, job=job_ids)
def test_storage_takes_every_key_whatever_the_path(
    path: str, sequence: int, part: int, due: datetime, job: str
) -> None:
    document = naming.document_of(path)
    partition = naming.partition_of(document)
    for key in (
        naming.version_key(document, sequence),
        naming.part_key(document, sequence, part),
        naming.intake_key(document),
        naming.entry_key(due, document, sequence, part, "f" * 32),
    ):
        check_row(Row(partition=partition, key=key, values={}))
    check_row(Row(partition=naming.job_partition(job), key=job, values={}))


@given(one=times, other=times, name=st.text("abc0", max_size=5))
def test_entries_sort_by_their_time(one: datetime, other: datetime, name: str) -> None:
    keys = [naming.entry_key(one, name), naming.entry_key(other, name)]
    if one != other:
        assert (keys[0] < keys[1]) == (one < other)
    assert naming.due_in(keys[0]) == naming.stamp(one)
    assert keys[0] < naming.stamp(one) + naming.END
    assert not keys[0] < naming.stamp(one - timedelta(microseconds=1)) + naming.END


def test_the_stamp_of_a_time_on_the_second_has_its_fraction() -> None:
    assert naming.stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "20260102T030405.000000"


@given(path=paths)
def test_documents_fall_into_256_partitions(path: str) -> None:
    assert re.fullmatch("[0-9a-f]{2}", naming.partition_of(naming.document_of(path)))


@given(path=paths, other=paths, sequence=sequences, number=st.integers(1, 99_999))
def test_results_of_two_documents_never_share_a_name(path: str, other: str, sequence: int, number: int) -> None:
    if path != other:
        assert naming.manifest_blob(path) != naming.manifest_blob(other)
    assert naming.result_blob(path, sequence, number, "mp3") != naming.result_blob(path, sequence + 1, number, "mp3")
    assert naming.manifest_blob(path) != naming.result_blob(path, sequence, number, "mp3")


@pytest.mark.parametrize("prefix", ["a", "_jobs/speechdrop-1", "a/b c/ü", "a.b/..c", "...", "a/.b"])
def test_a_plain_path_lies_in_the_container(prefix: str) -> None:
    assert naming.in_container(prefix)


@pytest.mark.parametrize(
    "prefix",
    [
        *("", "/", "/a", "a/", "a//b", "..", "../a", "a/..", "a/../b", "a/../../b"),
        *("a\\b", "..\\a", "https://host/a", "//host/a", "a?sig=x", "a#b", "%2e%2e/a", "a/%2e%2e", "c:a"),
        *(".", "./a", "a/./b", "a\nb", "a\x00b"),
    ],
)
def test_whatever_might_leave_the_container_is_refused(prefix: str) -> None:
    assert not naming.in_container(prefix)


@given(prefix=st.text("ab./\\?#%:\n ", max_size=12))
def test_a_prefix_that_is_let_in_stays_where_it_says(prefix: str) -> None:
    if naming.in_container(prefix):
        steps = prefix.split("/")
        assert all(step not in ("", ".", "..") for step in steps)
        assert not re.search(r"[\\?#%:\x00-\x1f]", prefix)
