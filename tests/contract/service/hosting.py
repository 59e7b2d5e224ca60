"""A running service with the silent engine, and nothing else: no inbox, no endpoint, no content storage."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from speechdrop.cli.local import TIMES, free_port, last_words, stop
from speechdrop.devhost import azurite as emulator
from speechdrop.devhost.identity import LocalIdentity

KEYS = [f"contract-{number:04d}" for number in range(900)]
"""A caller has a budget of requests."""
SERVICE_ALONE = {
    f"AzureWebJobs.pipeline_{name}.Disabled": "true" for name in ("intake", "poll", "tick", "finish", "sweep")
}
_FUNCTIONS = emulator.REPOSITORY / "function_app.py"


@contextmanager
def host(home: Path, identity: LocalIdentity, **settings: str) -> Iterator[tuple[str, str]]:
    """A running service; gives its URL and its storage's connection string. All that it logs goes to `host.log`."""
    port, log = free_port(), home / "host.log"
    command = [sys.executable, "-m", "speechdrop.cli.tethered", "--app", str(_FUNCTIONS), "--data", str(home / "host")]
    with emulator.running(home / "azurite") as connection, log.open("wb") as output:
        own = {"AzureWebJobsStorage": connection, "SERVICE_KEYS": ",".join(KEYS), "ENGINE": "silence"}
        local = {"DESTINATION_HOSTS": ".blob.core.windows.net,127.0.0.1"}
        environ = {**os.environ, **TIMES, **own, **local, **identity.settings, **SERVICE_ALONE, **settings}
        environ.pop("CONTENT_STORAGE", None)
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "2", "--verbose"],
            cwd=emulator.REPOSITORY,
            stdin=subprocess.PIPE,
            env=environ,
            stdout=output,
            stderr=output,
        )
        try:
            _await(f"http://127.0.0.1:{port}/openapi.json", process, log)
            yield f"http://127.0.0.1:{port}", connection
        finally:
            stop(process)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert requests.get(url, timeout=10).status_code == 200
            return
        except (requests.ConnectionError, requests.Timeout):
            assert process.poll() is None, last_words(log)
            assert time.monotonic() < deadline, last_words(log)
            time.sleep(0.05)
