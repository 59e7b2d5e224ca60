"""The rows of the days: one per ended version, whatever races there were."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.documents import VersionStatus
from shared.pipeline.publish import publish
from tests.unit.pipeline.running import Interrupted, Running


def test_a_version_superseded_while_it_is_published_has_ended_once() -> None:
    running = Running.begin()
    running.take("a.txt", "The first text.")
    version, *_ = running.world.all_versions()
    results = Interrupted(running.p.results, "write", lambda: running.take("a.txt", "The second text."))
    running.world.endpoint.work()
    finishing = Running(running.world, replace(running.p, results=results))
    finishing.round()
    running.settle()
    assert results.happened
    ended = [(row.values["sequence"], row.values["status"]) for row in running.days()]
    assert sorted(ended) == [(1, VersionStatus.SUPERSEDED), (2, VersionStatus.FINISHED)]
    publish(running.p, version.document, version.sequence)
    assert len(running.days()) == 2


def test_an_end_that_was_not_noted_is_noted_by_whoever_meets_it() -> None:
    running = Running.begin()
    running.take("a.txt", "A text.")
    running.settle()
    (row,) = running.days()
    running.world.tables["days"].delete(row)
    version, *_ = running.world.all_versions()
    publish(running.p, version.document, version.sequence)
    assert running.days() == [replace(row, etag=running.days()[0].etag)]
