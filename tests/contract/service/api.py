"""A caller of the running service, what it sends, and what it reads of answers."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from speechdrop.devhost.identity import LocalIdentity
from tests.leaks import know
from tests.unit.service.world import BODIES

BOTH = (GA, PREVIEW)
PATIENCE_SECONDS = 150.0
JENNY = "en-US-JennyNeural"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"].startswith("application/json"), self
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """Of a refusal, whichever shape."""
        return self.json.get("error", self.json)

    @property
    def id(self) -> str:
        assert self.status == 201, self
        return str(self.json["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Asks one version of the service as one caller."""

    url: str
    version: ApiVersion
    connection: str
    """Of the service's storage, where destinations are made."""
    identity: LocalIdentity
    key: str
    session: requests.Session = field(repr=False)

    def ask(
        self,
        method: str,
        path: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | Mapping[str, Any] | None = None,
    ) -> Answer:
        """`path` after the collection's; with a leading slash, after the host's; whole where it is a URL."""
        given = {"Ocp-Apim-Subscription-Key": self.key, "Content-Type": "application/json", **(headers or {})}
        response = self.session.request(
            method,
            self._url(path),
            params=self.version.query if query is None else query,
            headers=given,
            data=json.dumps(body).encode() if isinstance(body, Mapping) else body,
            timeout=60,
            allow_redirects=False,
        )
        return Answer(status=response.status_code, headers=response.headers, body=response.content)

    def follow(self, url: str) -> Answer:
        """Asks a link of an answer, as it is."""
        return self.ask("GET", url, query={})

    def _url(self, path: str | None) -> str:
        if path is None:
            return self.version.collection_url(self.url)
        if path.startswith("http"):
            return path
        return f"{self.url}{path}" if path.startswith("/") else f"{self.version.collection_url(self.url)}/{path}"

    def send(
        self, body: bytes | Mapping[str, Any], *, id: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A create."""
        know(body.decode("utf-8", "ignore") if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False))
        path = (id or new_id()) if self.version.caller_names else None
        return self.ask(self.version.create_method, path, body=body, headers=headers)

    def create(self, *, id: str = "", **members: Any) -> Answer:
        """From a body for one short text, changed by `members`; None leaves one out."""
        return self.send(body_of(self.version, **members), id=id)

    def get(self, id: str) -> Any:
        answer = self.ask("GET", id)
        assert answer.status == 200, answer
        return answer.json

    def ended(self, id: str) -> Any:
        """The synthesis once it has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (shown := self.get(id))["status"] not in ("Succeeded", "Failed"):
            assert time.monotonic() < deadline, shown
            time.sleep(0.15)
        return shown

    def spoken(self, **members: Any) -> Any:
        return self.ended(self.create(**members).id)

    def files(self, synthesis: Any) -> dict[str, bytes]:
        """Of `results.zip`, read as a stranger who holds the link."""
        response = self.session.get(synthesis["outputs"]["result"], timeout=60)
        assert response.status_code == 200, response.text
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    def speaking(self, version: ApiVersion) -> Api:
        return replace(self, version=version)


def summary_of(files: Mapping[str, bytes]) -> Any:
    return json.loads(files["summary.json"])


def new_id() -> str:
    return str(uuid.uuid4())


def body_of(version: ApiVersion, **members: Any) -> dict[str, Any]:
    changed = {**BODIES[version.name], **members}
    return {name: value for name, value in changed.items() if value is not None}


def texts(version: ApiVersion, *contents: Any) -> list[dict[str, Any]]:
    return [{version.text: content} for content in contents]


def speak(content: str, voice: str = JENNY) -> str:
    return (
        f"<speak version='1.0' xml:lang='en-US' xmlns='http://www.w3.org/2001/10/synthesis'>"
        f"<voice name='{voice}'>{content}</voice></speak>"
    )


def ssml(version: ApiVersion, *contents: str) -> dict[str, Any]:
    """Members of a create."""
    return {version.kind: "SSML", "inputs": texts(version, *contents), "synthesisConfig": None}


def at(value: Any, path: str) -> Any:
    """A member by its dotted path; `...` where it is missing."""
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return ...
        value = value[name]
    return value
