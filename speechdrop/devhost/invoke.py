"""Calls functions: gives them their trigger's value and context; ends the process when one takes too long."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from speechdrop.devhost.index import Function

log = logging.getLogger("devhost")

TIMED_OUT = 70
"""Exit status of a process that ended because a function ran too long."""


class FunctionFailed(Exception):
    """A function raised; the message says what and where, in one line."""


class Invoker:
    """One per process."""

    def __init__(self, *, timeout_seconds: float | None) -> None:
        self._timeout = timeout_seconds
        self._running: dict[int, tuple[str, float]] = {}
        self._numbers = itertools.count()
        self._ran: set[str] = set()
        if timeout_seconds is not None:
            threading.Thread(target=self._watch, args=(timeout_seconds,), name="timeouts", daemon=True).start()

    def call(self, function: Function, value: Any) -> Any:
        """Runs the function and returns what it returns. Raises FunctionFailed."""
        arguments = {function.parameter: value}
        if function.takes_context:
            arguments["context"] = SimpleNamespace(invocation_id=str(uuid.uuid4()), function_name=function.name)
        with self._counted(function.name):
            try:
                return function.call(**arguments)
            except Exception as error:
                log.info("function=%s trace:", function.name, exc_info=error)
                raise FunctionFailed(_in_one_line(error)) from error
            finally:
                self._freeze_after_first(function.name)

    def _freeze_after_first(self, name: str) -> None:
        """What a function imports stays. Left out of the collector's count, it no longer keeps megabytes of cycles,
        which SDKs leave with each answer, from being collected (gc.freeze)."""
        if name not in self._ran:
            self._ran.add(name)
            gc.collect()
            gc.freeze()

    @property
    def running(self) -> int:
        return len(self._running)

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        number = next(self._numbers)
        self._running[number] = (name, time.monotonic())
        try:
            yield
        finally:
            del self._running[number]

    def _watch(self, timeout: float) -> None:
        while True:
            time.sleep(min(1.0, timeout / 4))
            for name, began in list(self._running.values()):
                if time.monotonic() - began > timeout:
                    # The host restarts the worker then, and the neighbours of the slow function die with it.
                    log.error("function=%s exceeded functionTimeout (%g s): process ends", name, timeout)
                    os._exit(TIMED_OUT)


def _in_one_line(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {place}: {' '.join(str(error).split())}"
