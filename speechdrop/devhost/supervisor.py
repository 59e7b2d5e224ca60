"""The parent of a devhost's processes: starts Azurite and the children, starts again what dies, drains on SIGTERM.

It holds the listening socket, so that no connection is refused while `http` starts again, and one end of each child's
standard input, so that the children and Azurite end with it however it ends.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from speechdrop.devhost import azurite, child, hostjson, index, names
from speechdrop.devhost.errors import StartError
from speechdrop.devhost.identity import LocalIdentity
from speechdrop.devhost.index import BlobTrigger, Function, QueueTrigger, TimerTrigger
from speechdrop.devhost.options import VARIABLE, Options
from speechdrop.devhost.stopping import Stopping
from speechdrop.devhost.store import Store

log = logging.getLogger("devhost")

HTTP = "http"
_TICK_SECONDS = 0.05
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SETTLED_SECONDS = 10.0
"""A child that lived this long starts again without delay when it dies."""


def pause_before(failures: int) -> float:
    """Seconds until a child starts again that died early `failures` times in a row."""
    return min(_FIRST_PAUSE_SECONDS * 2 ** min(failures, 16), _LONGEST_PAUSE_SECONDS) if failures else 0.0


@dataclass(slots=True, kw_only=True)
class Child:
    """One role, and the process that has it now."""

    role: str
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    failures: int = 0
    due: float = 0.0
    """When to start the next process; meaningful while there is none."""
    ready: threading.Event = field(default_factory=threading.Event)


class Supervisor:
    """One devhost. `start`, then `watch` until it is to end, then `stop`; a context manager does start and stop."""

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        self.options = replace(options, app=options.app.resolve(), data=options.data.resolve())
        self._environ = {**names.local_settings(self.options.app.parent / "local.settings.json"), **environ}
        self._resources = ExitStack()
        self._azurite: azurite.Azurite | None = None
        self._identity: LocalIdentity | None = None
        self._socket: socket.socket | None = None
        self._children: list[Child] = []
        self.functions: tuple[Function, ...] = ()

    @property
    def url(self) -> str:
        assert self._socket is not None
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Returns when every process is ready. Raises StartError, AzuriteMissing, AzuriteFailed."""
        try:
            self._claim_data()
            self._start_azurite()
            self._start_identity()
            self.functions = self._index()
            self._listen()
            self._children = [Child(role=role) for role in roles(self.functions, self.options.workers)]
            Store(self.options.database)  # makes it, before several processes open it at once
            # HTTP comes last: when it answers, everything else runs.
            for group in (self._but_http(), self._http()):
                for each in group:
                    self._spawn(each)
                await_ready(group)
        except BaseException:
            self.stop()
            raise

    def watch(self, stopping: Stopping) -> None:
        """Starts again what dies, until `stopping` is set."""
        while not stopping.wait(_TICK_SECONDS):
            self.tend()

    def tend(self) -> None:
        """One look at the children."""
        for each in self._children:
            if each.process and each.process.poll() is not None:
                self._bury(each)
            if each.process is None and time.monotonic() >= each.due:
                self._spawn(each)

    def stop(self) -> None:
        """Drains workers and timers, then HTTP, which they may be calling; then stops Azurite."""
        deadline = time.monotonic() + self.options.times.drain_seconds
        self._end(self._but_http(), deadline)
        self._end(self._http(), deadline)
        self._resources.close()

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _claim_data(self) -> None:
        self.options.data.mkdir(parents=True, exist_ok=True)
        lock = self._resources.enter_context((self.options.data / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"Another devhost runs on {self.options.data}; stop it, or choose another --data."
            ) from error
        self._resources.callback(self.options.processes.unlink, missing_ok=True)

    def _start_azurite(self) -> None:
        if names.wants_emulator(self._environ):
            ports = azurite.ports_from(self.options.azurite_port)
            self._azurite = azurite.start(self.options.data / "azurite", ports=ports)
            self._resources.callback(azurite.stop, self._azurite)
            self._environ = names.with_emulator(self._environ, self._azurite.connection_string)

    def _start_identity(self) -> None:
        if self.options.identity:
            self._identity = self._resources.enter_context(LocalIdentity())
            self._environ = {**self._environ, **self._identity.settings}

    def _index(self) -> tuple[Function, ...]:
        os.environ.update(self._environ)  # the app may read settings while it is imported
        config = hostjson.read(self.options.app.parent / "host.json", self._environ)
        return index.index(index.load(self.options.app), self._environ, route_prefix=config.route_prefix)

    def _listen(self) -> None:
        try:
            self._socket = self._resources.enter_context(
                socket.create_server(("127.0.0.1", self.options.port), backlog=512)
            )
        except OSError as error:
            raise StartError(
                f"Port {self.options.port} is taken ({error.strerror}); choose another by PORT."
            ) from error

    def _http(self) -> list[Child]:
        return [each for each in self._children if each.role == HTTP]

    def _but_http(self) -> list[Child]:
        return [each for each in self._children if each.role != HTTP]

    def _spawn(self, each: Child) -> None:
        assert self._socket is not None
        told, tells = os.pipe()
        each.process = subprocess.Popen(  # noqa: S603 (our own command line)
            [sys.executable, "-m", child.__name__, each.role],
            stdin=subprocess.PIPE,
            cwd=self.options.app.parent,
            env={**self._child_environment(), child.READY_FD: str(tells)},
            pass_fds=(self._socket.fileno(), tells),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which drains
        )
        each.began = time.monotonic()
        os.close(tells)
        threading.Thread(target=_await_word, args=(each, told), daemon=True).start()
        self._write_processes()

    def _child_environment(self) -> dict[str, str]:
        assert self._socket is not None
        path = os.pathsep.join(filter(None, (str(azurite.REPOSITORY), self._environ.get("PYTHONPATH"))))
        unbuffered = {"PYTHONUNBUFFERED": "1"}  # what functions print is seen at once, also when a process is killed
        # Else each thread keeps the memory of the largest job that it ever had in hand (mallopt(3)). A lower
        # MALLOC_MMAP_THRESHOLD_ would give more of it back, but speaking then costs a third more CPU; one arena for all
        # threads costs none.
        arenas = {"MALLOC_ARENA_MAX": "1"}
        own = {VARIABLE: self.options.to_json(), child.LISTENING_FD: str(self._socket.fileno()), "PYTHONPATH": path}
        return {**arenas, **self._environ, **unbuffered, **own}

    def _bury(self, each: Child) -> None:
        assert each.process is not None
        lived = time.monotonic() - each.began
        each.failures = 0 if lived >= _SETTLED_SECONDS else each.failures + 1
        each.due = time.monotonic() + pause_before(each.failures)
        log.error("process=%s pid=%d ended with %d, starts again", each.role, each.process.pid, each.process.returncode)
        if each.process.stdin:
            each.process.stdin.close()
        each.process = None

    def _end(self, children: Iterable[Child], deadline: float) -> None:
        processes = [each.process for each in children if each.process]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("pid=%d did not end in time: killed", process.pid)
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()

    def _write_processes(self) -> None:
        """processes.json: which process has which role now, for whoever wants to look at one, or kill it."""
        pids = {each.role: each.process.pid for each in self._children if each.process}
        pids["supervisor"] = os.getpid()
        if self._azurite:
            pids["azurite"] = self._azurite.process.pid
        storage = self._azurite.connection_string if self._azurite else None
        found = self._identity and dict(self._identity.client_settings)
        content = json.dumps({"url": self.url, "azurite": storage, "identity": found, "pids": pids}, indent=2)
        draft = self.options.processes.with_suffix(".new")
        draft.touch(0o600)
        draft.write_text(content + "\n", encoding="utf-8")
        draft.replace(self.options.processes)


def await_ready(group: Iterable[Child]) -> None:
    """Raises StartError. One that died after it was ready is started again by `tend`, as at any time."""
    while waiting := [each for each in group if not each.ready.is_set()]:
        for each in waiting:
            if each.process and each.process.poll() is not None and not each.ready.wait(_TICK_SECONDS):
                raise StartError(
                    f"The process {each.role} ended with {each.process.returncode} while starting; see above."
                )
        time.sleep(_TICK_SECONDS / 2)


def roles(functions: Iterable[Function], workers: int) -> list[str]:
    """The processes that these functions need: scale groups, as on Flex Consumption, with all queues in one."""
    kinds = {type(function.trigger) for function in functions}
    found = [HTTP]
    if kinds & {TimerTrigger, BlobTrigger}:
        found.append("timer")
    if kinds & {BlobTrigger, QueueTrigger}:
        found += [f"worker-{number}" for number in range(1, workers + 1)]
    return found


def _await_word(each: Child, told: int) -> None:
    """Waits for a child's word that it is ready; an end without it says nothing here."""
    with open(told, "rb") as pipe:
        if pipe.read(1):
            each.ready.set()
