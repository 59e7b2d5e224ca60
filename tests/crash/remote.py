"""The outside of a child process: its ports live in the parent, and each call is a message. The child may be killed
before or after any call that changes something; what it held in memory is gone with it, and no `finally` runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

EFFECTS = frozenset(
    {"insert", "replace", "delete", "commit", "write", "copy", "send", "create", "delete_all", "notify"}
)
"""Port methods that change the outside."""

KILLED = 137


@dataclass
class Line:
    """The child's end: numbers its effects and dies at the one it is told."""

    connection: Connection
    kill_at: int
    """Twice the number of an effect (from 0): before it; plus one: after it. -1: never."""
    now: datetime
    """The parent's time, which stands still between calls: each reply tells it, so that none has to ask."""
    effects: int = 0

    def call(self, port: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """In the parent."""
        outcome, value = self.counted(port, method, lambda: self._ask(port, method, args, kwargs))
        if outcome == "raised":
            raise value
        return value

    def counted(self, port: str, method: str, act: Callable[[], Any]) -> Any:
        """Does it, and dies before or after it if its number is up."""
        if method not in EFFECTS or port == "host":
            return act()
        if self.kill_at == 2 * self.effects:
            os._exit(KILLED)
        value = act()
        if self.kill_at == 2 * self.effects + 1:
            os._exit(KILLED)
        self.effects += 1
        return value

    def _ask(self, port: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.connection.send((port, method, args, kwargs))
        outcome, value, self.now = self.connection.recv()
        return outcome, value


class Remote:
    """A port of the parent, as the child sees it."""

    def __init__(self, line: Line, name: str) -> None:
        self._line, self._name = line, name

    @property
    def name(self) -> str:
        """Of an Inlet."""
        return self._name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            gather = b"".join if method == "write" else list
            whole = tuple(gather(arg) if isinstance(arg, Iterator) else arg for arg in args)
            if head := kwargs.pop("head", None):
                name, data = whole
                whole = name, head() + data
            return self._line.call(self._name, method, whole, kwargs)

        return call


class Direct:
    """A port of the child's own, over storage outside of both processes; the parent is told of its effects."""

    def __init__(self, line: Line, name: str, port: Any) -> None:
        self._line, self._name, self._port = line, name, port

    def __getattr__(self, method: str) -> Callable[..., Any]:
        real = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            if method in EFFECTS:
                self._line.call("host", "note_effect", (f"{self._name}.{method}",), {})
            return self._line.counted(self._name, method, lambda: real(*args, **kwargs))

        return call


@dataclass
class Server:
    """The parent's end: serves the ports to one child at a time until it ends."""

    ports: dict[str, Any]
    expected: tuple[type[Exception], ...]
    clock: Callable[[], datetime]
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
                connection.send((*reply, self.clock()))
            except BrokenPipeError:
                return

    def _answer(self, port: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Any]:
        try:
            value = getattr(self.ports[port], method)(*args, **kwargs)
        except self.expected as error:
            return "raised", error
        return "returned", list(value) if isinstance(value, Iterator) else value
