"""A caller of the service over HTTP that goes as fast as it may: it waits when told to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from speechdrop.cli.local import Deployment
from tests.load.inputs import OUTPUT_FORMAT, VOICE

_CREATORS = 4
"""Creates under way at a time."""
_PATIENCE_SECONDS = 120
_TAKEN = 409
_VERSION = {"api-version": "2024-04-01"}


class Client:
    def __init__(self, running: Deployment) -> None:
        self._base = f"{running.url}/texttospeech/batchsyntheses"
        self._session = requests.Session()
        self._session.headers["Ocp-Apim-Subscription-Key"] = running.key

    def create_all(self, jobs: Mapping[str, list[str]]) -> None:
        with ThreadPoolExecutor(_CREATORS) as pool:
            list(pool.map(lambda job: self._create(*job), jobs.items()))

    def _create(self, job: str, inputs: list[str]) -> None:
        body = {
            "inputKind": "PlainText",
            "synthesisConfig": {"voice": VOICE},
            "inputs": [{"content": text} for text in inputs],
            "properties": {"outputFormat": OUTPUT_FORMAT},
        }
        answer = self._asked("PUT", f"{self._base}/{job}", json=body)
        # Taken: an earlier try under this id was answered 503 and had come through.
        assert answer.status_code in (200, 201, _TAKEN), answer.text

    def get(self, job: str) -> dict[str, Any]:
        answer = self._asked("GET", f"{self._base}/{job}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def all(self) -> Iterator[dict[str, Any]]:
        url: str | None = f"{self._base}?maxpagesize=100"
        while url:
            answer = self._asked("GET", url)
            answer.raise_for_status()
            page = answer.json()
            yield from page["value"]
            url = page.get("nextLink")

    def _asked(self, method: str, url: str, **options: Any) -> requests.Response:
        """The answer, once it is neither 429 nor 503 any more."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            params = None if "api-version" in url else _VERSION
            answer = self._session.request(method, url, params=params, timeout=60, **options)
            if answer.status_code not in (429, 503) or time.monotonic() > deadline:
                return answer
            time.sleep(float(answer.headers.get("Retry-After", "1")))
