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
from shared.domain.documents import Part, Version
from shared.domain.jobs import Job
from shared.domain.manifest import files_of
from shared.errors import Missing, StorageError
from shared.pipeline.aging import age
from shared.pipeline.cleanup import CLEANUP, enter_cleanup, write_list
from shared.pipeline.context import Pipeline
from shared.pipeline.publish import read_manifest
from shared.pipeline.store import read_job, remove_entries
from shared.ports import Row

_RESULT = re.compile(r"summary\.json|results\.zip|[0-9]{4,}\.[a-z0-9]{1,8}|[0-9]{4,}\.(?:word|sentence|debug)\.json")

log = logging.getLogger(__name__)


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
    elif "request" in what:
        p.work.delete(str(what["request"]))
    elif "kept" in what:
        p.work.delete_all([str(what["kept"]), naming.cover_blob(str(what["kept"]))])
    else:
        _clean_files(p, str(what["files"]))


def _clean_job(p: Pipeline, job_id: str) -> None:
    """Its files at once; its request when no retry can want it any more."""
    stored = read_job(p, job_id)
    if stored is None:
        return
    job = stored.item
    enter_cleanup(
        p, timedelta(seconds=p.settings.keep_requests_seconds), request=naming.request_blob(job.id, job.digest)
    )
    if _is_its_own(job):
        prefix = f"{job.prefix}/"
        names = (info.name for info in p.results.list(prefix))
        p.results.delete_all(name for name in names if _RESULT.fullmatch(name.removeprefix(prefix)))


def _is_its_own(job: Job) -> bool:
    """Whether its folder is named after it, as an endpoint names it, so that no document's results lie there."""
    return job.prefix.rpartition("/")[2] in {job.id, job.synthesis} - {""}


def _clean_files(p: Pipeline, name: str) -> None:
    try:
        found = json.loads(p.work.read(name))
    except Missing:
        return
    existing = read_manifest(p, found["path"])
    listed = files_of(existing.value) if existing else frozenset()
    p.results.delete_all(file for file in found["files"] if file not in listed)
    p.work.delete(name)


def collect_document(p: Pipeline, path: str) -> None:
    """All that was made of a document, and its rows but the newest version's. What a finisher that is still at it may
    write meanwhile goes by an entry, when it cannot live any more."""
    document = naming.document_of(path)
    rows = list(p.documents.query(naming.partition_of(document), start=document, end=document + naming.END))
    versions = [Version.of(row) for row in rows if naming.is_version(row.key)]
    existing = read_manifest(p, path)
    files = set(files_of(existing.value)) if existing else set()
    files |= {name for row in rows if row.key.count("~") == 2 for name in _files_of_part(p, versions, Part.of(row))}
    name = f"deleted/{document}/{p.new_id()}.json"
    write_list(p, name, path, files)
    enter_cleanup(p, p.longest_life, files=name)
    p.results.delete(naming.manifest_blob(path))
    p.results.delete_all(sorted(files))
    p.work.delete_all(info.name for info in p.work.list(naming.inputs_folder(document)))
    newest = max(version.sequence for version in versions)
    kept = naming.version_key(document, newest)
    for row in rows:
        if row.key != kept:
            p.documents.delete(Row(partition=row.partition, key=row.key, values={}))


def _files_of_part(p: Pipeline, versions: Iterable[Version], part: Part) -> list[str]:
    version = next((version for version in versions if version.sequence == part.sequence), None)
    if version is None:
        return []
    extension = p.extension(version.options["output_format"])
    numbers = {result[0] for result in part.results} | set(part.numbers)
    return [naming.result_blob(version.path, part.sequence, number, extension) for number in sorted(numbers)]
