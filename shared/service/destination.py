"""Whether a `destinationContainerUrl` may be used: a pure check, made at create, before anything is accepted.

It keeps the service from being sent to addresses of its caller's choosing, and tells of a SAS that cannot work. The URL
must read the same to every reader: no user, no escapes, no address but a plain name or 127.0.0.1. Redirects of the
container are not followed (`adapters/connect`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, parse_qsl, urlsplit

from shared.errors import InputError
from shared.hosts import is_listed, is_loopback

_WHERE = "properties.destinationContainerUrl"
_PLAIN = re.compile(r"[!-~]+")
"""Printable ASCII: no blank, no control character, no letter that only looks like another."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_CONTAINER = re.compile(r"\$root|\$web|[a-z0-9](?:-?[a-z0-9]){2,62}")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_CLOCKS_DIFFER = timedelta(minutes=5)


def check_destination(url: str, *, hosts: Sequence[str], now: datetime) -> None:
    """Raises InputError, which does not repeat the URL. `hosts`: as `shared.hosts` has them."""
    parts, port = _split(url)
    host = parts.hostname or ""
    loopback = is_loopback(host)
    if parts.scheme not in (("http", "https") if loopback else ("https",)):
        raise _refused("This is no https URL.")
    if not _HOST.fullmatch(host) or not is_listed(hosts, host, port, scheme=parts.scheme):
        raise _refused(f"The host '{host[:100]}' is not one that results may be written to.")
    _check_path(parts.path, emulated=loopback)
    _check_sas(_parameters(parts.query), now)


def expiry(url: str) -> datetime:
    """Of the signature of a URL that was taken."""
    return _instant(dict(parse_qsl(urlsplit(url).query))["se"], "time of expiry")


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("This is no URL.") from None
    if "@" in parts.netloc or not parts.netloc or not parts.hostname:
        raise _refused("This is no https URL.")
    if not _PLAIN.fullmatch(url) or "\\" in url or "#" in url:
        raise _refused("This is no URL.")
    return parts, port


def _check_path(path: str, *, emulated: bool) -> None:
    """One name, the container's; an emulator's URLs begin with the account's."""
    names = path.removeprefix("/").removesuffix("/").split("/")
    account, container = names[:-1], names[-1]
    fits = len(account) == 1 and bool(_ACCOUNT.fullmatch(account[0])) if emulated else not account
    if not fits or not _CONTAINER.fullmatch(container):
        raise _refused("This is not the URL of a container.")


def _parameters(query: str) -> dict[str, str]:
    """A parameter that comes twice may mean one thing here and another to the container."""
    pairs = parse_qsl(query, keep_blank_values=True)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refused("The shared access signature names a parameter twice.")
    return found


def _check_sas(sas: Mapping[str, str], now: datetime) -> None:
    if not sas.get("sig"):
        raise _refused("The URL has no shared access signature.")
    if "si" in sas:
        raise _refused("A shared access signature with a stored access policy is not supported.")
    if sas.get("sr", "c") != "c":
        raise _refused("The shared access signature is not one of a container.")
    if not set(sas.get("sp", "")) & {"c", "w"}:
        raise _refused("The shared access signature gives no right to create or write blobs.")
    if _instant(sas.get("se", ""), "time of expiry") <= now:
        raise _refused("The shared access signature has expired.")
    if "st" in sas and _instant(sas["st"], "time of start that can be read") > now + _CLOCKS_DIFFER:
        raise _refused("The shared access signature is not valid yet.")


def _instant(text: str, what: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(f"The shared access signature has no {what}.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _refused(why: str) -> InputError:
    remedy = "Send a container's URL with an ad-hoc SAS that may create, write and list, and that lasts a day or more."
    return InputError(why, where=_WHERE, remedy=remedy)
