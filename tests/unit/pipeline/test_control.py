"""A person's orders: each does what it says and no more, and says why where it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.documents import VersionStatus
from shared.domain.naming import document_of
from shared.errors import InputError
from shared.pipeline.collector import tidy_up
from shared.pipeline.control import cancel, delete, redo, retry
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.pipeline.sweep import sweep
from tests.crash.scenarios import book, note
from tests.unit.pipeline.running import Interrupted, Running

BAD = "Paragraph 1 of a"


def requests(running: Running) -> list[str]:
    """Jobs whose requests are there."""
    return [info.name.split("/")[1] for info in running.world.work.list("requests/")]


@pytest.fixture
def failed(running: Running) -> Running:
    """a.txt has failed for its second paragraph, three times."""
    running.world.endpoint.bad_texts = lambda text: BAD in text
    running.take("a.txt", book("a"))
    running.settle()
    assert running.statuses("a.txt") == ["FAILED"]
    return running


def test_a_retry_sends_what_failed_and_no_more(failed: Running) -> None:
    failed.world.endpoint.bad_texts = lambda text: False
    sent = len(failed.sent())
    ordered = retry(failed.p, "a.txt")
    assert (ordered.sequence, ordered.status, ordered.inputs) == (1, VersionStatus.PENDING, 1)
    failed.settle()
    assert failed.statuses("a.txt") == ["FINISHED"]
    assert failed.sent()[sent:] == [(book("a").split("\n\n")[1],)]
    assert failed.world.manifest("a.txt")["status"] == "FINISHED"
    assert len(failed.world.manifest("a.txt")["audio"]["inputs"]) == 3


def test_a_retry_has_all_its_attempts_again_and_tells_of_the_last(failed: Running) -> None:
    before = len(failed.sent())
    first = failed.world.manifest("a.txt")
    retry(failed.p, "a.txt")
    failed.settle()
    assert len(failed.sent()) == before + 3
    again = failed.world.manifest("a.txt")
    assert (again["try"], again["status"]) == (2, "FAILED")
    assert again["ended"] > first["ended"]


def test_a_retry_says_what_was_sent_whatever_a_later_release_would_make_of_it(running: Running) -> None:
    running.world.endpoint.bad_texts = lambda text: True
    running.take("a.txt", note("a"))
    running.settle()
    running.world.endpoint.bad_texts = lambda text: False
    retry(running.p, "a.txt")
    assert running.world.all_versions()[0].kept
    running.settle()
    assert running.sent()[-1] == (note("a"),)


def test_a_document_whose_source_is_gone_is_cancelled_and_not_paid(failed: Running) -> None:
    failed.wait(1)
    failed.world.inbox.delete("a.txt")
    sent = len(failed.sent())
    retry(failed.p, "a.txt")
    failed.settle()
    assert failed.statuses("a.txt") == ["CANCELLED"]
    assert len(failed.sent()) == sent


@pytest.mark.parametrize("order", [retry, cancel])
def test_what_has_finished_can_only_be_redone(order: object, running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    with pytest.raises(InputError, match="FINISHED") as told:
        order(running.p, "a.txt")  # type: ignore[operator]
    assert "Redo" in told.value.remedy


def test_a_document_that_could_not_be_read_has_nothing_to_retry(running: Running) -> None:
    running.take("a.txt", "")
    with pytest.raises(InputError, match="before anything was sent"):
        retry(running.p, "a.txt")


@pytest.mark.parametrize("order", [retry, redo, cancel, delete])
def test_an_unknown_document_is_told(order: object, running: Running) -> None:
    with pytest.raises(InputError, match=r"a\.txt: No such document"):
        order(running.p, "a.txt")  # type: ignore[operator]


def test_a_redo_speaks_all_of_it_again(running: Running) -> None:
    running.world.paid_again = 1
    running.take("a.txt", book("a"))
    running.settle()
    ordered = redo(running.p, "a.txt")
    running.settle()
    assert (ordered.sequence, ordered.inputs) == (2, 3)
    assert running.statuses("a.txt") == ["FINISHED", "FINISHED"]
    assert running.world.manifest("a.txt")["sequence"] == 2
    ledger = [text for texts in running.sent() for text in texts]
    assert len(ledger) == 6  # a person asked for the second three
    intake(running.p, "a.txt")
    sweep(running.p)
    assert len(running.world.all_versions()) == 2


def test_a_redo_takes_the_options_as_they_are_now(running: Running) -> None:
    running.world.paid_again = 1
    running.take("a.txt", note("a"))
    running.settle()
    running.world.inbox.write("_speechdrop.json", b'{"voice": "en-GB-RyanNeural"}')
    redo(running.p, "a.txt")
    running.settle()
    assert running.world.manifest("a.txt")["options"]["voice"] == "en-GB-RyanNeural"


def test_a_redo_of_what_is_not_in_the_inbox_is_refused(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    running.world.inbox.delete("a.txt")
    with pytest.raises(InputError, match="not in the inbox"):
        redo(running.p, "a.txt")


def test_a_cancellation_sends_nothing_more(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.world.endpoint.faults = ["429"] * 3
    running.take("first.txt", note("first"))  # its job cannot be sent now, so that the endpoint is left alone
    running.take("a.txt", book("a"))
    ordered = cancel(running.p, "a.txt")
    assert (ordered.status, ordered.inputs) == (VersionStatus.CANCELLED, 0)
    running.settle()
    assert running.statuses("a.txt") == ["CANCELLED"]
    assert running.sent() == [(note("first"),)]


def test_a_cancellation_after_the_sending_says_what_is_paid(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.take("a.txt", book("a"))
    ordered = cancel(running.p, "a.txt")
    assert ordered.inputs == 3
    running.settle()
    assert running.statuses("a.txt") == ["CANCELLED"]
    assert running.world.results.head("a.txt/manifest.json") is None


def test_a_deletion_leaves_nothing_but_a_row_that_keeps_the_number(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.take("a.txt", book("a"))
    running.take("b.txt", note("b"))
    running.settle()
    ordered = delete(running.p, "a.txt")
    assert ordered.status is VersionStatus.FINISHED
    running.wait(3600)
    tidy_up(running.p)
    assert not [info.name for info in running.world.results.list() if info.name.startswith(("a.txt", "_jobs"))]
    assert not [info.name for info in running.world.work.list() if "a.txt" in info.name or "inputs" in info.name]
    assert requests(running) == [job.id for job in running.world.all_jobs() if job.holder == document_of("b.txt")]
    (version,) = [version for version in running.world.all_versions() if version.path == "a.txt"]
    assert (version.sequence, version.deleted) == (1, True)
    assert running.statuses("b.txt") == ["FINISHED"]
    assert running.world.results.head("b.txt/manifest.json")


def test_a_request_goes_with_its_document_but_not_before_its_job_has_ended(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.take("a.txt", book("a"))
    delete(running.p, "a.txt")
    running.wait(3600)
    tidy_up(running.p)
    assert requests(running) == [running.job().id]
    running.settle()
    running.wait(3600)
    tidy_up(running.p)
    assert requests(running) == []


def test_a_request_that_others_share_stays_for_their_retries(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.take("first.txt", note("first"))
    running.take("a.txt", note("a"))
    running.take("b.txt", note("b"))
    running.settle()
    delete(running.p, "a.txt")
    running.wait(3600)
    tidy_up(running.p)
    assert sorted(requests(running)) == sorted(job.id for job in running.world.all_jobs())


def test_what_was_deleted_does_not_come_back_by_itself_and_a_new_content_does(running: Running) -> None:
    running.world.called_off = {"a.txt"}
    running.take("a.txt", note("a"))
    running.settle()
    delete(running.p, "a.txt")
    intake(running.p, "a.txt")
    sweep(running.p)
    assert running.world.results.head("a.txt/manifest.json") is None
    running.take("a.txt", note("changed"))
    running.settle()
    assert running.world.manifest("a.txt")["sequence"] == 2


def test_a_deletion_of_what_is_under_way_cancels_it_first(running: Running) -> None:
    running.take("a.txt", book("a"))
    assert delete(running.p, "a.txt").status is VersionStatus.CANCELLED
    for _ in range(5):
        running.round()
    assert running.world.results.head("a.txt/manifest.json") is None


def test_a_deletion_given_twice_is_the_same_as_once(running: Running) -> None:
    running.take("a.txt", note("a"))
    running.settle()
    assert delete(running.p, "a.txt") == delete(running.p, "a.txt")


def test_what_is_being_deleted_cannot_be_retried(failed: Running) -> None:
    """Else its rows were removed while what was sent for it again was paid."""
    real = failed.p

    def retried() -> None:
        with pytest.raises(InputError, match="deleted"):
            retry(real, "a.txt")

    sent = len(failed.sent())
    delete(replace(real, open=Interrupted(real.open, "insert", retried)), "a.txt")
    with pytest.raises(InputError, match="deleted"):
        retry(real, "a.txt")
    assert failed.statuses("a.txt") == ["FAILED"]
    assert (failed.open(), len(failed.sent())) == ({}, sent)


def test_an_order_given_twice_at_once_is_carried_out_once(failed: Running) -> None:
    failed.world.endpoint.bad_texts = lambda text: False
    sent = len(failed.sent())
    retry(failed.p, "a.txt")
    with pytest.raises(InputError, match="PENDING"):
        retry(failed.p, "a.txt")
    failed.settle()
    assert len(failed.sent()) == sent + 1


def test_a_retry_after_the_deadline_first_looks_whether_it_has_ended_after_all(running: Running) -> None:
    running.world.endpoint.ends = ["stuck"]
    running.take("a.txt", note("a"))
    running.world.endpoint.work()
    running.wait(timedelta(days=6).total_seconds())
    poll(running.p)
    running.finish_all()
    assert running.statuses("a.txt") == ["FAILED"]
    for name in running.world.endpoint.active():
        running.world.endpoint.begun[name] = running.p.clock()
    running.world.endpoint.work()
    retry(running.p, "a.txt")
    running.settle()
    assert running.statuses("a.txt") == ["FINISHED"]
    assert len(running.sent()) == 1  # paid once
