"""Counts the pipeline's requests, by the port and method that made them, as they go out: retries and pages too.

`count_into` is called by the app that a load test has the host run (pipeline_app.py); what other parts of the same
process ask of storage is not counted. Each process writes its counts into a file of its own, twice a second.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter

from shared import wiring
from shared.pipeline.context import Pipeline

PORTS = ("inbox", "results", "work", "documents", "jobs", "open", "days", "app", "finishers", "speech")
OPTIONS = "options"
"""The label of looks for option files."""
_EVERY_SECONDS = 0.5


class Counts:
    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._label = threading.local()
        real = HTTPAdapter.send

        def send(adapter: Any, request: Any, *args: Any, **options: Any) -> Any:
            if label := getattr(self._label, "now", ""):
                with self._lock:
                    self.requests[label] += 1
            return real(adapter, request, *args, **options)

        HTTPAdapter.send = send  # type: ignore[method-assign, assignment]

    @contextmanager
    def under(self, label: str) -> Iterator[None]:
        self._label.now = label
        try:
            yield
        finally:
            self._label.now = ""

    def counted(self, p: Pipeline) -> Pipeline:
        ports: dict[str, Any] = {name: Counted(getattr(p, name), name, self) for name in PORTS}
        return replace(p, **ports)

    def snapshot(self) -> dict[str, int]:
        with self._lock:
            return dict(self.requests)


class Counted:
    """A port whose requests are counted under its name and the method's."""

    def __init__(self, port: Any, name: str, counts: Counts) -> None:
        self._port, self._name, self._counts = port, name, counts

    def __getattr__(self, method: str) -> Any:
        real = getattr(self._port, method)

        def call(*args: Any, **options: Any) -> Any:
            is_option = self._name == "inbox" and method == "read" and str(args[0]).endswith(".json")
            label = OPTIONS if is_option else f"{self._name}.{method}"
            with self._counts.under(label):
                found = real(*args, **options)
            return self._each(found, label) if isinstance(found, Iterator) else found

        return call

    def _each(self, found: Iterator[Any], label: str) -> Iterator[Any]:
        while True:
            with self._counts.under(label):
                item = next(found, self)
            if item is self:
                return
            yield item


def count_into(folder: Path) -> None:
    """From now on this process's pipeline is counted."""
    counts, build = Counts(), wiring.pipeline
    counted: Callable[[], Pipeline] = lru_cache(lambda: counts.counted(build()))
    wiring.pipeline = counted  # type: ignore[assignment]
    path = folder / f"{os.getpid()}.json"
    threading.Thread(target=_write, args=(counts, path), daemon=True).start()


def _write(counts: Counts, path: Path) -> None:
    written: dict[str, int] = {}
    while True:
        time.sleep(_EVERY_SECONDS)
        now = counts.snapshot()
        if now != written:
            path.with_suffix(".part").write_text(json.dumps(now))
            path.with_suffix(".part").replace(path)
            written = now


def read_counts(folder: Path) -> Counter[str]:
    """Of all processes together."""
    return sum((Counter(json.loads(path.read_text())) for path in folder.glob("*.json")), Counter())


assert set(PORTS) < {field.name for field in fields(Pipeline)}
