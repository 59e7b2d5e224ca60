"""The management API, over `requests`: signed with az's token, which is renewed before it ends or when refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from infra.hooks.az import LOG_IN, Az, HookFailed, Token, without_secrets

_TIMEOUT_SECONDS = 60
_RENEW = timedelta(minutes=5)
_LONGEST_WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` 0: there was none; `said` has the reason."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""
    """The error's own words, "" where there was none."""
    retry_after: float = 0
    """Seconds that the server wants to be left alone."""


class Management:
    """Requests on the resources of one subscription. Not for several threads."""

    def __init__(self, az: Az, subscription: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._az, self._subscription, self._now = az, subscription, now
        self._base = az.management()
        self._session = requests.Session()
        self._token: Token | None = None

    def ask(self, method: str, resource_id: str, *, api_version: str) -> Answer:
        """One request. Raises HookFailed where repeating it would not help: no login, no right."""
        answer = self._exchange(method, resource_id, api_version)
        if answer.status == 401:
            self._token = None
            answer = self._exchange(method, resource_id, api_version)
        if answer.status == 401:
            raise HookFailed(f"The management API refuses az's token. {LOG_IN} It said: {answer.said}")
        if answer.status == 403:
            raise HookFailed(
                f"You may not {method} {resource_id}: {answer.said} "
                "Ask for the Contributor role on the resource group, then repeat with `azd hooks run postdeploy`."
            )
        return answer

    def _exchange(self, method: str, resource_id: str, api_version: str) -> Answer:
        try:
            response = self._session.request(
                method,
                f"{self._base}{resource_id}",
                params={"api-version": api_version},
                headers={"Authorization": f"Bearer {self._bearer()}"},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Answer(status=0, said=f"no answer ({type(error).__name__})")
        body = _json(response)
        return Answer(
            status=response.status_code,
            body=body,
            said="" if response.ok else _said(body) or response.reason,
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )

    def _bearer(self) -> str:
        if self._token is None or self._token.expires - self._now() < _RENEW:
            self._token = self._az.token(tenant_of=self._subscription)
        return self._token.value


def _json(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _said(body: Mapping[str, Any]) -> str:
    """`error.message`, or App Service's own `Message`."""
    error = body.get("error")
    words = error.get("message") if isinstance(error, dict) else body.get("Message")
    return without_secrets(str(words or ""))[:500]


def _seconds(header: str) -> float:
    """Of a Retry-After; 0 where there is none that can be read."""
    return min(float(header), _LONGEST_WAIT_SECONDS) if header.isdecimal() else 0
