"""`summary.json` of a result, of either version, and the sizes and durations that it shares with the synthesis."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from shared.batchapi.model import InputResult, Summary, SynthesisStatus
from shared.batchapi.problems import read_synthesis_error
from shared.batchapi.values import Members, integer, members, read_duration, text, write_duration
from shared.batchapi.versions import GA, PREVIEW, VERSIONS, ApiVersion

TICKS_PER_MILLISECOND = 10_000


def read_summary(body: bytes) -> Summary:
    """`summary.json` of either version; also with numbers as strings and members missing. Raises ValueError."""
    found = members(json.loads(body))
    results = found.get("results")
    if not isinstance(results, list):
        raise ValueError("The summary has no list 'results'.")
    return Summary(
        job_id=text(found.get("jobid")) or "",
        status=read_status(found.get("status")),
        results=tuple(_read_result(members(item)) for item in results),
    )


def _read_result(found: Members) -> InputResult:
    properties = members(found.get("properties"))
    contents = found.get(GA.summary_texts) or found.get(PREVIEW.summary_texts) or []
    billed = [integer(value) for value in members(found.get("billingdetails")).values()]
    return InputResult(
        contents=tuple(str(item) for item in contents) if isinstance(contents, list) else (str(contents),),
        succeeded=read_status(found.get("status")) is SynthesisStatus.SUCCEEDED,
        audio_file=text(found.get("audiofilename")),
        word_boundary_file=text(found.get("wordboundaryfilename")),
        sentence_boundary_file=text(found.get("sentenceboundaryfilename")),
        size_bytes=read_size(properties),
        duration_ms=read_milliseconds(properties),
        billed_characters=sum(billed) if billed else None,
        error=read_synthesis_error(found.get("error")),
    )


def read_status(value: Any) -> SynthesisStatus:
    for status in SynthesisStatus:
        if isinstance(value, str) and value.lower() == status.lower():
            return status
    raise ValueError("The status is not one of " + ", ".join(SynthesisStatus) + ".")


def read_size(found: Members) -> int:
    return next((integer(found[v.size.lower()]) for v in VERSIONS.values() if v.size.lower() in found), 0)


def read_milliseconds(found: Members) -> int:
    if "durationinmilliseconds" in found:
        return integer(found["durationinmilliseconds"])
    if "durationinticks" in found:
        return integer(found["durationinticks"]) // TICKS_PER_MILLISECOND
    if "duration" in found:
        return round(read_duration(found["duration"]).total_seconds() * 1000)
    return 0


def write_lengths(version: ApiVersion, size_bytes: int, duration_ms: int) -> dict[str, Any]:
    """Size and duration under the version's names and in its units."""
    if not version.durations_iso:
        return {version.size: size_bytes, "durationInMilliseconds": duration_ms}
    return {
        version.size: size_bytes,
        "durationInTicks": duration_ms * TICKS_PER_MILLISECOND,
        "duration": write_duration(timedelta(milliseconds=duration_ms)),
    }


def write_summary(version: ApiVersion, summary: Summary) -> dict[str, Any]:
    """The file's content. Numbers are strings, as in the published examples."""
    return {
        "jobID": summary.job_id,
        "status": summary.status.value,
        "results": [write_result(version, result) for result in summary.results],
    }


def write_result(version: ApiVersion, result: InputResult) -> dict[str, Any]:
    """One entry of `results`; a failed one has `error` and no file (our choice: no failed entry was ever published)."""
    status = SynthesisStatus.SUCCEEDED if result.succeeded else SynthesisStatus.FAILED
    entry: dict[str, Any] = {version.summary_texts: list(result.contents), "status": status.value}
    if version.summary_billing:
        entry["billingDetails"] = {"CustomNeural": "0", "Neural": str(result.billed_characters or 0)}
    files = {
        "audioFileName": result.audio_file,
        "wordBoundaryFileName": result.word_boundary_file,
        "sentenceBoundaryFileName": result.sentence_boundary_file,
    }
    entry |= {member: name for member, name in files.items() if name is not None}
    lengths = write_lengths(version, result.size_bytes, result.duration_ms)
    entry["properties"] = {member: str(value) for member, value in lengths.items()}
    if result.error is not None:
        entry["error"] = {"code": result.error.code, "message": result.error.message}
    return entry
