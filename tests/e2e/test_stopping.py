"""Nothing that a command started outlives it, however it ends: a closed terminal, even SIGKILL."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from speechdrop.cli.local import free_port
from tests.e2e.conftest import ROOT


@contextmanager
def running(base: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    places = {"data": base / "data", "inbox": base / "inbox", "out": base / "out", "port": port, "workers": 1}
    options = [word for name, value in places.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "speechdrop", "run", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.azurite
@pytest.mark.usefixtures("azurite")
@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_a_command(tmp_path: Path, ending: signal.Signals) -> None:
    port = free_port()
    with running(tmp_path, port) as process:
        assert process.stdout
        said = ""
        while "Ctrl-C stops" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert listens(port)
        process.send_signal(ending)
        assert process.wait(40) == (-signal.SIGKILL if ending is signal.SIGKILL else 0)
        deadline = time.monotonic() + 40
        while listens(port) or processes_on(tmp_path):
            assert time.monotonic() < deadline, processes_on(tmp_path)
            time.sleep(0.2)


def processes_on(data: Path) -> list[str]:
    """Command lines that name the folder: the host's and Azurite's."""
    if Path("/proc/self/cmdline").exists():
        lines = [line for process in Path("/proc").glob("[0-9]*") if (line := command_line(process))]
    else:
        lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(data) in line]


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""  # it has just ended
