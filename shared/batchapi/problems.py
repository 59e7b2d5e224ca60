"""Errors on the wire: the body of a refusal in each version's shape, and the `error` member of a failed synthesis."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.batchapi.model import SynthesisError
from shared.batchapi.values import Members, members, text
from shared.batchapi.versions import ApiVersion


def write_error(version: ApiVersion, code: str, message: str, target: str = "") -> dict[str, Any]:
    """The body of a refusal; `target` names the member or parameter that is wrong."""
    if version.flat_errors:
        inner = "InvalidParameter" if code in _REQUEST_CODES else code
        outer = "InvalidRequest" if code in _REQUEST_CODES else code
        return {"code": outer, "message": message, "innerError": {"code": inner, "message": message}}
    error = {"code": code, "message": message}
    return {"error": {**error, "target": target} if target else error}


def write_gateway_error(code: str, message: str) -> dict[str, Any]:
    """As the gateway in front of Azure's API refuses, whatever the version."""
    return {"error": {"code": code, "message": message}}


_REQUEST_CODES = ("BadRequest", "BadArgument")


def too_many_active(limit: int) -> str:
    """What refuses a create for the syntheses that have not ended: in the preview no status tells it from others."""
    return f"It would exceed the limit of {limit} active syntheses. Wait until one has ended, or delete one."


def says_too_many_active(words: str) -> bool:
    """Whether a refusal is of that kind, in our words or in any like those of the vendor's pages."""
    return _TOO_MANY_ACTIVE.search(words) is not None


_LIMIT, _ACTIVE = r"\b(?:exceed\w*|limit|maximum|quota|too many)\b", r"\b(?:active|concurrent)\b"
_TOO_MANY_ACTIVE = re.compile(rf"{_LIMIT}[^.]*{_ACTIVE}|{_ACTIVE}[^.]*{_LIMIT}", re.IGNORECASE)


def read_synthesis_error(value: Any) -> SynthesisError | None:
    found = members(value)
    if not found:
        return None
    return _told(found, text(found.get("message")) or "")


def read_error(body: bytes) -> SynthesisError:
    """The error of a refusal's body, whichever shape: either version's, or ASP.NET's problem details."""
    try:
        found = members(json.loads(body))
    except (ValueError, RecursionError):
        return SynthesisError(code="", message="")
    if isinstance(found.get("error"), Mapping):
        found = members(found["error"])
    message = text(found.get("message")) or text(found.get("title")) or ""
    return _told(found, "; ".join([message, *_details(found)]).strip("; "))


def _told(found: Members, message: str) -> SynthesisError:
    """Without what may be secret in its words, as reports quote them."""
    return SynthesisError(code=text(found.get("code")) or "", message=_SECRET.sub("…", message[:_MOST_READ]))


_MOST_READ = 4000
"""Characters of a message; more than a report shows."""
_SECRET = re.compile(r"(?<=\?)\S*sig=\S*|\b\w*(?:sig|key)=\S+|(?<=\bbearer )\S+|\b\w{32,}", re.IGNORECASE)
"""The query of a signed URL, its signature alone, a token; and what is as long as a key, and so no word."""


def _details(found: Members) -> Iterable[str]:
    """What problem details say of single members."""
    errors = found.get("errors")
    for name, whys in errors.items() if isinstance(errors, Mapping) else ():
        for why in whys if isinstance(whys, list) else [whys]:
            yield f"{name}: {why}"
