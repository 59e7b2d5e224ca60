"""What a devhost is told: where the app is, how many processes, and the host's own times.

Options travel from the supervisor to its child processes as JSON in one environment variable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

VARIABLE = "SPEECHDROP_DEVHOST"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTimes:
    """Times of the host that host.json does not hold; the defaults are the real host's where it has such a time."""

    invisibility_seconds: float = 600.0
    """How long a message or event in work stays hidden; renewed at half-life."""
    watch_seconds: float = 0.25
    """Between two looks into a watched container (the devhost's stand-in for Event Grid)."""
    blob_poll_seconds: float = 0.05
    """Between two looks into the host's own blob queue."""
    queue_poll_seconds: float = 0.1
    """Shortest wait between two looks into an empty queue; the longest is host.json's maxPollingInterval."""
    drain_seconds: float = 30.0
    """How long a stop waits for running functions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    app: Path = Path("function_app.py")
    data: Path = Path(".speechdrop/devhost")
    """Directory of Azurite's files, the host's database, keys and processes.json."""
    port: int = 7071
    """0: any free port."""
    workers: int = 1
    azurite_port: int = 10000
    """First of Azurite's three ports; 0: any free ones."""
    watch: bool = True
    """Whether blobs that appear raise events by themselves."""
    identity: bool = False
    """Whether there is a managed identity, whose tokens the service takes."""
    verbose: bool = False
    times: HostTimes = field(default_factory=HostTimes)

    @property
    def database(self) -> Path:
        return self.data / "host.sqlite"

    @property
    def keys(self) -> Path:
        return self.data / "keys.json"

    @property
    def processes(self) -> Path:
        return self.data / "processes.json"

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        values = json.loads(text)
        values |= {"app": Path(values["app"]), "data": Path(values["data"]), "times": HostTimes(**values["times"])}
        return cls(**values)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        return cls.from_json(environ[VARIABLE])
