"""Where notices go: a storage queue, or a webhook signed as https://www.standardwebhooks.com has it.

A webhook's receiver checks the header `webhook-signature`, by the secret that both know, over id, time and body, and
drops an id that it has seen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from shared.domain.notices import CONTENT_TYPE
from shared.errors import SettingsError, StorageError, Undelivered
from shared.hosts import is_loopback
from shared.ports import Clock, Queue

_SECONDS = 10.0
_OF_RECEIVER = (401, 403, 408, 429)
_PREFIX = "whsec_"
_LEAST_SECRET_BYTES = 24
"""The specification asks for 24 to 64."""


@dataclass(frozen=True, slots=True)
class QueueNotifier:
    """Implements ports.Notifier."""

    queue: Queue
    name = "queue"

    def notify(self, event: Mapping[str, Any]) -> None:
        try:
            self.queue.send(json.dumps(event, ensure_ascii=False))
        except StorageError as error:
            raise Undelivered(
                f"The queue of notices took nothing: {error}", of_all=_speaks_of_receiver(error.status)
            ) from error


class WebhookNotifier:
    """Implements ports.Notifier. Redirects are not followed: the secret's signature is for one receiver."""

    name = "webhook"

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        """Raises SettingsError: the URL is neither https nor of this machine, or the secret is too short."""
        if urlsplit(url).scheme != "https" and not is_loopback(urlsplit(url).hostname or ""):
            raise SettingsError("The setting NOTICE_URL must be an https URL, or an http URL of this machine.")
        self._url, self._key, self._clock = url, _key(secret), clock
        self._session = requests.Session()
        self._session.auth = lambda request: request  # so that no ~/.netrc entry adds any

    def notify(self, event: Mapping[str, Any]) -> None:
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {"Content-Type": CONTENT_TYPE, **self._signed(str(event["id"]), body)}
        try:
            answer = self._session.post(
                self._url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False, stream=True
            )
        except requests.RequestException as error:
            raise Undelivered(f"The receiver of notices does not answer ({type(error).__name__}).") from None
        with answer:
            if not 200 <= answer.status_code < 300:
                status = answer.status_code
                raise Undelivered(f"The receiver of notices answered {status}.", of_all=_speaks_of_receiver(status))

    def _signed(self, name: str, body: bytes) -> dict[str, str]:
        time = str(int(self._clock().timestamp()))
        digest = hmac.new(self._key, f"{name}.{time}.".encode() + body, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return {"webhook-id": name, "webhook-timestamp": time, "webhook-signature": signature}


def _speaks_of_receiver(status: int) -> bool:
    """Whether an answer would be the same to any notice; most of 400 to 499 mean the one that was sent."""
    return status in _OF_RECEIVER or not 400 <= status < 500


def _key(secret: str) -> bytes:
    """The bytes of `whsec_<base64>`. Raises SettingsError, without the secret."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if len(key) < _LEAST_SECRET_BYTES:
        raise SettingsError(
            f"The setting NOTICE_SECRET is not usable: NOTICE_URL needs one of {_LEAST_SECRET_BYTES} random bytes or "
            f"more, in base64, with or without '{_PREFIX}' before them (openssl rand -base64 32)."
        )
    return key
