"""ports.Table: what every table does."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Conflict
from shared.ports import Delete, Insert, Replace, Row, Table, Value
from tests.contract.conftest import at_once

ODD_KEY = "it's 100% a+b&c=d~;:,(é)\"日本"

values = st.dictionaries(
    st.sampled_from(["a", "b", "c_d", "Ende"]),
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50),
)


def row(key: str, partition: str = "p", etag: str = "", **values: Value) -> Row:
    return Row(partition=partition, key=key, values=values, etag=etag)


def keys(table: Table, **bounds: str) -> list[str]:
    return [found.key for found in table.query("p", **bounds)]  # type: ignore[arg-type]


class TestTable:
    def test_a_table_that_was_never_written_is_empty(self, table: Table) -> None:
        assert table.get("p", "k") is None
        assert list(table.query("p")) == []
        table.delete(row("k"))

    def test_reads_what_was_inserted(self, table: Table) -> None:
        stored = table.insert(row("k", text="Grüße", whole=7, large=2**62, part=0.5, one=1.0, yes=True, empty=""))
        assert stored.etag
        read = table.get("p", "k")
        assert read == stored
        assert {name: type(value) for name, value in read.values.items()} == {
            "text": str,
            "whole": int,
            "large": int,
            "part": float,
            "one": float,
            "yes": bool,
            "empty": str,
        }

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(values=values)
    def test_every_value_keeps_itself_and_its_type(self, table: Table, values: dict[str, Value]) -> None:
        table.delete(row("k"))
        table.insert(Row(partition="p", key="k", values=values))
        read = table.get("p", "k")
        assert read is not None
        assert read.values == values
        assert {name: type(value) for name, value in read.values.items()} == {n: type(v) for n, v in values.items()}

    def test_keys_may_hold_what_urls_and_filters_treat_specially(self, table: Table) -> None:
        stored = table.insert(row(ODD_KEY, n=1))
        assert table.get("p", ODD_KEY) == stored
        assert list(table.query("p", start=ODD_KEY, end=ODD_KEY + "!")) == [stored]
        stored = table.replace(replace(stored, values={"n": 2}))
        assert table.get("p", ODD_KEY) == stored
        table.delete(stored)
        assert table.get("p", ODD_KEY) is None

    def test_a_transaction_may_hold_them_as_well(self, table: Table) -> None:
        text = "Grüße\r\n--changeset\r\n\r\n日本 😀 \u2028" + "ü" * 3000
        odd, odd2 = replace(row(ODD_KEY, text=text), partition=ODD_KEY), replace(row("2", n=1), partition=ODD_KEY)
        etags = table.commit([Insert(odd), Insert(odd2)])
        stored, stored2 = replace(odd, etag=etags[0]), replace(odd2, etag=etags[1])
        assert list(table.query(ODD_KEY)) == [stored2, stored]
        (etag, _) = table.commit([Replace(replace(stored, values={"text": "ö"})), Delete(stored2)])
        assert list(table.query(ODD_KEY)) == [replace(stored, values={"text": "ö"}, etag=etag)]

    def test_insert_of_what_exists_is_a_conflict(self, table: Table) -> None:
        stored = table.insert(row("k", n=1))
        with pytest.raises(Conflict):
            table.insert(row("k", n=2))
        assert table.get("p", "k") == stored

    def test_replace_drops_values_that_are_not_named(self, table: Table) -> None:
        stored = table.insert(row("k", old=1, kept=1))
        replaced = table.replace(replace(stored, values={"kept": 2}))
        assert replaced.etag != stored.etag
        assert table.get("p", "k") == replaced == row("k", etag=replaced.etag, kept=2)

    def test_replace_of_what_changed_or_is_gone_is_a_conflict(self, table: Table) -> None:
        stale = table.insert(row("k", n=1))
        current = table.replace(replace(stale, values={"n": 2}))
        with pytest.raises(Conflict):
            table.replace(stale)
        assert table.get("p", "k") == current
        table.delete(current)
        with pytest.raises(Conflict):
            table.replace(current)

    def test_replace_needs_a_row_that_was_read(self, table: Table) -> None:
        table.insert(row("k"))
        with pytest.raises(ValueError, match="p/k was not read"):
            table.replace(row("k"))

    def test_delete_heeds_the_etag_where_there_is_one(self, table: Table) -> None:
        stale = table.insert(row("k", n=1))
        table.replace(stale)
        with pytest.raises(Conflict):
            table.delete(stale)
        assert table.get("p", "k")
        table.delete(row("k"))
        assert table.get("p", "k") is None
        table.delete(stale)

    def test_an_etag_does_not_come_back_with_the_key(self, table: Table) -> None:
        first = table.insert(row("k", n=1))
        table.delete(first)
        second = table.insert(row("k", n=1))
        assert first.etag != second.etag
        with pytest.raises(Conflict):
            table.replace(first)

    def test_query_gives_a_range_of_one_partition_by_key(self, table: Table) -> None:
        table.commit([Insert(row(key)) for key in ("d", "b", "a~1", "a", "c")])
        table.insert(row("b", partition="other"))
        assert keys(table) == ["a", "a~1", "b", "c", "d"]
        assert keys(table, start="a~", end="c") == ["a~1", "b"]
        assert keys(table, start="c") == ["c", "d"]
        assert keys(table, end="a~") == ["a"]
        assert keys(table, start="x") == []
        assert [found.key for found in table.query("p", start="b", limit=2)] == ["b", "c"]
        assert list(table.query("p", limit=0)) == []

    def test_query_reads_beyond_a_page(self, table: Table) -> None:
        """The service gives at most 1,000 rows a page."""
        expected = [f"{number:05}" for number in range(1100)]
        for start in range(0, 1100, 100):
            table.commit([Insert(row(key, n=int(key))) for key in expected[start : start + 100]])
        assert keys(table) == expected
        assert [found.key for found in table.query("p", limit=1050)] == expected[:1050]

    def test_commit_does_all_and_returns_etags_in_order(self, table: Table) -> None:
        replaced, deleted = table.insert(row("r", n=1)), table.insert(row("d"))
        etags = table.commit([Insert(row("i", n=1)), Delete(deleted), Replace(replace(replaced, values={"n": 2}))])
        assert etags[1] == ""
        assert list(table.query("p")) == [row("i", etag=etags[0], n=1), row("r", etag=etags[2], n=2)]
        table.commit([Delete(row("i")), Delete(row("r", etag=etags[2]))])
        assert keys(table) == []

    def test_commit_of_nothing_does_nothing(self, table: Table) -> None:
        assert table.commit([]) == ()

    @pytest.mark.parametrize(
        "failing",
        [
            lambda stale: Insert(row("k")),
            lambda stale: Replace(stale),
            lambda stale: Delete(stale),
            lambda stale: Replace(row("gone", etag=stale.etag)),
            lambda stale: Delete(row("gone")),
            lambda stale: Delete(row("gone", etag=stale.etag)),
        ],
        ids=["insert", "replace", "delete", "replace gone", "delete gone", "delete gone by etag"],
    )
    def test_commit_that_meets_a_conflict_changes_nothing(
        self, table: Table, failing: Callable[[Row], Insert | Replace | Delete]
    ) -> None:
        stale = table.insert(row("k", n=1))
        current, other, doomed = table.replace(stale), table.insert(row("other", n=1)), table.insert(row("x"))
        with pytest.raises(Conflict):
            table.commit([Insert(row("new")), Replace(replace(other, values={"n": 2})), Delete(doomed), failing(stale)])
        assert list(table.query("p")) == [current, other, doomed]

    def test_commit_takes_a_hundred_operations_and_no_more(self, table: Table) -> None:
        etags = table.commit([Insert(row(f"{number:03}")) for number in range(100)])
        assert len(etags) == 100
        with pytest.raises(ValueError, match="101 operations"):
            table.commit([Insert(row(f"x{number:03}")) for number in range(101)])

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            ([row("a"), row("b", partition="q")], "several partitions"),
            ([row("a"), row("a")], "one row"),
            ([row(f"{number}", **{f"v{n}": "x" * 30_000 for n in range(10)}) for number in range(9)], "bytes"),
        ],
        ids=["partitions", "same row", "size"],
    )
    def test_commit_refuses_what_the_service_would(self, table: Table, rows: list[Row], why: str) -> None:
        with pytest.raises(ValueError, match=why):
            table.commit([Insert(each) for each in rows])
        assert keys(table) == []

    @pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\nb", "a\x7fb", "k" * 513])
    def test_keys_that_the_service_refuses_are_refused(self, table: Table, key: str) -> None:
        with pytest.raises(ValueError, match="the key"):
            table.insert(row(key))
        with pytest.raises(ValueError, match="the key"):
            table.insert(row("k", partition=key))

    def test_values_at_the_limit_are_kept_and_above_it_refused(self, table: Table) -> None:
        stored = table.insert(row("k", text="ü" * 32_000, faces="😀" * 16_000))
        assert table.get("p", "k") == stored
        for value in ("x" * 32_001, "😀" * 16_001, 2**63):
            with pytest.raises(ValueError, match="'text'"):
                table.replace(replace(stored, values={"text": value}))
        with pytest.raises(ValueError, match="253 values"):
            table.insert(row("l", **{f"v{n}": "x" for n in range(253)}))
        with pytest.raises(ValueError, match=r"p/l has \d+ bytes"):
            table.insert(row("l", **{f"v{n}": "x" * 32_000 for n in range(17)}))

    def test_rows_can_be_pickled(self, table: Table) -> None:
        stored = table.insert(row("k", n=1))
        assert pickle.loads(pickle.dumps(stored)) == stored

    def test_exactly_one_of_many_inserts_wins(self, table: Table) -> None:
        def insert(number: int) -> str:
            try:
                return table.insert(row("k", n=number)).etag
            except Conflict:
                return ""

        won = [etag for etag in at_once([lambda n=n: insert(n) for n in range(8)]) if etag]  # type: ignore[misc]
        read = table.get("p", "k")
        assert read is not None
        assert won == [read.etag]

    def test_compare_and_set_loses_no_count(self, table: Table) -> None:
        table.insert(row("counter", n=0))

        def count() -> None:
            for _ in range(5):
                while True:
                    current = table.get("p", "counter")
                    assert current is not None
                    try:
                        table.replace(replace(current, values={"n": int(current.values["n"]) + 1}))
                        break
                    except Conflict:
                        pass

        at_once([count] * 8)
        counted = table.get("p", "counter")
        assert counted is not None
        assert counted.values == {"n": 40}

    def test_transactions_of_many_writers_do_not_mix(self, table: Table) -> None:
        """A counter and the rows it counts, each added in one transaction: never one without the other."""
        table.insert(row("counter", n=0))

        def add(writer: int) -> None:
            for number in range(5):
                while True:
                    current = table.get("p", "counter")
                    assert current is not None
                    counted = replace(current, values={"n": int(current.values["n"]) + 1})
                    try:
                        table.commit([Insert(row(f"item~{writer}~{number}")), Replace(counted)])
                        break
                    except Conflict:
                        pass

        at_once([lambda writer=writer: add(writer) for writer in range(8)])  # type: ignore[misc]
        counter = table.get("p", "counter")
        assert counter is not None
        assert counter.values == {"n": 40}
        assert len(keys(table, start="item~")) == 40
