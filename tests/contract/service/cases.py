"""The form of a case: a rule of the API's documents, and a play that proves it; and cases of a common kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from tests.contract.service.api import BOTH, Answer, Api, at


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    version: ApiVersion
    play: Callable[[Api], None]
    idle: bool = False
    """On a host whose workers are off, so that nothing ever ends; without a BYOS container, its active limits small."""

    alone: bool = False
    """It is about all syntheses there are: nobody else may ask meanwhile."""

    @property
    def id(self) -> str:
        return f"{'idle-' if self.idle else ''}{self.version.name}-{self.name}"


Player = Callable[[Case], None]
"""Raises what a case raises."""


def both(name: str, play: Any, *, alone: bool = False) -> Iterator[Case]:
    for version in BOTH:
        yield Case(name=name, version=version, play=play, alone=alone)


def ga(name: str, play: Any, *, idle: bool = False) -> Case:
    return Case(name=name, version=GA, play=play, idle=idle, alone=idle)


def preview(name: str, play: Any, *, idle: bool = False) -> Case:
    return Case(name=name, version=PREVIEW, play=play, idle=idle, alone=idle)


def accepted(name: str, version: ApiVersion, shown: Mapping[str, Any] | None = None, **members: Any) -> Case:
    """A create that is accepted, and what its answer and a later GET show."""

    def play(api: Api) -> None:
        answer = api.create(**members)
        for found in (answer.json, api.get(answer.id)):
            for path, value in (shown or {}).items():
                assert at(found, path) == value, path

    return Case(name=name, version=version, play=play)


def refused(name: str, version: ApiVersion, target: str = "", *, status: int = 400, **members: Any) -> Case:
    """A create that is refused, naming what is wrong."""

    def play(api: Api) -> None:
        check_refusal(api.version, api.create(**members), status, target)

    return Case(name=name, version=version, play=play)


def sent(name: str, version: ApiVersion, body: bytes, *, status: int) -> Case:
    def play(api: Api) -> None:
        answer = api.send(body)
        assert answer.status == status, answer
        if status != 201:
            check_refusal(version, answer, status)

    return Case(name=name, version=version, play=play)


def check_refusal(version: ApiVersion, answer: Answer, status: int, target: str = "") -> None:
    """Status, the version's shape, the header that repeats the code, and the member at fault."""
    assert answer.status == status, answer
    body = answer.json
    if version.flat_errors:
        assert set(body) == {"code", "message", "innerError"}
        assert set(body["innerError"]) == {"code", "message"}
    else:
        assert set(body) == {"error"}
        assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "target"}
        assert body["error"].get("target", "") == (target or body["error"].get("target", ""))
    assert answer.headers["x-ms-error-code"] == answer.error["code"]
    assert answer.error["message"]
    assert "sig=" not in answer.body.decode()


def check_gateway(answer: Answer, status: int) -> None:
    """The gateway's own shape, for either version."""
    assert answer.status == status, answer
    assert set(answer.json) == {"error"}
    assert answer.error["code"] == str(status)
