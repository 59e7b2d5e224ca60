"""Fetches what users' documents name, from allowed hosts and by https alone, bounded in time and size.

The address that was looked at is the one connected to, so that a name cannot lead elsewhere a moment later. Private
and other special addresses are refused. A redirect is followed to the same host only.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from shared.errors import InputError
from shared.hosts import is_listed

SECONDS = 20.0
"""For one document's file, all in all."""
QUIET_SECONDS = 5.0
"""Without a byte."""
_LATER = 0.05
"""Seconds: a deadline has surely passed once a timer of it fires."""
MOST_REDIRECTS = 3
_PIECE = 64 * 1024
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out; elsewhere lie forms that lead to an IPv4 address, a private one too."""
_PLATFORM = frozenset({ipaddress.ip_address("168.63.129.16")})
"""Azure's own services for the machine that asks: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16."""
_REMEDY = "Put the file at a public https address on one of the hosts that the service allows (FETCH_HOSTS)."


def _resolve(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None:
            return found in _UNICAST and found.is_global
        found = inner
    return found.is_global and not found.is_multicast and found not in _PLATFORM


@dataclass(frozen=True, slots=True)
class Fetcher:
    hosts: Sequence[str]
    """As `shared.hosts` has them."""
    resolve: Callable[[str, int], list[str]] = _resolve
    is_public: Callable[[str], bool] = _is_public
    authorities: str = certifi.where()
    """File of certificates to trust."""
    seconds: float = SECONDS

    def fetch(self, url: str, most_bytes: int) -> bytes:
        """Raises InputError, without the URL's text: it is not allowed, not there, too long or too slow."""
        deadline = monotonic() + self.seconds
        parts = self._allowed(url)
        host = parts.hostname
        for _ in range(1 + MOST_REDIRECTS):
            _check_time(deadline)
            location, content = self._ask(parts, most_bytes, deadline)
            if location is None:
                return content
            parts = self._allowed(urljoin(parts.geturl(), location))
            if parts.hostname != host:
                raise _refused("it redirects to another host")
        raise _refused("it redirects too often")

    def _allowed(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _refused("its address cannot be read") from error
        if parts.scheme != "https" or not host or parts.username or parts.password:
            raise _refused("its address is not a plain https URL")
        if not is_listed(self.hosts, host, port):
            raise _refused("its host is not allowed")
        return parts

    def _ask(self, parts: SplitResult, most_bytes: int, deadline: float) -> tuple[str | None, bytes]:
        """Where it is instead, or its content."""
        host, port = parts.hostname or "", parts.port or 443
        connection = HTTPSConnection(
            self._address(host, port),
            port,
            server_hostname=host,
            assert_hostname=host,
            ca_certs=self.authorities,
            timeout=QUIET_SECONDS,
        )
        headers = {"Host": host if port == 443 else f"{host}:{port}", "Accept-Encoding": "identity"}
        try:
            path = parse_url(parts.geturl()).request_uri  # with escapes where they are needed
            with _connected(connection, deadline):
                connection.request("GET", path, headers=headers, preload_content=False)
                with closing(connection.getresponse()) as response:
                    if response.status in (301, 302, 303, 307, 308):
                        return response.headers.get("Location", ""), b""
                    if response.status != 200:
                        raise _refused(f"its host answered {response.status}")
                    return None, _body(response, most_bytes, deadline)
        except (HTTPError, HTTPException, OSError, ValueError) as error:  # the last of a wrong certificate
            _check_time(deadline)
            raise _refused(f"its host did not answer ({type(error).__name__})") from error

    def _address(self, host: str, port: int) -> str:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:  # the latter: of a name that cannot be one
            raise _refused("its host is not known") from error
        if not addresses or not all(map(self.is_public, addresses)):
            raise _refused("its host is not a public one")
        return addresses[0]


@contextmanager
def _connected(connection: HTTPSConnection, deadline: float) -> Iterator[None]:
    """Whatever its host does, nothing is read of it after the deadline. A time-out alone is one for each read: a host
    that gives a byte now and then would be waited for without end."""
    connection.connect()
    timer = Timer(deadline + _LATER - monotonic(), _shut, [connection.sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def _shut(connected: socket.socket) -> None:
    """Whoever reads from it meets its end. Not by TLS's own `shutdown`, which is not for use from another thread."""
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _check_time(deadline: float) -> None:
    if monotonic() > deadline:
        raise _refused("it took too long")


def _body(response: BaseHTTPResponse, most_bytes: int, deadline: float) -> bytes:
    received = bytearray()
    while piece := response.read1(_PIECE, decode_content=False):  # what there is: more would be waited for
        received += piece
        if len(received) > most_bytes:
            raise _refused(f"it has more than {most_bytes:,} bytes")
        _check_time(deadline)
    _check_time(deadline)  # its end may be ours
    return bytes(received)


def _refused(why: str) -> InputError:
    return InputError(f"a file could not be fetched: {why}", remedy=_REMEDY)
