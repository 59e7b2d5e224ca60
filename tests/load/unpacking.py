"""One process that unpacks a job's `results.zip`, or copies the same bytes, and says what it cost.

`python -m tests.load.unpacking unpack|copy` with the connection string of an Azurite in STORAGE. The pipeline's own
code and adapters do the work; the endpoint is a link to the archive. Copying reads by ranges of the same size as
unpacking does and writes in the same way, file by file: all that unpacking does besides is to read an archive.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from shared.adapters.connect import open_container, open_file, storage
from shared.adapters.remote import RANGE
from shared.batchapi.model import InputKind, Synthesis, SynthesisStatus
from shared.domain.jobs import Job, JobStatus, Verdict
from shared.pipeline.context import Pipeline
from shared.pipeline.store import Stored
from shared.pipeline.unpack import unpack
from shared.settings import Connection, Settings
from tests.load.processes import most_memory

FORMAT = "riff-24khz-16bit-mono-pcm"
JOB = "load-1"
ARCHIVE = f"{JOB}/results.zip"
INPUTS = 100


def main(how: str) -> None:
    account = storage(Connection(connection_string=os.environ["STORAGE"]))
    p = _pipeline(account)
    p.app.get("warm", "up")
    idle, begun = most_memory(os.getpid()), time.perf_counter()
    if how == "unpack":
        now = p.clock()
        job = Job(id=JOB, created=now, entry="", status=JobStatus.FINISHING, verdict=Verdict.SUCCEEDED, concluded=now)
        job = Job.of(p.jobs.insert(Job.row(_with(job))))
        done = unpack(p, Stored(job, _etag(p, job)))
        assert done, "not now"
        assert done.prefix, done.why
    else:
        _copy_all(p)
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "idle": idle, "most": most_memory(os.getpid())}))


def _with(job: Job) -> Job:
    from dataclasses import replace

    return replace(job, inputs=INPUTS, documents=1, output_format=FORMAT, slice_documents=50)


def _etag(p: Pipeline, job: Job) -> str:
    row = p.jobs.get(job.row().partition, job.id)
    assert row
    return row.etag


def _pipeline(account: Any) -> Pipeline:
    results = account.blobs("results")
    tables = {name: account.table(name) for name in ("documents", "jobs", "open", "days", "app")}
    endpoint = cast("Any", _Endpoint(account.blobs("endpoint")))
    return Pipeline(
        settings=Settings(),
        clock=lambda: datetime.now(UTC),
        new_id=lambda: uuid4().hex,
        jitter=lambda: 0.0,
        inbox=account.blobs("inbox"),
        results=results,
        work=account.blobs("work"),
        finishers=account.queue("finish"),
        speech=endpoint,
        open_container=open_container,
        open_file=open_file,
        **tables,
    )


class _Endpoint:
    def __init__(self, blobs: Any) -> None:
        self._blobs = blobs

    def get(self, job_id: str) -> Synthesis:
        now = datetime.now(UTC)
        return Synthesis(
            id=job_id,
            status=SynthesisStatus.SUCCEEDED,
            created=now,
            last_action=now,
            kind=InputKind.PLAIN_TEXT,
            result=self._blobs.link(ARCHIVE, expires=now + timedelta(hours=1)),
        )


def _copy_all(p: Pipeline) -> None:
    for info in p.results.list("_jobs/"):
        p.results.write(f"copy/{info.name}", _ranges(p, info.name, info.size), content_type="audio/wav")


def _ranges(p: Pipeline, name: str, size: int) -> Iterator[bytes]:
    for offset in range(0, size, RANGE):
        yield p.results.read(name, offset=offset, length=RANGE)


if __name__ == "__main__":
    main(sys.argv[1])
