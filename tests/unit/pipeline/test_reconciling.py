"""A preview create that brought no answer: looked for in complete listings, then adopted or sent again, never both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.batchapi.model import Page, Synthesis
from shared.domain.jobs import JobStatus, Verdict
from shared.errors import OutcomeUnknown
from shared.pipeline.poll import poll
from shared.pipeline.reconciling import OVERLAP, in_listings
from tests.crash.scenarios import note
from tests.unit.pipeline.running import Running


@dataclass
class Lists:
    """The endpoint, whose lists are these pages, then its own; None fails."""

    endpoint: Any
    pages: list[Page | None]
    asked: list[tuple[int, int]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.endpoint, name)

    def list(self, *, skip: int, top: int) -> Page:
        self.asked.append((skip, top))
        page = self.pages.pop(0) if self.pages else self.endpoint.list(skip=skip, top=top)
        if page is None:
            raise OutcomeUnknown("unavailable", status=503)
        return page


def breaches(running: Running) -> list[str]:
    return [row.key for row in running.world.tables["app"].query("breaches")]


def wait_for_window(running: Running) -> None:
    running.wait(running.world.settings.accept_window_seconds + 0.1)


def test_what_was_accepted_is_found_by_the_next_poll_and_not_sent_again(preview: Running) -> None:
    preview.world.endpoint.faults = ["lost reply"]
    preview.take("a.txt", note("a"))
    assert preview.job().status is JobStatus.SEALED
    preview.wait(1)
    poll(preview.p)
    assert preview.job().synthesis == "synthesis-000001"
    preview.settle()
    assert preview.world.endpoint.requests["create"] == 1


def test_what_was_not_accepted_is_sent_again_only_after_the_window_and_two_listings(preview: Running) -> None:
    preview.world.endpoint.faults = ["503 before"]
    preview.take("a.txt", note("a"))
    preview.wait(preview.world.settings.accept_window_seconds - 0.1)
    poll(preview.p)
    assert preview.world.endpoint.requests["create"] == 1
    preview.wait(0.2)
    preview.world.endpoint.requests.clear()
    poll(preview.p)
    assert preview.world.endpoint.requests == {"list": 1 + 2, "create": 1}  # the poll's own, and two
    assert preview.job().status is JobStatus.RUNNING
    preview.settle()


def test_what_is_listed_late_within_the_window_is_adopted(preview: Running) -> None:
    preview.world.endpoint.listed_after = preview.world.settings.accept_window_seconds
    preview.world.endpoint.faults = ["lost reply"]
    preview.take("a.txt", note("a"))
    preview.settle()
    assert preview.world.endpoint.requests["create"] == 1
    assert breaches(preview) == []


def test_a_page_that_fails_says_nothing(preview: Running) -> None:
    preview.world.endpoint.faults = ["503 before"]
    preview.take("a.txt", note("a"))
    wait_for_window(preview)
    preview.p = replace(preview.p, speech=Lists(preview.world.endpoint, [Page(items=(), more=False), None], []))
    poll(preview.p)
    assert preview.job().status is JobStatus.SEALED
    assert preview.job().first_unknown
    assert preview.world.endpoint.requests["create"] == 1
    preview.settle(60)
    assert len(preview.sent()) == 1


def test_a_page_with_an_item_that_cannot_be_read_says_nothing(preview: Running) -> None:
    preview.world.endpoint.faults = ["503 before"]
    preview.take("a.txt", note("a"))
    wait_for_window(preview)
    pages: list[Page | None] = [Page(items=(), more=False), Page(items=(), more=False, unread=1)]
    preview.p = replace(preview.p, speech=Lists(preview.world.endpoint, pages, []))
    poll(preview.p)
    assert preview.world.endpoint.requests["create"] == 1


def test_listings_are_whole_and_their_pages_overlap(preview: Running) -> None:
    for number in range(250):
        preview.take(f"{number}.txt", note(str(number)))
        preview.wait(2.1)
    spying = Lists(preview.world.endpoint, [], [])
    preview.p = replace(preview.p, speech=spying)
    job = replace(preview.jobs("RUNNING")[0], id="another", synthesis="")
    assert in_listings(preview.p, job) is None
    step = 100 - OVERLAP
    assert spying.asked == [(0, 100), (step, 100), (2 * step, 100)] * 2


def accepted_again(running: Running, seconds: float = 0) -> Synthesis:
    """The endpoint shows a second synthesis of the first one's job, accepted so much earlier."""
    endpoint = running.world.endpoint
    request, first = next(iter(endpoint.held.values()))
    again = replace(first, id=f"another-{seconds:g}", created=first.created - timedelta(seconds=seconds))
    endpoint.held[again.id] = (request, again)
    return again


def test_of_several_the_oldest_is_adopted_and_the_rest_counted(preview: Running) -> None:
    preview.world.endpoint.faults = ["lost reply"]
    preview.take("a.txt", note("a"))
    oldest = accepted_again(preview, 20)
    accepted_again(preview, 10)
    preview.wait(1)
    poll(preview.p)
    assert preview.job().synthesis == oldest.id
    assert breaches(preview) == ["another-10", "synthesis-000001"]
    poll(preview.p)
    assert len(breaches(preview)) == 2  # once each


def test_a_second_one_of_a_job_that_runs_is_counted_and_changes_nothing(preview: Running) -> None:
    """The promise was broken: what no list showed in time is there after all."""
    preview.take("a.txt", note("a"))
    accepted_again(preview, 20)
    preview.world.endpoint.work()
    preview.settle()
    assert preview.job().synthesis == "synthesis-000001"
    assert breaches(preview) == ["another-20"]
    assert preview.statuses("a.txt") == ["FINISHED"]


def test_after_the_deadline_it_is_looked_for_once_more_and_never_sent(preview: Running) -> None:
    preview.world.endpoint.faults = ["503 before"]
    preview.take("a.txt", note("a"))
    preview.wait(preview.world.settings.deadline_seconds + 1)
    poll(preview.p)
    assert preview.job().verdict is Verdict.UNCERTAIN
    assert preview.world.endpoint.requests["create"] == 1


def test_a_throttled_create_after_a_reconciliation_leaves_nothing_unknown(preview: Running) -> None:
    preview.world.endpoint.faults = ["503 before", "429"]
    preview.take("a.txt", note("a"))
    wait_for_window(preview)
    poll(preview.p)
    assert (preview.job().creates, preview.job().first_unknown) == (2, None)
    preview.settle()
