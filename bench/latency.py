"""How long a lone short file takes on an idle host, next to what the same text costs the voice alone, in one run.

`python -m bench.latency` prints a line per file: seconds from the upload to the accepted job, and to the manifest.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from rich.console import Console
from rich.table import Table

from shared.engines import engine
from shared.ports import Utterance
from speechdrop.cli.local import Deployment, deployment

FILES = 6
IDLE_SECONDS = 7
"""Between files: longer than the packer's memory of its last job, so that each is a lone one."""


def text_of(number: int) -> str:
    return f"Hello number {number}. This is a short file, with two sentences in it."


def drop(running: Deployment, number: int) -> tuple[float, float]:
    """Seconds to the accepted job, and to the manifest."""
    blobs = BlobServiceClient.from_connection_string(running.connection)
    dropped = datetime.now(UTC)
    blobs.get_container_client("inbox").upload_blob(f"{number}.txt", text_of(number).encode())
    while True:
        try:
            manifest = json.loads(
                blobs.get_blob_client("results", f"{number}.txt/manifest.json").download_blob().readall()
            )
            break
        except ResourceNotFoundError:
            time.sleep(0.02)
    seen = datetime.now(UTC)
    jobs = TableServiceClient.from_connection_string(running.connection).get_table_client("jobs")
    job = next(iter(jobs.query_entities("RowKey eq @id", parameters={"id": manifest["jobs"][0]})))
    accepted = datetime.fromisoformat(str(job["accepted"]))
    return (accepted - dropped).total_seconds(), (seen - dropped).total_seconds()


def voice_alone(number: int) -> float:
    begun = time.perf_counter()
    for _ in engine("hibari").speak(Utterance(text=text_of(number), voice="heart")):
        pass
    return time.perf_counter() - begun


def main() -> None:
    console, table = Console(), Table(title="A lone short file, seconds")
    for column in ("file", "to the accepted job", "to the manifest", "voice alone"):
        table.add_column(column, justify="right")
    rows = []
    with tempfile.TemporaryDirectory() as data, deployment(Path(data), port=0, key="key", workers=2) as running:
        blobs = BlobServiceClient.from_connection_string(running.connection)
        for name in ("inbox", "results"):
            blobs.create_container(name)
        for number in range(FILES):
            time.sleep(IDLE_SECONDS)
            rows.append((*drop(running, number), voice_alone(number)))
    for number, row in enumerate(rows):
        table.add_row("first" if number == 0 else str(number + 1), *(f"{value:.2f}" for value in row))
    table.add_row("median", *(f"{statistics.median(column):.2f}" for column in zip(*rows, strict=True)))
    console.print(table)


if __name__ == "__main__":
    main()
