"""Builds what flows stand on from the real adapters: here only, once per process, and not before it is asked for."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from random import SystemRandom
from uuid import uuid4

from shared.adapters.connect import Storage, open_container, open_file, storage, token
from shared.adapters.fetching import Fetcher
from shared.adapters.notifying import QueueNotifier, WebhookNotifier
from shared.adapters.speech import HttpSpeechApi
from shared.adapters.telemetry import CountedSpeechApi, OpenTelemetry
from shared.adapters.tokens import EntraTokens
from shared.batchapi.versions import VERSIONS
from shared.engines import engine
from shared.errors import SettingsError
from shared.pipeline.context import Pipeline
from shared.ports import Identify, Notifier
from shared.service.context import Service
from shared.service.sources import Sources
from shared.settings import Settings, missing_connection

SPEAK_QUEUE = "speechdrop-speak"
FINISH_QUEUE = "speechdrop-finish"
POISON_SUFFIX = "-poison"
BLOB_POISON_QUEUE = f"webjobs-blobtrigger{POISON_SUFFIX}"
"""The host's, in the account of the trigger."""


@lru_cache
def settings() -> Settings:
    """From this process's environment. Raises SettingsError."""
    return Settings.from_env(os.environ)


def now() -> datetime:
    return datetime.now(UTC)


def host_storage() -> Storage:
    return storage(settings().host_storage)


@lru_cache
def telemetry() -> OpenTelemetry:
    return OpenTelemetry()


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
        poisoned=account.queue(SPEAK_QUEUE + POISON_SUFFIX),
        open_container=open_container,
        engine=engine,
        sources=Sources(Fetcher(given.fetch_hosts).fetch if given.fetch_hosts else None, now),
        identify=_identify(given),
        byos=account.blobs(given.byos_container) if given.byos_container else None,
        telemetry=telemetry(),
    )


def _identify(given: Settings) -> Identify | None:
    """Who shows a token; None where tokens are off. Raises SettingsError: they are half on."""
    if not given.entra_issuers:
        return None
    for name in ("entra_keys_url", "entra_object_ids"):
        if not getattr(given, name):
            raise SettingsError(f"The setting {name.upper()} is missing; ENTRA_ISSUERS needs it.")
    return EntraTokens(
        issuers=given.entra_issuers,
        keys_url=given.entra_keys_url,
        audience=given.entra_audience,
        tenant=given.entra_tenant,
    )


@lru_cache
def pipeline() -> Pipeline:
    """Raises SettingsError: a setting is missing that the pipeline alone needs."""
    given, account = settings(), host_storage()
    if not given.content_storage:
        raise missing_connection("CONTENT_STORAGE")
    content = storage(given.content_storage)
    return Pipeline(
        settings=given,
        clock=now,
        new_id=lambda: uuid4().hex,
        jitter=SystemRandom().random,
        inbox=content.blobs(given.inbox_container),
        results=storage(given.results_storage or given.content_storage).blobs(given.results_container),
        work=account.blobs(given.work_container),
        documents=account.table("documents"),
        jobs=account.table("jobs"),
        open=account.table("open"),
        days=account.table("days"),
        app=account.table("app"),
        finishers=account.queue(FINISH_QUEUE),
        poisoned_finishers=account.queue(FINISH_QUEUE + POISON_SUFFIX),
        poisoned_blobs=content.queue(BLOB_POISON_QUEUE) if given.content_storage.has_queues else None,
        speech=CountedSpeechApi(_endpoint(given), telemetry()),
        telemetry=telemetry(),
        open_container=open_container,
        open_file=open_file,
        notifiers=_notifiers(given),
    )


def _notifiers(given: Settings) -> tuple[Notifier, ...]:
    """Raises SettingsError."""
    found: list[Notifier] = []
    if given.notice_queue:
        found.append(QueueNotifier(storage(given.content_storage).queue(given.notice_queue)))
    if given.notice_url:
        found.append(WebhookNotifier(given.notice_url, given.notice_secret, now))
    return tuple(found)


def _endpoint(given: Settings) -> HttpSpeechApi:
    if not given.speech_endpoint:
        raise SettingsError("The setting SPEECH_ENDPOINT is missing; set it to the base URL of the endpoint.")
    credential = given.speech_key or token(given.host_storage.client_id)
    version = VERSIONS[given.speech_api_version]
    return HttpSpeechApi(given.speech_endpoint, version, credential=credential, timeout=given.http_timeout_seconds)
