"""Which hosts may be asked: lists as DESTINATION_HOSTS and FETCH_HOSTS have them. Pure: no name is looked up.

An entry is a host, or with a leading dot all below it; with `:port` it is good for that port alone, without one for its
scheme's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

_PORTS = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL names it, is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_listed(hosts: Sequence[str], host: str, port: int | None, *, scheme: str = "https") -> bool:
    """Whether one of `hosts` allows it; `port` None: the scheme's own."""
    return any(_allows(entry.lower(), host.lower(), port, scheme) for entry in hosts)


def _allows(entry: str, host: str, port: int | None, scheme: str) -> bool:
    """A host of this machine without a port is good on any: an emulator's differ."""
    allowed, _, allowed_port = entry.partition(":")
    if not (host == allowed or (allowed.startswith(".") and host.endswith(allowed))):
        return False
    if not allowed_port and is_loopback(host):
        return True
    own = _PORTS[scheme]
    return str(own if port is None else port) == (allowed_port or str(own))
