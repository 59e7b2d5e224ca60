"""Builds what flows stand on from the real adapters: here only, once per process, and not before it is asked for."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from uuid import uuid4

from shared.adapters.connect import Storage, open_container, storage
from shared.engines import engine
from shared.service.context import Service
from shared.settings import Settings

SPEAK_QUEUE = "speechdrop-speak"


@lru_cache
def settings() -> Settings:
    """From this process's environment. Raises SettingsError."""
    return Settings.from_env(os.environ)


def now() -> datetime:
    return datetime.now(UTC)


def host_storage() -> Storage:
    return storage(settings().host_storage)


@lru_cache
def service() -> Service:
    given, account = settings(), host_storage()
    return Service(
        settings=given,
        clock=now,
        new_guid=lambda: str(uuid4()),
        syntheses=account.table("syntheses"),
        work_items=account.table("workitems"),
        work=account.blobs(given.service_container),
        outputs=account.blobs(given.service_outputs_container),
        queue=account.queue(SPEAK_QUEUE),
        open_container=open_container,
        engine=engine,
    )
