"""Budgets: what is over them waits as HELD, whole, and goes on by itself; nothing is read or written without one."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.domain.budgets import HELD
from shared.domain.charges import CHARGES
from shared.domain.documents import VersionStatus
from shared.domain.packing import JobLimits
from shared.pipeline import intake as intaking
from shared.pipeline.admitting import admitted
from shared.pipeline.context import Pipeline
from shared.pipeline.control import cancel, retry
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.spending import spent
from shared.pipeline.submit import submit
from shared.ports import Row
from shared.telemetry import BUDGET
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Counting, Interrupted, Running

NOTE = len(note("a"))
DAY = 24 * 3600.0


def running_on(**settings: Any) -> Running:
    return Running.begin(**settings)


def limit(running: Running, **settings: Any) -> None:
    running.p = running.limited(**settings)
    running.world.settings = replace(running.world.settings, **settings)


def take_all(running: Running, *names: str) -> None:
    for name in names:
        running.take(f"{name}.txt", note(name))
        running.wait(5)
    poll(running.p)


def one_input_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intaking, "MAX_PART_INPUTS", 1)
    monkeypatch.setattr(Pipeline, "limits", JobLimits(inputs=1, body_bytes=10**6))


def charges(running: Running, day: str = "20260101") -> dict[str, int]:
    """By the rows' names."""
    rows = running.world.tables["days"].query(day, start=CHARGES)
    return {row.key: int(row.values["characters"]) for row in rows}


def sent(running: Running) -> set[str]:
    return {text for texts in running.sent() for text in texts}


def held_reason(running: Running, path: str) -> dict[str, str]:
    (version,) = [v for v in running.world.all_versions() if v.path == path]
    assert version.status is VersionStatus.HELD
    assert version.held
    return version.held


def test_what_is_over_the_days_budget_is_held_and_goes_on_when_the_day_turns() -> None:
    running = running_on(daily_characters=2 * NOTE)
    take_all(running, "a", "b", "c", "d")
    assert sent(running) == {note("a"), note("b")}
    assert running.statuses("c.txt") == running.statuses("d.txt") == ["HELD"]
    assert running.open() == {"running": 2, "held": 2}
    reason = held_reason(running, "c.txt")
    assert reason["where"] == "DAILY_CHARACTERS"
    assert "more than is left of the day's" in reason["why"]
    assert "by itself" in reason["remedy"]
    running.wait(DAY)
    running.settle()
    assert {status for name in "abcd" for status in running.statuses(f"{name}.txt")} == {"FINISHED"}
    assert sum(charges(running).values()) == sum(charges(running, "20260102").values()) == 2 * NOTE
    assert running.entries(HELD) == []


def test_the_months_budget_is_reached_over_days_and_turns_with_the_month() -> None:
    running = running_on(monthly_characters=2 * NOTE)
    for name in "abc":
        take_all(running, name)
        running.round()
        running.wait(DAY)
    assert running.statuses("c.txt") == ["HELD"]
    assert held_reason(running, "c.txt")["where"] == "MONTHLY_CHARACTERS"
    running.wait(20 * DAY)
    running.round()
    assert running.statuses("c.txt") == ["HELD"]
    running.wait(10 * DAY)
    running.round()
    running.round()
    assert running.statuses("c.txt") == ["FINISHED"]


def test_a_version_larger_than_the_whole_budget_says_so_and_keeps_no_other_waiting() -> None:
    running = running_on(daily_characters=2 * NOTE)
    running.take("big.txt", book("big"))
    take_all(running, "a")
    running.wait(40 * DAY)
    running.round()
    running.round()
    assert running.statuses("big.txt") == ["HELD"]
    assert "a whole day has 106" in held_reason(running, "big.txt")["why"]
    assert "Raise DAILY_CHARACTERS" in held_reason(running, "big.txt")["remedy"]
    assert running.statuses("a.txt") == ["FINISHED"]
    limit(running, daily_characters=1000)
    running.round()
    running.settle()
    assert running.statuses("big.txt") == ["FINISHED"]


@pytest.mark.parametrize("settings", [{"daily_characters": 0}, {"daily_characters": 10**6}])
def test_what_is_held_goes_on_when_its_limit_is_raised_or_taken_away(settings: dict[str, int]) -> None:
    running = running_on(daily_characters=NOTE)
    take_all(running, "a", "b")
    limit(running, **settings)
    running.round()
    running.settle()
    assert running.statuses("b.txt") == ["FINISHED"]


def test_one_that_does_not_fit_lets_smaller_ones_pass_and_is_the_first_of_the_next_day() -> None:
    big = book("big", 2)
    running = running_on(daily_characters=len(big) + 10)
    take_all(running, "a")
    running.take("big.txt", big)
    running.wait(5)
    take_all(running, "b")
    assert [running.statuses(f"{name}.txt") for name in ("b", "big")] == [["PENDING"], ["HELD"]]
    running.wait(DAY)
    take_all(running, "c")  # an event comes before the timer
    assert running.statuses("big.txt") == ["PENDING"]
    assert running.statuses("c.txt") == ["HELD"]
    running.wait(DAY)
    running.settle()


def test_a_version_is_admitted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts leave one by one, on two days, and others do not spend what it was charged with."""
    one_input_a_job(monkeypatch)
    text = book("long", 4)
    running = running_on(daily_characters=len(text), max_active_jobs=2)
    running.world.endpoint.at_once = 0
    running.take("long.txt", text)
    assert len(sent(running)) == 1
    take_all(running, "a")
    running.wait(DAY)
    take_all(running, "b")
    running.world.endpoint.at_once = 9
    assert running.statuses("a.txt") == ["PENDING"]
    running.settle()
    assert running.statuses("long.txt") == ["FINISHED"]
    (version,) = [v for v in running.world.all_versions() if v.path == "long.txt"]
    assert version.admitted
    assert version.admitted["day"] == "20260101"


def test_what_ended_before_a_budget_was_set_counts() -> None:
    running = running_on()
    take_all(running, "a", "b")
    running.round()
    limit(running, daily_characters=2 * NOTE, monthly_characters=3 * NOTE)
    take_all(running, "c")
    assert running.statuses("c.txt") == ["HELD"]
    running.wait(DAY)
    running.round()
    running.round()
    take_all(running, "d")
    assert [running.statuses(f"{name}.txt") for name in "cd"] == [["FINISHED"], ["HELD"]]


def test_what_was_under_way_when_a_budget_was_set_is_not_held_midway(monkeypatch: pytest.MonkeyPatch) -> None:
    one_input_a_job(monkeypatch)
    running = running_on(max_active_jobs=2)
    running.take("long.txt", book("long", 4))
    assert len(sent(running)) == 1
    running.p = running.limited(daily_characters=1)
    running.settle()
    assert running.statuses("long.txt") == ["FINISHED"]


def test_a_changed_file_takes_the_place_of_the_version_that_is_held() -> None:
    running = running_on(daily_characters=NOTE)
    take_all(running, "a")
    running.take("b.txt", book("b"))
    running.take("b.txt", note("b"))
    poll(running.p)
    assert running.statuses("b.txt") == ["SUPERSEDED", "HELD"]
    assert len(running.entries(HELD)) == 1
    running.wait(DAY)
    running.settle()
    assert len(charges(running, "20260102")) == 2, "a charge, settled"


def test_a_file_that_is_removed_while_it_is_held_is_cancelled_when_its_turn_comes() -> None:
    running = running_on(daily_characters=NOTE)
    take_all(running, "a", "b")
    running.world.inbox.delete("b.txt")
    running.wait(DAY)
    running.settle()
    assert running.statuses("b.txt") == ["CANCELLED"]
    assert charges(running, "20260102") == {}


def test_a_file_that_changed_while_it_is_held_is_not_charged_for_its_former_content() -> None:
    running = running_on(daily_characters=NOTE)
    take_all(running, "a", "b")
    running.world.drop("b.txt", note("c"), event=False)
    running.wait(DAY)
    poll(running.p)
    assert running.statuses("b.txt") == ["SUPERSEDED"]
    assert charges(running, "20260102") == {}
    intake(running.p, "b.txt")
    running.settle()


def test_an_entry_of_a_version_that_is_not_held_goes_when_its_turn_comes() -> None:
    """Whoever ended it was killed before the entry went, or whoever was to hold it before it was held."""
    running = running_on(daily_characters=NOTE)
    take_all(running, "a", "b")
    (entry,) = running.entries(HELD)
    running.take("b.txt", note("c"))
    poll(running.p)
    running.world.tables["open"].insert(replace(entry, etag=""))
    running.wait(DAY)
    running.round()
    assert entry.key not in {row.key for row in running.entries(HELD)}
    early = replace(entry, key=f"{entry.key}x", etag="", values={**entry.values, "document": "ab" * 32})
    running.world.tables["open"].insert(early)
    running.wait(DAY)
    poll(running.p)  # it took the room of one that is held
    running.wait(5)
    poll(running.p)
    assert running.entries(HELD) == []


def test_the_charge_becomes_what_was_billed() -> None:
    running = running_on(daily_characters=10**6)
    running.world.endpoint.refused_texts = lambda text: text == note("refused")
    running.world.endpoint.bad_texts = lambda text: text == note("bad")
    take_all(running, "a", "refused", "bad")
    running.settle()
    found: Counter[str] = Counter()
    for key, characters in charges(running).items():
        found[key.split("~")[1]] += characters
    by_path = {v.path: found[v.document] for v in running.world.all_versions()}
    assert by_path == {"a.txt": NOTE, "refused.txt": 0, "bad.txt": 0}
    assert running.world.manifest("a.txt")["billing"] == {"estimated": NOTE, "billed": NOTE}
    assert running.world.manifest("refused.txt")["billing"] == {"estimated": len(note("refused")), "billed": 0}


def test_what_is_perhaps_paid_stays_charged() -> None:
    running = running_on(daily_characters=10**6, deadline_seconds=10)
    running.world.endpoint.ends = ["stuck"]
    running.take("a.txt", note("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FAILED"]
    assert running.world.manifest("a.txt")["billing"] == {"estimated": NOTE, "billed": None}
    assert sum(charges(running).values()) == NOTE


def test_days_gone_by_are_added_up_once() -> None:
    running = running_on(monthly_characters=10**6)
    for name in "abc":
        take_all(running, name)
        running.round()
        running.wait(DAY)
    running.wait(60)
    calls: list[Any] = []
    running.p = replace(running.p, days=Counting(running.p.days, calls))
    first = spent(running.p)
    asked = [args[0] for name, args in calls if name == "query"]
    assert (first.month, len(asked)) == (3 * NOTE, 3), "today, and two days that were not long over"
    calls.clear()
    assert spent(running.p) == first
    assert [args[0] for name, args in calls if name == "query"] == ["20260104"]


def test_a_day_with_an_open_charge_is_read_again_until_its_deadline() -> None:
    running = running_on(monthly_characters=10**6, deadline_seconds=3 * DAY)
    running.world.tables["days"].insert(Row(partition="20260101", key=f"{CHARGES}x~1", values={"characters": 7}))
    calls: list[Any] = []
    running.p = replace(running.p, days=Counting(running.p.days, calls))
    for number in range(7):
        calls.clear()
        assert spent(running.p).month == 7
        asked = [args[0] for _, args in calls]
        assert ("20260101" in asked) == (number < 6), number
        running.wait(DAY)


def test_a_charge_that_was_written_before_a_kill_is_not_written_twice() -> None:
    running = running_on(daily_characters=NOTE)
    killed = RuntimeError("killed")

    class Dies:
        def __getattr__(self, name: str) -> Any:
            return getattr(running.world.tables["documents"], name)

        def commit(self, operations: Any) -> Any:
            if any(op.row.values.get("admitted") for op in operations):
                raise killed
            return running.world.tables["documents"].commit(operations)

    running.world.drop("a.txt", note("a"), event=False)
    documents: Any = Dies()
    with pytest.raises(RuntimeError):
        intake(replace(running.p, documents=documents), "a.txt")
    assert (sum(charges(running).values()), sent(running)) == (NOTE, set())
    running.wait(10)
    running.settle()
    assert sum(charges(running).values()) == NOTE


def test_who_has_lost_the_lease_admits_nothing() -> None:
    running = running_on(daily_characters=NOTE, pack_recent_seconds=60)
    found: list[Any] = []

    def taken(p: Any, candidates: Any, keep: Any) -> Any:
        found.extend(candidates)
        return iter(())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.pipeline.submit.admitted", taken)
        running.take("a.txt", note("a"))
    assert found
    assert list(admitted(running.p, iter(found), lambda: False)) == []
    assert charges(running) == {}


def test_a_version_that_ends_while_it_is_admitted_is_not_charged() -> None:
    running = running_on(daily_characters=10**6)
    running.world.drop("a.txt", note("a"), event=False)

    def superseded() -> None:
        running.world.drop("a.txt", note("b"), event=False)
        intaking.take_in(running.p, "a.txt")

    documents: Any = Interrupted(running.p.documents, "commit", lambda: None)
    intaking.take_in(running.p, "a.txt")
    documents = Interrupted(running.p.documents, "commit", superseded)
    submit(replace(running.p, documents=documents))
    assert documents.happened
    assert charges(running) == {}
    running.wait(10)
    running.settle()
    assert running.statuses("a.txt") == ["SUPERSEDED", "FINISHED"]


def test_a_retry_is_charged_as_a_new_admission() -> None:
    running = running_on(daily_characters=3 * NOTE // 2, max_attempts=1)
    running.world.endpoint.ends = ["failed"]
    running.take("a.txt", note("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FAILED"]
    assert sum(charges(running).values()) == 0
    take_all(running, "b")
    retry(running.p, "a.txt")
    poll(running.p)
    assert running.statuses("a.txt") == ["HELD"]
    running.wait(DAY)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert sum(charges(running, "20260102").values()) == NOTE


def test_a_retry_is_charged_with_what_it_sends_and_no_more() -> None:
    """Of a book one input has failed: it goes on while there is room for that one, and not for the book."""
    one = len(book("a", 1))
    running = running_on(daily_characters=4 * one + one // 2, max_attempts=1)
    running.world.endpoint.bad_texts = lambda text: "Paragraph 1 of a" in text
    running.take("a.txt", book("a", 4))
    running.settle()
    assert running.statuses("a.txt") == ["FAILED"]
    assert sum(charges(running).values()) == 3 * one
    running.world.endpoint.bad_texts = lambda text: False
    retry(running.p, "a.txt")
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert sum(charges(running).values()) == 4 * one


@pytest.mark.parametrize("kept", [0, 2])
def test_what_is_gone_at_the_copy_is_charged_and_packed_as_what_it_is(kept: int) -> None:
    """A changed book whose audio was removed: all of it is sent, and does not fit into what is left of the day."""
    running = running_on(daily_characters=10**6)
    running.world.paid_again = 1
    text = book("a", 4)
    running.take("a.txt", text)
    running.settle()
    for number in range(kept + 1, 5):
        running.world.results.delete(f"a.txt/1/{number:04d}.mp3")
    limit(running, daily_characters=len(text))
    running.take("a.txt", text.replace("Paragraph 0", "Paragraph X"))
    assert running.statuses("a.txt") == ["FINISHED", "HELD"]
    (part,) = [part for part in running.world.all_parts() if part.sequence == 2]
    assert part.billable == sum(len(piece) for n, piece in enumerate(text.split("\n\n")) if n == 0 or n >= kept)
    assert part.body_bytes > part.characters == part.billable
    running.wait(DAY)
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]


def test_without_a_budget_nothing_is_read_or_written_for_it() -> None:
    counts = []
    for settings in ({}, {"daily_characters": 10**9, "monthly_characters": 10**9}):
        running, calls = running_on(**settings), list[tuple[str, Any]]()
        ports = {name: Counting(getattr(running.p, name), calls) for name in ("open", "days", "app", "documents")}
        running.p = replace(running.p, **ports)  # type: ignore[arg-type]
        running.take("a.txt", note("a"))
        running.finish_all()
        counts.append(Counter(name for name, _ in calls))
        partitions = {args[0] for name, args in calls if name == "query"}
        assert HELD not in partitions or settings
    assert counts[0].total() < counts[1].total()
    assert "spent" not in str(running_on().world.tables["app"].get("spent", "202601"))


def test_a_dry_run_counts_and_prices_and_sends_nothing_until_it_is_over() -> None:
    running = running_on(dry_run=True, price_per_million=20.0)
    running.take("a.txt", note("a"))
    running.take("b.txt", book("b"))
    running.take("empty.txt", "")
    running.wait(5)
    poll(running.p)
    assert running.sent() == []
    assert running.statuses("a.txt") == running.statuses("b.txt") == ["HELD"]
    assert running.statuses("empty.txt") == ["FAILED"], "what cannot be spoken is told at once"
    estimate = json.loads(running.world.results.read("a.txt/estimate.json"))
    assert estimate["billing"] == {"estimated": NOTE, "billed": 0}
    assert estimate["cost"] == round(NOTE * 20 / 1e6, 6)
    assert estimate["held"] == held_reason(running, "a.txt")
    assert "dry run: to speak it takes 53 characters, 0.00 at 20.00 a million" in estimate["held"]["why"]
    limit(running, dry_run=False, daily_characters=NOTE)
    running.round()
    assert running.statuses("a.txt") == ["PENDING"]
    assert held_reason(running, "b.txt")["where"] == "DAILY_CHARACTERS"
    limit(running, daily_characters=0)
    running.settle()
    assert running.world.results.head("a.txt/estimate.json") is None
    assert running.world.results.head("b.txt/estimate.json") is None


def test_the_pages_example_of_an_estimate_is_true() -> None:
    page = (Path(__file__).parents[3] / "docs" / "budgets.md").read_text(encoding="utf-8")
    (example,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    running = running_on(dry_run=True, input_characters=4000)
    running.take("news/tides.txt", "High water at Orran Haven is at half past five.")
    made = json.loads(running.world.results.read("news/tides.txt/estimate.json"))
    assert {**example, "source": 0} == {**made, "source": 0}
    assert list(example) == list(made)
    assert set(example["source"]) == set(made["source"])


def test_a_page_of_held_versions_is_decided_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pipeline.admitting.MOST_HELD", 2)
    running = running_on(daily_characters=1)
    take_all(running, *"abcde")
    limit(running, daily_characters=0)
    running.settle()
    assert {status for name in "abcde" for status in running.statuses(f"{name}.txt")} == {"FINISHED"}


def test_what_is_held_can_be_cancelled() -> None:
    running = running_on(daily_characters=NOTE)
    take_all(running, "a", "b")
    running.world.called_off = {"b.txt"}
    cancel(running.p, "b.txt")
    assert running.statuses("b.txt") == ["CANCELLED"]
    assert running.entries(HELD) == []
    running.settle()


def test_the_share_that_is_spent_is_told_and_that_it_holds_documents() -> None:
    running = running_on(daily_characters=4 * NOTE, monthly_characters=10 * NOTE)
    take_all(running, "a")
    assert running.telemetry.of(BUDGET, period="day") == [0.25]
    assert running.telemetry.of(BUDGET, period="month") == [0.1]
    running.take("big.txt", book("big", 2))
    assert running.statuses("big.txt") == ["HELD"], "larger than a day"
    assert running.telemetry.of(BUDGET, period="day")[-1] == 0.25
    take_all(running, "b", "c", "d", "e")
    assert running.telemetry.of(BUDGET, period="day")[-1] == 1
    assert running.telemetry.of(BUDGET, period="month")[-1] == 0.4
