"""What the texts of settings may be: each check makes one into its value, or raises ValueError with what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from shared.batchapi.formats import FORMATS
from shared.hosts import is_loopback

Check = Callable[[str], Any]
_T = TypeVar("_T")


def _read(convert: Callable[[str], _T], text: str) -> _T | None:
    try:
        return convert(text)
    except ValueError:
        return None


def number(low: float, high: float) -> Check:
    def check(text: str) -> float:
        value = _read(float, text)
        if value is None or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return check


def count(low: int, high: int) -> Check:
    def check(text: str) -> int:
        value = _read(int, text)
        if value is None or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def matching(pattern: str, meaning: str) -> Check:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(meaning)
        return text

    return check


def one_of(*names: str) -> Check:
    def check(text: str) -> str:
        if text not in names:
            raise ValueError("one of " + ", ".join(names))
        return text

    return check


def url(text: str) -> str:
    parts = _read(urlsplit, text)
    if text and (parts is None or parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("an http or https URL")
    return text.rstrip("/")


def keys_url(text: str) -> str:
    """Keys that tokens are trusted by come over TLS, or from this machine."""
    parts = urlsplit(url(text))
    if text and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("an https URL, or an http URL of this machine")
    return text


def flag(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "1")


def format_name(text: str) -> str:
    if text not in FORMATS:
        raise ValueError("one of Azure's output formats, such as " + ", ".join(list(FORMATS)[:3]))
    return text


def names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


_CONTAINER = r"[a-z0-9](?:-?[a-z0-9]){2,62}"
container = matching(_CONTAINER, "a container name: 3 to 63 of a-z, 0-9 and single hyphens")
container_or_none = matching(rf"({_CONTAINER})?", "empty, or a container name: 3 to 63 of a-z, 0-9 and single hyphens")
seconds = number(0, 30 * 24 * 3600)
