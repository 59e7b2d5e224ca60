"""What a devhost survives, refuses and finishes: kills, restarts, drains, timeouts, and wrong settings."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from speechdrop.devhost import azurite
from speechdrop.devhost.schedule import Status
from speechdrop.devhost.store import Store
from tests.integration.devhost.hosting import NEVER, Devhost, eventually

pytestmark = pytest.mark.azurite

Make = Callable[..., Devhost]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "Z" in subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout


def three_free_ports() -> azurite.Ports:
    """Three in a row, as Azurite's are."""
    while True:
        first = azurite.free_ports().blob
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for port in (first + 1, first + 2):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return azurite.ports_from(first)


def test_a_killed_worker_starts_again_and_its_message_comes_again(made: Make) -> None:
    host = made("--invisibility", "1").start()
    host.send("cut", sleep=0.6)
    (first,) = eventually(lambda: host.calls("on_message", key="cut"))
    os.kill(first["pid"], signal.SIGKILL)
    (done,) = eventually(lambda: host.calls("done", key="cut"))
    assert [call["count"] for call in host.calls("on_message", key="cut")] == [1, 2]
    assert done["pid"] == host.pids["worker-1"] != first["pid"]
    os.kill(host.pids["timer"], signal.SIGKILL)
    host.drop("docs/after.txt")
    eventually(lambda: host.calls("on_blob", name="docs/after.txt"))
    os.kill(host.pids["http"], signal.SIGKILL)
    assert requests.get(f"{host.url}/nothing", timeout=10).status_code == 204, "the next process takes the connection"
    assert host.stop() == 0


def test_a_blob_event_survives_the_kill_of_its_worker(made: Make) -> None:
    host = made("--invisibility", "1").start()
    os.kill(host.pids["worker-1"], signal.SIGSTOP)
    host.drop("docs/held.txt")
    store = Store(host.home / "data" / "host.sqlite")
    eventually(store.waiting)
    os.kill(host.pids["worker-1"], signal.SIGKILL)
    eventually(lambda: host.calls("on_blob", name="docs/held.txt"))
    eventually(lambda: not store.waiting())
    host.stop()


def test_nothing_outlives_a_killed_supervisor_and_the_next_one_goes_on(made: Make) -> None:
    """With an Azurite of its own: it keeps its data; a blob that comes while the host is down is told of afterwards."""
    ports = three_free_ports()
    first = ("--azurite-port", str(ports.blob))
    host = made(*first, connection=azurite.connection_string(ports), storage="UseDevelopmentStorage=true").start()
    host.make_storage()
    host.drop("docs/before.txt")
    eventually(lambda: host.calls("on_blob", name="docs/before.txt"))
    pids = host.pids
    assert set(pids) == {"supervisor", "azurite", "http", "timer", "worker-1"}
    host.crash()
    eventually(lambda: all(gone(pid) for pid in pids.values()))
    with azurite.running(host.home / "data" / "azurite", ports=ports):
        host.drop("docs/meanwhile.txt")
    host.start()
    eventually(lambda: host.calls("on_blob", name="docs/meanwhile.txt"))
    assert len(host.calls("on_blob", name="docs/before.txt")) == 1
    pids = host.pids
    assert host.stop() == 0
    assert all(gone(pid) for pid in pids.values())


def test_a_stop_lets_running_functions_finish(made: Make) -> None:
    host = made().start()
    host.send("last", sleep=1)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(requests.get, f"{host.url}/slow", timeout=10)
        eventually(lambda: host.calls("on_message", key="last") and host.calls("slow"))
        assert host.stop() == 0
        assert asked.result().text == "done"
    assert host.calls("done", key="last")
    assert host.jobs.get_queue_properties().approximate_message_count == 0, "and its message is settled"


def test_a_stop_kills_what_does_not_finish_in_time(made: Make) -> None:
    host = made("--drain", "0.5").start()
    host.send("endless", sleep=60)
    eventually(lambda: host.calls("on_message", key="endless"))
    assert host.stop() == 0
    assert "did not end in time: killed" in host.log()


def test_a_function_beyond_its_time_limit_ends_its_process(made: Make) -> None:
    host = made("--invisibility", "1", AzureFunctionsJobHost__functionTimeout="00:00:01").start()
    before = host.pids["worker-1"]
    host.send("endless", sleep=60)
    eventually(lambda: host.calls("on_message", key="endless", count=2))
    assert host.pids["worker-1"] != before
    assert "function=on_message exceeded functionTimeout (1 s): process ends" in host.log()
    host.jobs.clear_messages()


def test_a_missed_firing_is_made_up_for_once(made: Make) -> None:
    host = made()
    store = Store(host.home / "data" / "host.sqlite")
    then = datetime.now(UTC) - timedelta(days=3 * 365)
    store.save_status("yearly", Status(expression=NEVER, last=None, next=then, updated=then))
    host.start()
    eventually(lambda: host.calls("yearly", past_due=True))
    host.stop()
    known = store.status("yearly")
    assert known
    assert known.next > datetime.now(UTC)
    host.start()
    host.stop()
    assert len(host.calls("yearly")) == 1


def test_a_function_may_be_switched_off(made: Make) -> None:
    off = {f"AzureWebJobs.{name}.Disabled": value for name, value in (("on_blob", "true"), ("echo", "1"))}
    host = made(**off).start()
    assert {"on_blob: disabled", "echo: disabled"} <= set(host.lines)
    host.drop("docs/unseen.txt")
    host.drop("streams/seen.txt")
    assert requests.get(f"{host.url}/echo/1", timeout=5).status_code == 404
    eventually(lambda: host.calls("on_stream"))
    assert not host.calls("on_blob")
    host.stop()


@pytest.mark.parametrize(
    ("options", "settings", "message"),
    [
        ((), {"OFTEN": "whenever"}, "Function often: schedule is 'whenever'; it must be an NCRONTAB expression"),
        ((), {"CONTENT": ""}, "Function on_blob: the connection CONTENT is missing; set it."),
        (("--app", "/nowhere/app.py"), {}, "There is no /nowhere/app.py; name the app's file by --app."),
        ((), {"AzureFunctionsJobHost__functionTimeout": "5"}, "host.json: functionTimeout is '5'; it must be a time"),
    ],
)
def test_wrong_settings_refuse_the_start(
    made: Make, options: tuple[str, ...], settings: dict[str, str], message: str
) -> None:
    host = made(*options, **settings)
    done = subprocess.run(host.command(), env=host.environment(), capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
