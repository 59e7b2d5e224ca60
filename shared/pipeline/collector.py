"""Removes what nobody needs any more: a job's files, replaced audio, kept texts, requests, rows of long ago.

Only what is known by name is removed, never all that lies under a prefix: another document may live there. Each piece
of work is an entry in `open`, partition `cleanup`, due when nobody can be reading any more; repeating it does no harm.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain import naming
from shared.domain.documents import Part, SpokenInput, Version, VersionStatus
from shared.domain.jobs import PARTITION_OF_STATUS, Job
from shared.domain.manifest import files_of
from shared.errors import Missing, StorageError
from shared.pipeline.aging import age
from shared.pipeline.cleanup import CLEANUP, enter_cleanup
from shared.pipeline.context import Pipeline
from shared.pipeline.publish import read_manifest
from shared.pipeline.removing import remove_files, remove_kept, remove_manifest, remove_rows
from shared.pipeline.store import read_job, remove_entries, version_rows
from shared.pipeline.sweep import sweep
from shared.ports import Row

_RESULT = re.compile(r"summary\.json|results\.zip|[0-9]{4,}\.[a-z0-9]{1,8}|[0-9]{4,}\.(?:word|sentence|debug)\.json")

log = logging.getLogger(__name__)


def sweep_and_tidy(p: Pipeline) -> None:
    """The sweep's timer. A sweep that storage refuses leaves nothing lying about."""
    try:
        sweep(p)
    finally:
        tidy_up(p)


def tidy_up(p: Pipeline) -> None:
    """One round of all of it."""
    until = p.clock() + timedelta(seconds=p.settings.collect_seconds)
    collect(p, until)
    age(p, until)


def collect(p: Pipeline, until: datetime) -> None:
    """What is due, until the time for it is over. What storage refuses now stays, and holds up no other."""
    for row in p.open.query(CLEANUP, end=naming.stamp(p.clock()) + naming.END):
        if p.clock() > until:
            return
        try:
            _clean(p, row.values)
        except StorageError as error:
            log.warning("cleanup %s: %s", row.key, error)
            continue
        remove_entries(p, CLEANUP, [row.key])


def _clean(p: Pipeline, what: Mapping[str, Any]) -> None:
    if "job" in what:
        _clean_job(p, str(what["job"]))
    elif "folder" in what:
        _clean_folder(p, str(what["folder"]))
    elif "request" in what:
        p.work.delete(str(what["request"]))
    elif "kept" in what:
        p.work.delete_all([str(what["kept"]), naming.cover_blob(str(what["kept"]))])
    elif "forget" in what:
        _forget(p, str(what["forget"]), str(what["document"]))
    elif "leftover" in what:
        _clean_leftover(p, str(what["leftover"]), str(what["document"]), int(what["sequence"]))
    elif "deleted" in what:
        path, sequence = str(what["deleted"]), int(what["sequence"])
        remove_manifest(p, path, until=sequence)
        remove_files(p, path, sequence)
    else:
        _clean_files(p, str(what["files"]))


def _clean_job(p: Pipeline, job_id: str) -> None:
    """Its files at once; its request when no retry can want it any more. So long stay the files of a synthesis that it
    adopted: others of its documents may be retried, and adopt it too."""
    stored = read_job(p, job_id)
    if stored is None:
        return
    job, later = stored.item, timedelta(seconds=p.settings.keep_requests_seconds)
    enter_cleanup(p, later, request=naming.request_blob(job.id, job.digest))
    if job.adopts and _folder(job) == job.synthesis:
        enter_cleanup(p, later, folder=job.prefix)
    elif _is_its_own(job):
        _clean_folder(p, job.prefix)


def _clean_leftover(p: Pipeline, path: str, document: str, sequence: int) -> None:
    """Of a superseded version; whoever wrote the entry may not have lived to end it."""
    rows = version_rows(p, document, sequence)
    if rows and rows.version.item.status is VersionStatus.SUPERSEDED:
        remove_files(p, path, sequence)


def _forget(p: Pipeline, job_id: str, document: str) -> None:
    """The request of a job that was of a deleted document alone: no retry can want it, only the job itself."""
    stored = read_job(p, job_id)
    if stored is None or stored.item.holder != document:
        return
    if stored.item.status in PARTITION_OF_STATUS:
        enter_cleanup(p, p.longest_life, forget=job_id, document=document)
    else:
        p.work.delete(naming.request_blob(job_id, stored.item.digest))


def _is_its_own(job: Job) -> bool:
    """Whether its folder is named after it, as an endpoint names it, so that no document's results lie there."""
    return _folder(job) in {job.id, job.synthesis} - {""}


def _folder(job: Job) -> str:
    return job.prefix.rpartition("/")[2]


def _clean_folder(p: Pipeline, prefix: str) -> None:
    names = (info.name for info in p.results.list(f"{prefix}/"))
    p.results.delete_all(name for name in names if _RESULT.fullmatch(name.removeprefix(f"{prefix}/")))


def _clean_files(p: Pipeline, name: str) -> None:
    try:
        found = json.loads(p.work.read(name))
    except Missing:
        return
    existing = read_manifest(p, found["path"])
    listed = files_of(existing.value) if existing else frozenset()
    p.results.delete_all(file for file in found["files"] if file not in listed)
    p.work.delete(name)


def collect_document(p: Pipeline, version: Version) -> None:
    """All that was made of a document up to this version, and the rows but its own; what is dropped meanwhile stays.

    What no manifest lists goes by entries, when no finisher can live that is still at it, and may list it.
    """
    document, path, key = version.document, version.path, naming.version_key(version.document, version.sequence)
    rows = list(p.documents.query(naming.partition_of(document), start=key, end=document + naming.END))
    sequences = sorted({naming.sequence_in(row.key) for row in rows})
    for sequence in sequences:
        enter_cleanup(p, p.longest_life, deleted=path, sequence=sequence)
    for job_id in sorted(_jobs_of(rows)):
        enter_cleanup(p, p.longest_life, forget=job_id, document=document)
    remove_manifest(p, path, until=version.sequence)
    for sequence in sequences:
        remove_kept(p, document, sequence)
        remove_rows(p, document, sequence, but_the_versions=sequence == version.sequence)


def _jobs_of(rows: Iterable[Row]) -> set[str]:
    """Jobs that a document's parts were in: the last one of each, and those that have spoken an input."""
    parts = [Part.of(row) for row in rows if not naming.is_version(row.key)]
    spoken = {SpokenInput.of(result).job for part in parts for result in part.results}
    return spoken | {part.job for part in parts if part.job}
