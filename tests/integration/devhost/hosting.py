"""A devhost on its own data, as a real process, and the hands to work it."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from speechdrop.devhost.azurite import REPOSITORY
from speechdrop.devhost.keys import Keys, keys_at

APP = Path(__file__).parent / "app" / "devhost_app.py"
PATIENCE_SECONDS = 60.0
NEVER = "0 0 0 1 1 *"


def eventually(check: Callable[[], Any], *, within: float = PATIENCE_SECONDS) -> Any:
    """Repeats until the check gives something true, and returns that."""
    deadline = time.monotonic() + within
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)
    return found


@dataclass(kw_only=True)
class Devhost:
    """One data directory, and the devhost process that runs on it, if any."""

    home: Path
    connection: str
    options: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    storage: str = ""
    """What the host is told of its storage; "": the connection."""
    process: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list)
    """What it printed before it was ready."""

    def __post_init__(self) -> None:
        own = uuid.uuid4().hex[:12]
        self.inbox = ContainerClient.from_connection_string(self.connection, f"inbox-{own}")
        self.jobs = QueueClient.from_connection_string(self.connection, f"jobs-{own}")
        self.poison = QueueClient.from_connection_string(self.connection, f"jobs-{own}-poison")

    def command(self, *options: str) -> list[str]:
        given = ("--app", str(APP), "--data", str(self.home / "data"), "--port", "0", *self.options, *options)
        return [sys.executable, "-m", "speechdrop.devhost", *given]

    def environment(self) -> dict[str, str]:
        own = {"RECORD": str(self.home / "record"), "INBOX": self.inbox.container_name, "JOBS": self.jobs.queue_name}
        told = self.storage or self.connection
        storage = {"AzureWebJobsStorage": told, "CONTENT": told}
        return {
            **os.environ,
            "DEVHOST_VERBOSE": "false",
            "OFTEN": NEVER,
            "PYTHONPATH": str(REPOSITORY),
            **storage,
            **own,
            **self.settings,
        }

    def start(self) -> Devhost:
        log = (self.home / "log").open("a")
        with log:
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.strip())
            if line.startswith("Listening"):
                return self
        raise AssertionError(self.log())

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        return self._end(signal.SIGTERM)

    def crash(self) -> None:
        """SIGKILL to the supervisor."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> int:
        assert self.process
        assert self.process.stdout
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        self.process = None
        return status

    def log(self) -> str:
        return (self.home / "log").read_text()

    @property
    def url(self) -> str:
        return f"{self._processes()['url']}/v1"

    @property
    def pids(self) -> dict[str, int]:
        pids: dict[str, int] = self._processes()["pids"]
        return pids

    @property
    def keys(self) -> Keys:
        return keys_at(self.home / "data" / "keys.json")

    def _processes(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.home / "data" / "processes.json").read_text())
        return content

    def calls(self, function: str, **facts: Any) -> list[dict[str, Any]]:
        """What was recorded of a function so far, where all given facts fit."""
        path = self.home / "record"
        lines = path.read_text().splitlines() if path.exists() else []
        calls = [call for line in lines if (call := json.loads(line))["function"] == function]
        return [call for call in calls if facts.items() <= call.items()]

    def make_storage(self) -> None:
        self.inbox.create_container()
        self.jobs.create_queue()

    def drop(self, name: str, text: str = "text") -> None:
        self.inbox.upload_blob(name, text, overwrite=True)

    def send(self, key: str, **order: Any) -> None:
        self.jobs.send_message(base64.b64encode(json.dumps({"key": key, **order}).encode()).decode())
