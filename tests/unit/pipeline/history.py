"""Rows of documents that were finished long ago, in any number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shared.domain import naming
from shared.domain.documents import Part, PartStatus, Version, VersionStatus
from shared.domain.jobs import Job, JobStatus, Verdict
from shared.pipeline.days import day_row
from shared.ports import Row

JOB_DOCUMENTS = 1000
_BEGIN = datetime(2025, 6, 1, tzinfo=UTC)


def history(versions: int) -> Iterator[tuple[str, Row]]:
    """Table and row of each: version, part, day; and of the jobs that they went in."""
    for number in range(versions):
        when = _BEGIN + timedelta(minutes=number)
        job = f"old-{number // JOB_DOCUMENTS:08d}"
        version = _version(f"history/{number:06d}.txt", when)
        yield "documents", version.row()
        yield "documents", _part(version, job).row()
        yield "days", day_row(version)
        if number % JOB_DOCUMENTS == 0:
            yield "jobs", _job(job, when).row()


def _version(path: str, when: datetime) -> Version:
    return Version(
        document=naming.document_of(path),
        sequence=1,
        path=path,
        source_etag='"old"',
        source_bytes=1000,
        status=VersionStatus.FINISHED,
        parts=1,
        parts_done=1,
        inputs=1,
        characters=1000,
        created=when,
        ended=when,
    )


def _part(version: Version, job: str) -> Part:
    return Part(
        document=version.document,
        sequence=1,
        part=1,
        first=1,
        count=1,
        characters=1000,
        body_bytes=1000,
        status=PartStatus.DONE,
        job=job,
        results=([1, "0" * 64, 1000, 5000, 60_000, job],),
    )


def _job(job: str, when: datetime) -> Job:
    return Job(
        id=job,
        status=JobStatus.ENDED,
        verdict=Verdict.SUCCEEDED,
        documents=JOB_DOCUMENTS,
        created=when,
        accepted=when,
        concluded=when,
        ended=when,
        entry="",
    )
