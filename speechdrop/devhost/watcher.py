"""Stands in for Event Grid, which Azurite lacks: looks into containers and raises an event for each new content.

As with Event Grid, blobs that are there when a container is watched for the first time raise none; what appears while
the devhost is down raises its event later. A container that takes long to list is looked into less often.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from speechdrop.devhost.accounts import blob_service
from speechdrop.devhost.index import BlobTrigger, Function
from speechdrop.devhost.listener import TROUBLE
from speechdrop.devhost.store import BlobEvent, Store

log = logging.getLogger("devhost")

_PAGE = 250
"""Blobs: a page is XML, and takes many times its size of memory while it is read."""

_REST = 9
"""Waits at least this many times as long as the look took: looking takes a tenth of the time at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The difference between two looks into a container."""

    new: Mapping[str, str]
    """ETags by name of blobs that are new or have new content."""
    gone: frozenset[str]


def compare(before: Mapping[str, str], now: Mapping[str, str]) -> Look:
    return Look(
        new={name: etag for name, etag in now.items() if before.get(name) != etag},
        gone=frozenset(before.keys() - now.keys()),
    )


class Watcher:
    """A thread that watches one container for the functions that its blobs trigger."""

    def __init__(
        self,
        place: tuple[str, str],
        functions: Iterable[tuple[Function, BlobTrigger]],
        *,
        environ: Mapping[str, str],
        store: Store,
        every_seconds: float,
    ) -> None:
        connection, self._container = place
        self._key = f"{connection}/{self._container}"
        self._functions, self._store, self._every = tuple(functions), store, every_seconds
        self._client = blob_service(connection, environ).get_container_client(self._container)
        self._seen: dict[str, str] | None = store.seen(self._key)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watch {self._container}", daemon=True)

    def start(self) -> None:
        """Returns after the first look, so that whatever appears from now on raises an event. Raises AzureError."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = self._every
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self._look()
            except TROUBLE as error:
                log.warning("container=%s cannot be watched: %s", self._container, type(error).__name__)
            pause = max(self._every, _REST * (time.monotonic() - began))

    def _look(self) -> None:
        now = etags(self._client)
        look = compare(self._seen or {}, now)
        events = (
            [] if self._seen is None else [event for name in look.new for event in self._events(name, look.new[name])]
        )
        if self._seen is None or look.new or look.gone:
            self._store.notice(self._key, present=look.new, gone=look.gone, events=events)
        self._seen = now

    def _events(self, name: str, etag: str) -> Iterable[BlobEvent]:
        for function, trigger in self._functions:
            if trigger.pattern.fullmatch(name):
                yield BlobEvent(function=function.name, container=self._container, name=name, etag=etag)


def etags(container: ContainerClient) -> dict[str, str]:
    """ETags by name of all blobs; none where there is no container yet."""
    try:
        listed = container.list_blobs(results_per_page=_PAGE)
        return {blob.name: '"' + blob.etag.strip('"') + '"' for blob in listed}
    except ResourceNotFoundError:
        return {}
