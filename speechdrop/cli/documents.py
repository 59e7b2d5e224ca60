"""The two containers as their user sees them: documents go up, manifests tell what became of them, audio comes down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContentSettings

_MANIFEST = "/manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a manifest says of a document's newest version that has ended."""

    path: str
    status: str
    """FINISHED or FAILED."""
    characters: int
    jobs: int
    duration: float
    """Seconds of audio; 0 where it failed."""
    files: tuple[str, ...]
    """The audio's blobs, in order; of a failed version those of the last finished one."""
    besides: tuple[str, ...] = ()
    """What options asked for besides: times, subtitles, whole files."""
    error: Mapping[str, str] | None
    manifest: bytes

    @property
    def finished(self) -> bool:
        return self.status == "FINISHED"

    @property
    def reason(self) -> str:
        """Why it failed, where, and what to do; "" where it did not."""
        if self.error is None:
            return ""
        where = f"{self.error['where']}: " if self.error.get("where") else ""
        return f"{where}{self.error['why'].rstrip('.')}. {self.error['remedy']}"


def read_manifest(content: bytes) -> Ended:
    manifest: dict[str, Any] = json.loads(content)
    audio = manifest["audio"] or {"duration_ms": 0, "inputs": []}
    finished = manifest["status"] == "FINISHED"
    return Ended(
        path=manifest["path"],
        status=manifest["status"],
        characters=manifest["characters"],
        jobs=len(manifest["jobs"]),
        duration=audio["duration_ms"] / 1000 if finished else 0.0,
        files=tuple(item["file"] for item in audio["inputs"]),
        besides=tuple(_besides(audio)),
        error=manifest["error"],
        manifest=content,
    )


def _besides(audio: Mapping[str, Any]) -> Iterator[str]:
    for item in audio["inputs"]:
        yield from (item[name] for name in ("words", "sentences") if name in item)
    yield from (audio[name]["file"] for name in ("combined", "m4b") if name in audio)
    yield from (item["file"] for item in audio.get("subtitles", ()))


class Containers:
    """Inbox and results of one storage account."""

    def __init__(self, connection: str, *, inbox: str, results: str) -> None:
        service = BlobServiceClient.from_connection_string(connection)
        self._inbox = service.get_container_client(inbox)
        self._results = service.get_container_client(results)
        for container in (self._inbox, self._results):
            with suppress(ResourceExistsError):
                container.create_container()
        self._seen: dict[str, str] = {}

    def drop(self, path: str, file: Path) -> bool:
        """Uploads a file unless the inbox has the very same content there; says whether it did."""
        with file.open("rb") as content:
            digest = bytearray(hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).digest())
            blob = self._inbox.get_blob_client(path)
            try:
                if blob.get_blob_properties().content_settings.content_md5 == digest:
                    return False
            except ResourceNotFoundError:
                pass
            content.seek(0)
            blob.upload_blob(content, overwrite=True, content_settings=ContentSettings(content_md5=digest))
        return True

    def newly_ended(self) -> Iterator[Ended]:
        """Every manifest that is new or changed since the last call."""
        for item in self._results.list_blobs():
            if not item.name.endswith(_MANIFEST) or self._seen.get(item.name) == item.etag:
                continue
            self._seen[item.name] = item.etag
            yield read_manifest(self._results.download_blob(item.name).readall())

    def fetch(self, ended: Ended, out: Path) -> bool:
        """Downloads what the manifest lists, and the manifest last; says whether anything was new."""
        manifest = inside(out, ended.path + _MANIFEST)
        if manifest.exists() and manifest.read_bytes() == ended.manifest:
            return False
        for name in (*ended.files, *ended.besides):
            self._save(name, inside(out, name))
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_bytes(ended.manifest)
        return True

    def _save(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        with part.open("wb") as file:
            self._results.download_blob(name).readinto(file)
        part.replace(target)


def inside(folder: Path, name: str) -> Path:
    """The file of a blob below `folder`. Raises ValueError where its name would lead out of it."""
    target = folder.joinpath(*(step for step in name.split("/") if step))
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"'{name}' would be saved outside {folder}")
    return target


def is_document(path: str) -> bool:
    """JSON is for options: what is dropped of it gets no manifest."""
    return not path.lower().endswith(".json")


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Path in the container and file, for every file that is neither hidden nor in a hidden folder.

    Options come before the documents that they may be for.
    """
    for file in sorted(folder.rglob("*"), key=lambda file: (is_document(file.name), file)):
        path = file.relative_to(folder)
        if file.is_file() and not any(step.startswith(".") for step in path.parts):
            yield path.as_posix(), file
