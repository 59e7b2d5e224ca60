"""The pipeline's client of a Batch Synthesis endpoint, over `requests`.

What a failure means for a create is decided here and nowhere else (docs/protocol.md, "Send"): no connection, 429 and a
definite 4xx are *not accepted*; all else is *unknown*. Creates are never repeated by the HTTP library; reads are.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, NewConnectionError, SSLError
from urllib3.util import Retry

from shared.batchapi.codec import encode_create, read_page, read_synthesis
from shared.batchapi.model import Page, Synthesis, SynthesisRequest
from shared.batchapi.problems import read_error
from shared.batchapi.versions import ApiVersion
from shared.domain.requests import JOB_PROPERTY
from shared.errors import NotAccepted, OutcomeUnknown, Refused

T = TypeVar("T")

_CONNECT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_MOST_SAID = 500
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""A name of a kind of error, which can be no sentence of a document."""
_READ_RETRIES = Retry(
    total=2,
    backoff_factor=0.3,
    allowed_methods={"GET"},
    status_forcelist=(502, 503, 504),  # a 429, or to be told when to come again, is for all instances
    respect_retry_after_header=False,
    raise_on_status=False,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpSpeechApi:
    """Implements `ports.SpeechApi` for one endpoint and version.

    `credential` is a key for `Ocp-Apim-Subscription-Key`, or a function that returns a bearer token and raises
    NotAccepted where it cannot; one that it has given, it gives again for a while. `timeout` is in seconds.
    """

    def __init__(
        self, endpoint: str, version: ApiVersion, *, credential: str | Callable[[], str], timeout: float = 60.0
    ) -> None:
        self._endpoint, self._version, self._timeout = endpoint, version, timeout
        self._credential = credential
        self._reads = _session(credential, _READ_RETRIES)

    def ready(self) -> None:
        if not isinstance(self._credential, str):
            self._credential()

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        """GA: under `job_id`; preview: under an id of the server's, `job_id` goes along in `customProperties`."""
        version = self._version
        if version.named:
            properties = {**request.custom_properties, JOB_PROPERTY: job_id}
            request = replace(request, display_name=request.display_name or job_id, custom_properties=properties)
        url = version.collection_url(self._endpoint)
        if version.caller_names:
            url = version.item_url(self._endpoint, job_id)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        body = encode_create(version, request)
        # A fresh connection each time: a reused one that the server is just closing would leave the outcome unknown.
        # `Connection: close` alone does not do it: a client whose answer does not repeat it keeps the connection.
        with _session(self._credential, Retry(total=0)) as session:
            answer = self._ask(session, version.create_method, url, {}, headers, body)
        return _meaning(answer, lambda content: read_synthesis(version, content))

    def get(self, job_id: str) -> Synthesis | None:
        """By the server's id of the synthesis. None: unknown there (204 or 404)."""
        url = self._version.item_url(self._endpoint, job_id)
        answer = self._ask(self._reads, "GET", url)
        if answer.status in (204, 404):
            return None
        return _meaning(answer, lambda content: read_synthesis(self._version, content))

    def list(self, *, skip: int, top: int) -> Page:
        """Newest first, as the endpoint orders them."""
        url = self._version.collection_url(self._endpoint)
        answer = self._ask(self._reads, "GET", url, {"skip": str(skip), self._version.page_size: str(top)})
        return _meaning(answer, lambda content: read_page(self._version, content))

    def _ask(
        self,
        session: requests.Session,
        method: str,
        url: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> _Answer:
        """One exchange, bounded in time and size. Redirects are not followed: they would carry the key elsewhere."""
        started = monotonic()
        timeout = (min(self._timeout, _CONNECT_SECONDS), self._timeout)
        query = {**self._version.query, **(parameters or {})}
        try:
            with session.request(
                method,
                url,
                params=query,
                headers=dict(headers or {}),
                data=body,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return _Answer(response.status_code, response.headers, _read_body(response, started + self._timeout))
        except requests.RequestException as error:
            raise _failure(error) from error


def _session(credential: str | Callable[[], str], retries: Retry) -> requests.Session:
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=retries))
    session.mount("https://", HTTPAdapter(max_retries=retries))

    # As `auth`, so that no ~/.netrc entry takes its place.
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if isinstance(credential, str):
            request.headers["Ocp-Apim-Subscription-Key"] = credential
        else:
            request.headers["Authorization"] = f"Bearer {credential()}"
        return request

    session.auth = sign
    return session


def _read_body(response: requests.Response, deadline: float) -> bytes:
    received = bytearray()
    for chunk in response.iter_content(64 * 1024):
        received += chunk
        if len(received) > _MAX_ANSWER_BYTES:
            raise requests.exceptions.ContentDecodingError("The answer is too long.")
        if monotonic() > deadline:
            raise requests.exceptions.ReadTimeout("The answer took too long.")
    return bytes(received)


def _failure(error: requests.RequestException) -> NotAccepted | OutcomeUnknown:
    """What an exchange without an answer means."""
    name = type(error).__name__
    if _never_sent(error):
        return NotAccepted(f"The endpoint could not be reached ({name}); it is tried again later.")
    return OutcomeUnknown(f"The connection to the endpoint broke before its answer came ({name}).")


def _never_sent(error: requests.RequestException) -> bool:
    """No connection was made, so no byte of the request left."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _meaning(answer: _Answer, read: Callable[[Any], T]) -> T:
    """The answer's content. Raises EndpointError's leaves for whatever is not a success that can be read."""
    status, retry_after = answer.status, _retry_after(answer.headers)
    if 200 <= status < 300:
        try:
            return read(json.loads(answer.body))
        except (ValueError, RecursionError) as error:
            raise OutcomeUnknown(f"The endpoint's answer ({status}) cannot be read.", status=status) from error
    told = read_error(answer.body)
    message = f"The endpoint answered {status}{f' ({told.code})' if _CODE.fullmatch(told.code) else ''}."
    said = ": ".join(word for word in (told.code, told.message) if word)[:_MOST_SAID]
    if status == 429:
        raise NotAccepted(message, status=status, retry_after=retry_after, said=said)
    # 408 is the one 4xx that is not definite: it may come from a gateway whose server got the request whole.
    if 400 <= status < 500 and status != 408:
        raise Refused(message, status=status, said=said)
    raise OutcomeUnknown(message, status=status, retry_after=retry_after, said=said)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; None where the header is missing or unreadable."""
    value = headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(value) if value else None
    except InvalidHeader:
        return None
