"""Whether a load left what it should: every job ended well, every archive is right, nothing was done twice."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from typing import Any

import requests
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from speechdrop.cli.local import Deployment
from tests.load.bare import RATE
from tests.load.client import Client


def check(running: Deployment, client: Client, jobs: Mapping[str, list[str]], samples: Mapping[str, int]) -> None:
    """`samples`: of each text's sound as the bare loop made it; the service's must be as long, to the millisecond."""
    for job, inputs in jobs.items():
        _check_job(client.get(job), inputs, samples)
    _check_ledger(running, jobs)


def _check_job(found: dict[str, Any], inputs: list[str], samples: Mapping[str, int]) -> None:
    properties = found["properties"]
    durations = [samples[text] * 1000 // RATE for text in inputs]
    assert found["status"] == "Succeeded", found
    assert (properties["succeededAudioCount"], properties["failedAudioCount"]) == (len(inputs), 0)
    assert properties["durationInMilliseconds"] == sum(durations)
    assert properties["billingDetails"]["neuralCharacters"] == sum(map(len, inputs))
    answer = requests.get(found["outputs"]["result"], timeout=60)
    answer.raise_for_status()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        _check_archive(archive, inputs, durations)


def _check_archive(archive: zipfile.ZipFile, inputs: list[str], durations: list[int]) -> None:
    assert archive.testzip() is None
    numbers = range(1, len(inputs) + 1)
    names = [f"{number:04d}.{kind}" for number in numbers for kind in ("mp3", "debug.json")]
    assert sorted(archive.namelist()) == sorted([*names, "summary.json"])  # each once
    summary = json.loads(archive.read("summary.json"))
    assert summary["status"] == "Succeeded"
    for number, text, duration, result in zip(numbers, inputs, durations, summary["results"], strict=True):
        assert (result["contents"], result["status"]) == ([text], "Succeeded")
        assert result["audioFileName"] == f"{number:04d}.mp3"
        assert int(result["properties"]["durationInMilliseconds"]) == duration
        assert int(result["properties"]["sizeInBytes"]) == archive.getinfo(f"{number:04d}.mp3").file_size > 0


def _check_ledger(running: Deployment, jobs: Mapping[str, list[str]]) -> None:
    """Each text was accepted once, in as many syntheses as there are jobs."""
    tables = TableServiceClient.from_connection_string(running.connection)
    work = BlobServiceClient.from_connection_string(running.connection).get_container_client(
        running.settings.service_container
    )
    rows = list(tables.get_table_client("syntheses").query_entities("RowKey ge 'ledger~' and RowKey lt 'ledger~~'"))
    listed = [json.loads(work.download_blob(row["blob"]).readall()) for row in rows]
    assert Counter(entry["id"] for entry in listed) == Counter(jobs.keys())
    accepted = Counter(digest for entry in listed for digest in entry["inputs"])
    assert accepted == Counter(hashlib.sha256(text.encode()).hexdigest() for texts in jobs.values() for text in texts)
