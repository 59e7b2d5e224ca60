"""Everything on one machine: Azurite, the development host in front of it, and the settings that join the two.

Whoever enters `deployment` gets it running and answering, and on leaving it is stopped.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from shared.errors import SpeechdropError
from shared.settings import Settings
from speechdrop.devhost import azurite

REPOSITORY = Path(__file__).resolve().parents[2]

TIMES: Mapping[str, str] = {
    "INBOX_CONTAINER": "inbox",
    "POLL_SCHEDULE": "*/1 * * * * *",
    "TEND_SCHEDULE": "*/5 * * * * *",
    "SWEEP_SCHEDULE": "*/10 * * * * *",
    "PURGE_SCHEDULE": "0 0 * * * *",
    "HTTP_TIMEOUT_SECONDS": "10",
    "LEASE_SECONDS": "20",
    "LEASE_MARGIN_SECONDS": "2",
    "ACCEPT_WINDOW_SECONDS": "5",
    "BACK_OFF_FIRST_SECONDS": "1",
    "BACK_OFF_MOST_SECONDS": "5",
    "UNSEEN_GET_SECONDS": "5",
    "MISSING_FILE_SECONDS": "20",
    "STUCK_SECONDS": "10",
    "SPEAK_LEASE_SECONDS": "20",
    "MAX_ACTIVE_JOBS": "4",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.2",
}
"""What the cloud does in minutes a laptop may do in seconds, and it takes fewer jobs at once. A setting in the caller's
environment wins."""


class DeploymentFailed(SpeechdropError):
    """Something that should run on this machine does not; the message says what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A running Speechdrop."""

    url: str
    """Base URL of the speech service, and of everything else that the host serves."""
    key: str = field(repr=False)
    connection: str = field(repr=False)
    """Of the storage account with inbox and results."""
    settings: Settings
    log: Path
    identity: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment by which a client finds the managed identity, where there is one."""
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Raises DeploymentFailed if the host has ended, with the last of what it said."""
        if self.process.poll() is not None:
            raise DeploymentFailed(f"The development host has stopped.\n{last_words(self.log)}")


@contextmanager
def deployment(
    data: Path, *, port: int, key: str, workers: int, identity: bool = False, app: Path | None = None
) -> Iterator[Deployment]:
    """Azurite and the host on `data`, serving on 127.0.0.1:`port` (0: a free one) while the block runs.

    With `identity` there is a managed identity as well, and the pipeline enters the service by it instead of the key.
    `app` is run instead of function_app.py; its host.json lies beside it.

    Raises SettingsError, AzuriteMissing, AzuriteFailed, DeploymentFailed.
    """
    storage_ports = azurite.ports_from(storage_port(port))
    port = free_port() if port == 0 else unused(port)
    with azurite.running(data / "azurite", ports=storage_ports) as connection:
        environ = environment(os.environ, connection=connection, url=f"http://127.0.0.1:{port}", key=key)
        if identity:
            environ["SPEECH_KEY"] = ""
        settings = Settings.from_env(environ)
        log = data / "host.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 (our own command line)
                host_command(data, port=port, workers=workers, identity=identity, app=app),
                cwd=REPOSITORY,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches this command alone, which then stops the host in order.
            )
        url = environ["SPEECH_ENDPOINT"]
        running = Deployment(url=url, key=key, connection=connection, settings=settings, log=log, process=process)
        try:
            wait_until_it_answers(running)
            yield replace(running, identity=identity_of(data)) if identity else running
        finally:
            stop(process)


INVISIBILITY_SECONDS = 15
"""A message whose worker died is given out again after this long."""


def host_command(data: Path, *, port: int, workers: int, identity: bool = False, app: Path | None = None) -> list[str]:
    options: dict[str, object] = {"port": port, "workers": workers, "data": data.resolve() / "host"}
    options |= {"invisibility": INVISIBILITY_SECONDS, **({"app": app} if app else {})}
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    return [sys.executable, "-m", "speechdrop.cli.tethered", *given, *(["--identity"] if identity else [])]


def identity_of(data: Path) -> dict[str, str]:
    """What a client needs in its environment to be given the host's tokens."""
    found: dict[str, str] = json.loads((data / "host" / "processes.json").read_text())["identity"]
    return found


def environment(base: Mapping[str, str], *, connection: str, url: str, key: str) -> dict[str, str]:
    """The host's environment: short times, then the caller's own settings, then what joins the parts.

    Results go to Azurite besides where the caller lets them go; the ledger is on, as on every devhost.
    """
    joints = {
        "AzureWebJobsStorage": connection,
        "CONTENT_STORAGE": connection,
        "SPEECH_ENDPOINT": url,
        "SPEECH_KEY": key,
        "SERVICE_KEYS": key,
        "DESTINATION_HOSTS": ",".join(filter(None, ["127.0.0.1", base.get("DESTINATION_HOSTS", "")])),
        "LEDGER": "true",
    }
    return {**TIMES, **base, **joints}


def wait_until_it_answers(running: Deployment, *, patience: float = 60) -> None:
    """Until the service lists its syntheses, which needs the app, its settings and its storage.

    Raises DeploymentFailed.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        running.check()
        try:
            if list_syntheses(running, top=1).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass  # it is not there yet, or has its hands full
        time.sleep(0.1)
    raise DeploymentFailed(f"The development host did not answer within {patience:g} s.\n{last_words(running.log)}")


def list_syntheses(running: Deployment, *, top: int) -> requests.Response:
    return requests.get(
        f"{running.url}/texttospeech/batchsyntheses",
        params={"api-version": "2024-04-01", "maxpagesize": str(top)},
        headers={"Ocp-Apim-Subscription-Key": running.key},
        timeout=10,
    )


def stop(process: subprocess.Popen[bytes], *, patience: float = 30) -> None:
    """SIGTERM, so that the host drains; SIGKILL if that takes longer than `patience` seconds."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def last_words(log: Path, *, lines: int = 15) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def storage_port(port: int) -> int:
    """Azurite's first port for a service on `port`: always the same, as rows hold links into it; 0: any free one.

    Its own 10000 for the usual 7071, and no two neighbours share one.
    """
    return 10000 + 3 * (port % 7071) if port else 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def unused(port: int) -> int:
    """Raises DeploymentFailed: somebody listens there already."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise DeploymentFailed(f"Port {port} is taken ({error.strerror}). Name another: PORT=7072 make run") from error
    return port


def kept_key(data: Path) -> str:
    """The service's key of this data folder: drawn once, readable by its owner alone."""
    path = data / "key"
    if not path.exists():
        path.touch(0o600)
        path.write_text(new_key())
    return path.read_text().strip()


def new_key() -> str:
    return secrets.token_hex(16)


@contextmanager
def held(data: Path) -> Iterator[None]:
    """One process at a time on a data folder, which is made if missing. Raises DeploymentFailed."""
    data.parent.mkdir(parents=True, exist_ok=True)
    with data.with_name(f"{data.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DeploymentFailed(f"Another speechdrop is running on {data}; stop it first.") from error
        data.mkdir(exist_ok=True)
        yield
