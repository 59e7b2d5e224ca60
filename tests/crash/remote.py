"""The outside of a child process: its ports live in the parent, and each call is a message. The child may be killed
before or after any call that changes something; what it held in memory is gone with it, and no `finally` runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

EFFECTS = frozenset({"insert", "replace", "delete", "commit", "write", "copy", "send", "create"})
"""Port methods that change the outside."""

KILLED = 137


@dataclass
class Line:
    """The child's end: numbers its effects and dies at the one it is told."""

    connection: Connection
    kill_at: int
    """Twice the number of an effect (from 0): before it; plus one: after it. -1: never."""
    effects: int = 0

    def call(self, port: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        counts = method in EFFECTS and port != "host"
        if counts and self.kill_at == 2 * self.effects:
            os._exit(KILLED)
        self.connection.send((port, method, args, kwargs))
        outcome, value = self.connection.recv()
        if counts and self.kill_at == 2 * self.effects + 1:
            os._exit(KILLED)
        self.effects += counts
        if outcome == "raised":
            raise value
        return value


class Remote:
    """A port of the parent, as the child sees it."""

    def __init__(self, line: Line, name: str) -> None:
        self._line, self._name = line, name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            whole = tuple(b"".join(arg) if isinstance(arg, Iterator) else arg for arg in args)  # a blob's chunks
            if head := kwargs.pop("head", None):
                name, data = whole
                whole = name, head() + data
            return self._line.call(self._name, method, whole, kwargs)

        return call


@dataclass
class Server:
    """The parent's end: serves the ports to one child at a time until it ends."""

    ports: dict[str, Any]
    expected: tuple[type[Exception], ...]
    effects: list[str] = field(default_factory=list)
    """Names of the effects served, over all children."""

    def serve(self, connection: Connection) -> None:
        while True:
            try:
                port, method, args, kwargs = connection.recv()
            except EOFError:
                return
            if method in EFFECTS and port != "host":
                self.effects.append(f"{port}.{method}")
            reply = self._answer(port, method, args, kwargs)
            try:
                connection.send(reply)
            except BrokenPipeError:
                return

    def _answer(self, port: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Any]:
        try:
            value = getattr(self.ports[port], method)(*args, **kwargs)
        except self.expected as error:
            return "raised", error
        return "returned", list(value) if isinstance(value, Iterator) else value
