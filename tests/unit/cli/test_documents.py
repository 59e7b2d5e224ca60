"""The user's side of the two containers: what goes up, what a manifest tells, what comes down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import BlobServiceClient

from speechdrop.cli.documents import Containers, Ended, files_below, inside, read_manifest

FINISHED: dict[str, Any] = {
    "schema": 1,
    "path": "notes/a b.txt",
    "sequence": 2,
    "status": "FINISHED",
    "characters": 120,
    "jobs": ["speechdrop-1", "speechdrop-2"],
    "audio": {
        "sequence": 2,
        "duration_ms": 7500,
        "inputs": [
            {"number": 1, "file": "notes/a b.txt/2/0001.mp3"},
            {"number": 2, "file": "notes/a b.txt/2/0002.mp3"},
        ],
    },
    "error": None,
}
ERROR = {"document": "notes/a b.txt", "where": "line 3", "why": "It is torn.", "remedy": "Mend it."}


def ended(**changes: Any) -> Ended:
    return read_manifest(json.dumps({**FINISHED, **changes}).encode())


def test_a_finished_manifest_tells_its_audio() -> None:
    read = ended()
    assert (read.finished, read.duration, read.jobs, read.reason) == (True, 7.5, 2, "")
    assert read.files == ("notes/a b.txt/2/0001.mp3", "notes/a b.txt/2/0002.mp3")


def test_what_options_asked_for_besides_comes_down_as_well() -> None:
    first = {**FINISHED["audio"]["inputs"][0], "words": "1.word.json", "sentences": "1.sentence.json"}
    subtitles = [{"file": "book.srt", "format": "srt", "of": "book"}]
    wholes = {"combined": {"file": "combined.mp3"}, "m4b": {"file": "book.m4b"}}
    read = ended(audio={**FINISHED["audio"], "inputs": [first], **wholes, "subtitles": subtitles})
    assert read.files == (first["file"],)
    assert read.besides == ("1.word.json", "1.sentence.json", "combined.mp3", "book.m4b", "book.srt")


def test_a_failed_manifest_tells_where_why_and_what_to_do() -> None:
    read = ended(status="FAILED", audio=None, error=ERROR)
    assert (read.finished, read.duration, read.files) == (False, 0.0, ())
    assert read.reason == "line 3: It is torn. Mend it."


def test_a_failure_does_not_count_the_audio_of_an_earlier_version() -> None:
    read = ended(status="FAILED", error=ERROR | {"where": ""})
    assert read.duration == 0.0
    assert len(read.files) == 2
    assert read.reason == "It is torn. Mend it."


def test_a_blob_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    assert inside(tmp_path, "a//b.txt") == tmp_path / "a" / "b.txt"
    with pytest.raises(ValueError, match="outside"):
        inside(tmp_path, "../b.txt")


def test_hidden_files_are_not_documents(tmp_path: Path) -> None:
    for name in ("a.txt", "b/c.txt", ".hidden", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path for path, _ in files_below(tmp_path)] == ["a.txt", "b/c.txt"]


@pytest.fixture
def names() -> dict[str, str]:
    unique = uuid4().hex
    return {"inbox": f"inbox-{unique}", "results": f"results-{unique}"}


@pytest.mark.azurite
def test_the_same_content_is_dropped_once(azurite: str, names: dict[str, str], tmp_path: Path) -> None:
    """Also after a restart: a second upload would be a new version, spoken and paid for again."""
    file = tmp_path / "Zoë's letter.txt"
    file.write_text("one")
    assert Containers(azurite, **names).drop(file.name, file)
    restarted = Containers(azurite, **names)
    assert not restarted.drop(file.name, file)
    file.write_text("two")
    assert restarted.drop(file.name, file)
    blob = BlobServiceClient.from_connection_string(azurite).get_blob_client(names["inbox"], file.name)
    assert blob.download_blob().readall() == b"two"


@pytest.mark.azurite
def test_results_come_down_once_and_whole(azurite: str, names: dict[str, str], tmp_path: Path) -> None:
    containers = Containers(azurite, **names)
    results = BlobServiceClient.from_connection_string(azurite).get_container_client(names["results"])
    for name in ended().files:
        results.upload_blob(name, name.encode())
    results.upload_blob("notes/a b.txt/manifest.json", ended().manifest)

    (seen,) = containers.newly_ended()
    assert list(containers.newly_ended()) == []
    assert containers.fetch(seen, tmp_path)
    assert not containers.fetch(seen, tmp_path)
    saved = {path: file.read_bytes() for path, file in files_below(tmp_path)}
    assert saved == {name: name.encode() for name in seen.files} | {"notes/a b.txt/manifest.json": seen.manifest}

    results.upload_blob("notes/a b.txt/manifest.json", ended(status="FAILED", error=ERROR).manifest, overwrite=True)
    assert [again.status for again in containers.newly_ended()] == ["FAILED"]
