"""Whether a `destinationContainerUrl` may be used: a pure check, made at create, before anything is accepted.

It keeps the service from being sent to addresses of its caller's choosing, and tells of a SAS that cannot work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from shared.errors import InputError

_WHERE = "properties.destinationContainerUrl"
_LOOPBACK = ("127.0.0.1", "localhost")


def check_destination(url: str, *, hosts: Sequence[str], now: datetime) -> None:
    """Raises InputError. `hosts` are names, or with a leading dot suffixes; no message repeats the URL."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _refused("This is no URL.") from None
    loopback = host in _LOOPBACK
    if parts.scheme not in (("http", "https") if loopback else ("https",)) or parts.username is not None:
        raise _refused("This is no https URL.")
    if not any(host == allowed or (allowed.startswith(".") and host.endswith(allowed)) for allowed in hosts):
        raise _refused(f"The host '{host[:100]}' is not one that results may be written to.")
    # An emulator's URLs begin with the account's name.
    names = [name for name in parts.path.split("/") if name]
    if len(names) != (2 if loopback else 1):
        raise _refused("This is not the URL of a container.")
    _check_sas({name: values[0] for name, values in parse_qs(parts.query).items()}, now)


def _check_sas(sas: Mapping[str, str], now: datetime) -> None:
    if "sig" not in sas:
        raise _refused("The URL has no shared access signature.")
    if "si" in sas:
        raise _refused("A shared access signature with a stored access policy is not supported.")
    if sas.get("sr", "c") != "c":
        raise _refused("The shared access signature is not one of a container.")
    if not set(sas.get("sp", "")) & {"c", "w"}:
        raise _refused("The shared access signature gives no right to create or write blobs.")
    try:
        expires = datetime.fromisoformat(sas.get("se", ""))
    except ValueError:
        raise _refused("The shared access signature has no time of expiry.") from None
    if (expires if expires.tzinfo else expires.replace(tzinfo=UTC)) <= now:
        raise _refused("The shared access signature has expired.")


def _refused(why: str) -> InputError:
    remedy = "Send a container's URL with an ad-hoc SAS that may create, write and list, and that lasts a day or more."
    return InputError(why, where=_WHERE, remedy=remedy)
