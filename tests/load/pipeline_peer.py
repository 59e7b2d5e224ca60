"""The peer: each file a synthesis of its own, asked for by GET until it has ended, as in Microsoft's sample.

(Azure-Samples/cognitive-services-speech-sdk, samples/batch-synthesis/python/synthesis.py: PUT, then GET every five
seconds.) It reads no rows and copies no results; its requests are those of the API alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from speechdrop.cli.local import Deployment
from tests.load.inputs import OUTPUT_FORMAT, VOICE
from tests.load.pipeline_run import RATE

_AT_ONCE = 16
_GET_EVERY_SECONDS = 5.0
_WAIT_SECONDS = 1.0
_VERSION = {"api-version": "2024-04-01"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    files: int
    seconds: float
    requests: Counter[str]
    """By method; those that were told to come later as `429`."""


class _Client:
    def __init__(self, running: Deployment) -> None:
        self._base = f"{running.url}/texttospeech/batchsyntheses"
        self._session = requests.Session()
        self._session.headers["Ocp-Apim-Subscription-Key"] = running.key
        self.requests: Counter[str] = Counter()

    def speak(self, item: tuple[int, str]) -> None:
        number, text = item
        body = {
            "inputKind": "PlainText",
            "synthesisConfig": {"voice": VOICE, "rate": RATE},
            "inputs": [{"content": text}],
            "properties": {"outputFormat": OUTPUT_FORMAT},
        }
        url = f"{self._base}/peer-{number:05d}"
        self._asked("PUT", url, json=body)
        while self._asked("GET", url).json()["status"] not in ("Succeeded", "Failed"):
            time.sleep(_GET_EVERY_SECONDS)

    def _asked(self, method: str, url: str, **options: object) -> requests.Response:
        while True:
            answer = self._session.request(method, url, params=_VERSION, timeout=60, **options)  # type: ignore[arg-type]
            if answer.status_code != 429:
                answer.raise_for_status()
                self.requests[method] += 1
                return answer
            self.requests["429"] += 1
            time.sleep(float(answer.headers.get("Retry-After", _WAIT_SECONDS)))


def one_job_per_file(running: Deployment, texts: Sequence[str]) -> Peer:
    client, begun = _Client(running), time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(client.speak, enumerate(texts)))
    return Peer(files=len(texts), seconds=time.monotonic() - begun, requests=client.requests)
