"""Cases of where results may go: which container's URL is taken, and which path in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.connect import storage
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.settings import Connection
from tests.contract.service.api import BOTH, Api
from tests.contract.service.cases import Case, both, check_refusal, refused

SAS = "sp=racwl&st=2026-01-01T00:00:00Z&se=2999-01-01T00:00:00Z&sr=c&sig=s%2Bs"
GOOD = f"https://acct.blob.core.windows.net/results?{SAS}"
TRICKS: Mapping[str, str] = {
    "not-a-url": "not a url",
    "http": GOOD.replace("https", "http"),
    "ftp": GOOD.replace("https", "ftp"),
    "file": f"file:///etc/passwd?{SAS}",
    "no-scheme": GOOD.removeprefix("https:"),
    "other-host": f"https://example.org/results?{SAS}",
    "metadata": f"https://169.254.169.254/metadata?{SAS}",
    "metadata-http": f"http://169.254.169.254/metadata?{SAS}",
    "suffix": GOOD.replace("windows.net", "windows.net.example.org"),
    "prefix": f"https://evilblob.core.windows.net/results?{SAS}",
    "user": GOOD.replace("acct.", "user:pw@acct."),
    "user-host": f"https://acct.blob.core.windows.net@example.org/results?{SAS}",
    "user-port": f"https://acct.blob.core.windows.net:443@example.org/results?{SAS}",
    "backslash": f"https://example.org\\.blob.core.windows.net/results?{SAS}",
    "backslash-user": f"https://acct.blob.core.windows.net\\@example.org/results?{SAS}",
    "hash": f"https://example.org#.blob.core.windows.net/results?{SAS}",
    "query-host": f"https://example.org?.blob.core.windows.net/results?{SAS}",
    "port": GOOD.replace(".net/", ".net:8080/"),
    "bad-port": GOOD.replace(".net/", ".net:99999/"),
    "ipv6": f"https://[::1]/results?{SAS}",
    "ipv6-mapped": f"http://[::ffff:127.0.0.1]:10000/account/results?{SAS}",
    "ipv6-broken": f"https://[::1/results?{SAS}",
    "decimal": f"http://2130706433:10000/account/results?{SAS}",
    "octal": f"http://0177.0.0.1:10000/account/results?{SAS}",
    "hex": f"http://0x7f000001:10000/account/results?{SAS}",
    "short-ip": f"http://127.1:10000/account/results?{SAS}",
    "zero": f"http://0.0.0.0:10000/account/results?{SAS}",
    "other-loopback": f"http://127.0.0.2:10000/account/results?{SAS}",
    "localhost": f"http://localhost:10000/account/results?{SAS}",
    "dot": GOOD.replace(".net/", ".net./"),
    "wide-dot": GOOD.replace(".windows", "。windows"),
    "wide-letters": GOOD.replace("acct", "ａcct"),
    "newline": GOOD.replace("acct", "ac\nct"),
    "tab": GOOD.replace("blob.", "blob.\t"),
    "blank": f" {GOOD}",
    "null": GOOD.replace("acct", "ac\0ct"),
    "percent-host": GOOD.replace("acct.", "example.org%2f."),
    "no-container": GOOD.replace("/results", "/"),
    "blob": GOOD.replace("/results", "/results/blob.wav"),
    "climbing": GOOD.replace("/results", "/.."),
    "escaped": GOOD.replace("/results", "/res%2Fults"),
    "upper-case": GOOD.replace("/results", "/Results"),
    "fragment": f"{GOOD}#x",
    "no-sas": GOOD.partition("?")[0],
    "no-signature": GOOD.replace("&sig=s%2Bs", ""),
    "empty-signature": GOOD.replace("sig=s%2Bs", "sig="),
    "policy": GOOD.replace("sp=racwl", "si=policy"),
    "policy-besides": f"{GOOD}&si=policy",
    "of-a-blob": GOOD.replace("sr=c", "sr=b"),
    "read-only": GOOD.replace("sp=racwl", "sp=rl"),
    "no-rights": GOOD.replace("sp=racwl", "sp="),
    "expired": GOOD.replace("2999", "2026").replace("2026-01-01T00:00:00Z&sr", "2026-01-02T00:00:00Z&sr"),
    "no-expiry": GOOD.replace("&se=2999-01-01T00:00:00Z", ""),
    "bad-expiry": GOOD.replace("2999-01-01T00:00:00Z", "soon"),
    "not-yet": GOOD.replace("st=2026", "st=2998"),
    "twice": f"{GOOD}&se=2000-01-01",
}
PATHS = {
    "climbing": "../up",
    "inner": "a/../b",
    "dot": "./a",
    "empty-part": "a//b",
    "backslash": "a\\b",
    "control": "a\x01b",
    "long": "x" * 513,
    "slash": "/",
}


def destination(api: Api) -> str:
    """A URL of a container of this caller's, with a SAS such as the pages ask for."""
    container = storage(Connection(connection_string=api.connection)).blobs(f"c{abs(hash(api.key))}")
    container.write("made/by/its/owner", b"")
    now = datetime.now(UTC)
    return container.writable_link(starts=now - timedelta(minutes=15), expires=now + timedelta(hours=1))


def not_shown(api: Api) -> None:
    url = destination(api)
    answer = api.create(properties={"destinationContainerUrl": url})
    ended = api.ended(answer.id)
    for found in (answer.json, ended, api.ask("GET").json):
        assert "destinationContainerUrl" not in str(found)
        assert "sig=" not in str(found.get("outputs", ""))


def refused_at(trick: str, version: ApiVersion) -> Case:
    target = "properties.destinationContainerUrl"
    wish: dict[str, Any] = {"properties": {"destinationContainerUrl": TRICKS[trick]}}
    return refused(f"destination-{trick}", version, target, **wish)


def destinations() -> Iterator[Case]:
    for trick in TRICKS:
        yield refused_at(trick, GA)
    for trick in ("http", "other-host", "metadata", "policy", "expired", "decimal"):
        yield refused_at(trick, PREVIEW)
    for version in BOTH:
        target = "properties.destinationContainerUrl"
        yield refused("destination-number", version, target, properties={"destinationContainerUrl": 1})
    yield from both("destination-not-shown", not_shown)
    target = "properties.destinationPath"
    yield refused("path-without-container", GA, target, properties={"destinationPath": "books"})
    for name, path in PATHS.items():
        wish: dict[str, Any] = {"properties": {"destinationContainerUrl": GOOD, "destinationPath": path}}
        yield refused(f"path-{name}", GA, target, **wish)
    for version in BOTH:
        yield Case(name="unpack-nowhere", version=version, play=unpack_nowhere, idle=True, alone=True)


def unpack_nowhere(api: Api) -> None:
    answer = api.create(properties={"decompressOutputFiles": True})
    check_refusal(api.version, answer, 400, "properties.decompressOutputFiles")


CASES = [*destinations()]
