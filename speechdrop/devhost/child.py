"""A child process of the devhost: `python -m speechdrop.devhost.child ROLE`, started by the supervisor.

Roles: `http`, `timer` (timers and watchers), `worker-N` (blob and queue functions). Nothing is shared but storage and
the store. A child drains on SIGTERM, and ends at once when its standard input ends: the supervisor is gone then.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from speechdrop.devhost import blobs, hostjson, index, queues, web
from speechdrop.devhost.host import Host
from speechdrop.devhost.index import BlobTrigger, Function, QueueTrigger, TimerTrigger
from speechdrop.devhost.invoke import Invoker
from speechdrop.devhost.keys import keys_at
from speechdrop.devhost.logs import configure
from speechdrop.devhost.options import Options
from speechdrop.devhost.stopping import Stopping
from speechdrop.devhost.store import Store
from speechdrop.devhost.timers import Timer
from speechdrop.devhost.watcher import Watcher

LISTENING_FD = "SPEECHDROP_DEVHOST_SOCKET"
"""Variable with the number of the listening socket that the supervisor hands to `http`."""
READY_FD = "SPEECHDROP_DEVHOST_READY"
"""Variable with the number of the pipe that gets one byte when everything has started."""

_BROKEN = 71
_QUIET_SECONDS = 0.2


class Part(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


def main(role: str) -> None:
    options = Options.from_environment(os.environ)
    configure(role, verbose=options.verbose)
    stopping = Stopping(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = _die
    threading.Thread(target=_watch_supervisor, daemon=True).start()
    parts = _ROLES[role.partition("-")[0]](_host(options))
    for part in parts:
        part.start()
    os.write(int(os.environ[READY_FD]), b"!")
    stopping.wait()
    _stop_together(parts)
    # Threads of the HTTP server, and connection pools, would hold the end up.
    logging.shutdown()
    os._exit(0)


def _host(options: Options) -> Host:
    config = hostjson.read(options.app.parent / "host.json", os.environ)
    functions = index.index(index.load(options.app), os.environ, route_prefix=config.route_prefix)
    return Host(
        options=options,
        environ=os.environ,
        config=config,
        functions=functions,
        store=Store(options.database),
        invoker=Invoker(timeout_seconds=config.timeout_seconds),
    )


def _worker(host: Host) -> list[Part]:
    parts: list[Part] = []
    for function in host.functions:
        if isinstance(function.trigger, QueueTrigger):
            parts.append(queues.listener(function, function.trigger, host))
        elif isinstance(function.trigger, BlobTrigger):
            parts.append(blobs.listener(function, function.trigger, host))
    return parts


def _timer(host: Host) -> list[Part]:
    places: dict[tuple[str, str], list[tuple[Function, BlobTrigger]]] = defaultdict(list)
    parts: list[Part] = []
    for function in host.functions:
        if isinstance(function.trigger, TimerTrigger):
            parts.append(Timer(function, function.trigger, invoker=host.invoker, store=host.store))
        elif isinstance(function.trigger, BlobTrigger) and host.options.watch:
            places[(function.trigger.connection, function.trigger.container)].append((function, function.trigger))
    every = host.options.times.watch_seconds
    watchers = [
        Watcher(place, found, environ=host.environ, store=host.store, every_seconds=every)
        for place, found in places.items()
    ]
    return [*watchers, *parts]


def _http(host: Host) -> list[Part]:
    return [_Server(host)]


_ROLES: dict[str, Callable[[Host], list[Part]]] = {"worker": _worker, "timer": _timer, "http": _http}


class _Server:
    """The HTTP server as a part. A stop waits for the requests under way; new ones are still answered meanwhile."""

    def __init__(self, host: Host) -> None:
        self._invoker = host.invoker
        self._site = web.WebSite(
            host.functions, invoker=host.invoker, keys=keys_at(host.options.keys), store=host.store
        )
        self._socket = socket.socket(fileno=int(os.environ[LISTENING_FD]))

    def start(self) -> None:
        threading.Thread(target=web.serve, args=(self._site, self._socket), daemon=True).start()

    def stop(self) -> None:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < _QUIET_SECONDS:  # so that the last answer has left, too
            if self._invoker.running:
                quiet_since = time.monotonic()
            time.sleep(0.02)


def _stop_together(parts: list[Part]) -> None:
    threads = [threading.Thread(target=part.stop) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _watch_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def _die(failed: threading.ExceptHookArgs) -> None:
    """A thread of the host itself broke: the process ends, and the supervisor starts another."""
    logging.getLogger("devhost").critical("host thread failed", exc_info=failed.exc_value)
    os._exit(_BROKEN)


if __name__ == "__main__":
    main(sys.argv[1])
