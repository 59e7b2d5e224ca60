"""The manifest: what a reader of the results container is told of a document's newest ended version.

`docs/manifest.md` describes its members. It is written last; what it lists is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from shared.domain import naming
from shared.domain.billing import Bill
from shared.domain.contents import Contents
from shared.domain.documents import Part, PartStatus, Version, VersionStatus
from shared.domain.extras import Extras
from shared.domain.reuse import made_by

SCHEMA = 1


def build(
    version: Version,
    parts: Sequence[Part],
    *,
    contents: Contents,
    extras: Extras,
    extension: str,
    endpoint: str,
    previous: Mapping[str, Any] | None,
    ended: datetime,
) -> dict[str, Any]:
    """The manifest of a version whose parts have all ended. A failed one goes on listing the last finished audio, and
    lists what of it was spoken, or of the one before where nothing was: a corrected file takes that over."""
    error = version.error or next((part.error for part in parts if part.error), None)
    failed, before = bool(error), previous or {}
    made = _made(version, parts, contents, extras, extension, endpoint)
    audio = before.get("audio") if failed else _audio(made, parts, contents, extras)
    spoken = (made if made["inputs"] else before.get("spoken")) if failed else None
    return {
        "schema": SCHEMA,
        "path": version.path,
        "sequence": version.sequence,
        "try": version.tries,
        "status": (VersionStatus.FAILED if failed else VersionStatus.FINISHED).value,
        "source": {"etag": version.source_etag, "bytes": version.source_bytes},
        "options": version.options,
        "characters": version.characters,
        "billing": Bill.of(version).as_json(),
        "jobs": sorted({result[5] for part in parts for result in part.results} | {p.job for p in parts} - {""}),
        "created": version.created.isoformat(),
        "ended": ended.isoformat(),
        "audio": audio,
        "spoken": spoken,
        "error": {"document": version.path, **error} if error else None,
    }


def _made(
    version: Version, parts: Sequence[Part], contents: Contents, extras: Extras, extension: str, endpoint: str
) -> dict[str, Any]:
    """What there is of its inputs, and by what it was made: all that taking it over needs."""
    results = sorted(result for part in parts for result in part.results)
    inputs = [
        {
            "number": number,
            "file": naming.result_blob(version.path, version.sequence, number, extension),
            "text_sha256": sha256,
            "characters": characters,
            "bytes": size,
            "duration_ms": duration_ms,
            **extras.of_inputs.get(number, {}),
        }
        for number, sha256, characters, size, duration_ms, _ in results
    ]
    return {
        "sequence": version.sequence,
        "made_by": made_by(endpoint, version.kind, version.options),
        "borders": list(contents.borders),
        "inputs": inputs,
    }


def _audio(made: Mapping[str, Any], parts: Sequence[Part], contents: Contents, extras: Extras) -> dict[str, Any]:
    assert all(part.status is PartStatus.DONE for part in parts)
    inputs = made["inputs"]
    return {
        "sequence": made["sequence"],
        "made_by": made["made_by"],
        "borders": made["borders"],
        "title": contents.title,
        "author": contents.author,
        "language": contents.language,
        "duration_ms": sum(item["duration_ms"] for item in inputs),
        "bytes": sum(item["bytes"] for item in inputs),
        "chapters": contents.timed([item["duration_ms"] for item in inputs]),
        "inputs": inputs,
        **extras.members,
    }


NONE: Mapping[str, Any] = {"sequence": 0, "status": "", "source": {"etag": ""}, "audio": None}
"""Stands for what is no manifest: it gives way to any."""

LISTED = ("audio", "spoken")
"""Members that list files of inputs."""
_RELIED_ON = {"sequence": int, "status": str, "source": dict, "ended": str}
_OF_AUDIO = {"sequence": int, "inputs": list}
_OF_AN_INPUT = {"number": int, "file": str, "text_sha256": str, "characters": int, "bytes": int, "duration_ms": int}
_OF_A_FILE = {"file": str}


def read(value: Any) -> Mapping[str, Any]:
    """What lies where a manifest should, and may be anybody's work; NONE where we could not rely on it."""
    whole = _has(value, _RELIED_ON) and _has(value["source"], {"etag": str}) and value["sequence"] < naming.SEQUENCES
    found = [audio for name in LISTED if (audio := value.get(name)) is not None] if whole else []
    if not whole or not _is_time(value["ended"]) or not all(map(_is_audio, found)):
        return NONE
    return cast("Mapping[str, Any]", value)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_audio(audio: Any) -> bool:
    if not _has(audio, _OF_AUDIO):
        return False
    subtitles = audio.get("subtitles") or []
    extras = [extra for extra in (audio.get("combined"), audio.get("m4b")) if extra is not None]
    return (
        isinstance(subtitles, list)
        and all(_has(item, _OF_AN_INPUT) for item in audio["inputs"])
        and all(_has(extra, _OF_A_FILE) for extra in [*extras, *subtitles])
    )


def _has(value: Any, types: Mapping[str, type]) -> bool:
    return isinstance(value, dict) and all(type(value.get(name)) is kind for name, kind in types.items())


def gives_way(existing: Mapping[str, Any], version: Version, status: str) -> bool:
    """Whether an existing manifest may be replaced by this version's: of a lower sequence, or its own failed try."""
    if existing["sequence"] != version.sequence:
        return bool(existing["sequence"] < version.sequence)
    again = existing.get("try", 1) < version.tries or status == VersionStatus.FINISHED
    return existing["status"] == VersionStatus.FAILED and again


def borders_in(manifest: Mapping[str, Any]) -> frozenset[int]:
    """Marks of where the texts were cut whose audio it lists; what somebody made something else of is left out."""
    found = [(manifest.get(name) or {}).get("borders") for name in LISTED]
    return frozenset(mark for marks in found if isinstance(marks, list) for mark in marks if type(mark) is int)


def files_of(manifest: Mapping[str, Any]) -> frozenset[str]:
    """All files that a manifest lists."""
    found = [manifest.get(name) or {} for name in LISTED]
    extras = [extra for it in found for extra in (it.get("combined"), it.get("m4b"), *(it.get("subtitles") or ()))]
    inputs = [item for it in found for item in it.get("inputs", ())]
    files = [item[name] for item in inputs for name in ("file", "words", "sentences") if name in item]
    return frozenset([*files, *(extra["file"] for extra in extras if extra)])
