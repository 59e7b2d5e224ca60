"""Cases of who may call, how often, how much at once, and where results may go."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import jwt

from shared.adapters.connect import storage
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.settings import Connection
from tests.contract.service.api import BOTH, Answer, Api, Case, body_of, check_gateway, check_refusal, refused
from tests.contract.service.cases_answers import VOICES, both, ga, preview

AUDIENCE = "https://cognitiveservices.azure.com"
NO_KEY = {"Ocp-Apim-Subscription-Key": None}

# Keys.

KEYS: Mapping[str, Mapping[str, str | None]] = {
    "none": NO_KEY,
    "empty": {"Ocp-Apim-Subscription-Key": ""},
    "wrong": {"Ocp-Apim-Subscription-Key": "wrong"},
    "part": {"Ocp-Apim-Subscription-Key": "contract-000"},
    "longer": {"Ocp-Apim-Subscription-Key": "contract-00000"},
    "several": {"Ocp-Apim-Subscription-Key": "contract-0000,contract-0001"},
    "as-bearer": {**NO_KEY, "Authorization": "Bearer contract-0000"},
    "basic": {**NO_KEY, "Authorization": "Basic Y29udHJhY3Q6MDAwMA=="},
    "garbage-token": {**NO_KEY, "Authorization": "Bearer a.b.c"},
    "empty-token": {**NO_KEY, "Authorization": "Bearer "},
    "aad-form": {**NO_KEY, "Authorization": "Bearer aad#/subscriptions/x#token"},
}


def shut_out(headers: Mapping[str, str | None]) -> Any:
    def play(api: Api) -> None:
        for method, path in (("GET", None), ("GET", "some-id"), ("DELETE", "some-id")):
            answer = api.ask(method, path, headers=headers)
            check_gateway(answer, 401)
            assert answer.headers["WWW-Authenticate"]
        check_gateway(api.ask(api.version.create_method, None, headers=headers, body=body_of(api.version)), 401)
        check_gateway(api.ask("GET", VOICES, headers=headers), 401)
        check_gateway(api.ask("GET", "/texttospeech/nothing", headers=headers), 401)

    return play


# Tokens.


def with_token(api: Api, token: str) -> Answer:
    return api.ask("GET", headers={**NO_KEY, "Authorization": f"Bearer {token}"})


def token_opens(resource: str, **claims: Any) -> Any:
    return lambda api: _opened(with_token(api, api.identity.token(resource, **claims)))


def _opened(answer: Answer) -> None:
    assert answer.status == 200, answer


def token_shuts(resource: str, claims: Mapping[str, Any]) -> Any:
    return lambda api: check_gateway(with_token(api, api.identity.token(resource, **claims)), 401)


def not_on_the_list(api: Api) -> None:
    answer = with_token(api, api.identity.token(AUDIENCE, oid="somebody-else"))
    assert (answer.status, answer.error["code"]) == (403, "PermissionDenied")


def unsigned(api: Api) -> None:
    claims = jwt.decode(api.identity.token(AUDIENCE), options={"verify_signature": False})
    check_gateway(with_token(api, jwt.encode(claims, "", "none")), 401)


def forged(api: Api) -> None:
    """Signed with a secret that everybody may know, under the real key's id."""
    token = api.identity.token(AUDIENCE)
    claims, header = jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)
    secret = str(api.identity.keys()) * 2
    check_gateway(with_token(api, jwt.encode(claims, secret, "HS256", headers={"kid": header["kid"]})), 401)


def tampered(api: Api) -> None:
    head, body, signature = api.identity.token(AUDIENCE).split(".")
    other = api.identity.token(AUDIENCE, oid="x").split(".")[1]
    check_gateway(with_token(api, f"{head}.{other}.{signature}"), 401)
    check_gateway(with_token(api, f"{head}.{body}."), 401)


def unknown_key_id(api: Api) -> None:
    claims = jwt.decode(api.identity.token(AUDIENCE), options={"verify_signature": False})
    check_gateway(with_token(api, jwt.encode(claims, "s" * 32, "HS256", headers={"kid": "unknown"})), 401)


def creates_with_token(api: Api) -> None:
    headers = {**NO_KEY, "Authorization": f"bearer {api.identity.token(AUDIENCE)}"}
    path = "by-token" if api.version is GA else None
    assert api.ask(api.version.create_method, path, headers=headers, body=body_of(api.version)).status == 201


def wrong_key_beats_token(api: Api) -> None:
    token = api.identity.token(AUDIENCE)
    headers = {"Ocp-Apim-Subscription-Key": "wrong", "Authorization": f"Bearer {token}"}
    check_gateway(api.ask("GET", headers=headers), 401)


NOW = int(time.time())
BAD_CLAIMS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "storage": ("https://storage.azure.com", {}),
    "management": ("https://management.azure.com/", {}),
    "longer": (f"{AUDIENCE}.example.org", {}),
    "two-slashes": (f"{AUDIENCE}//", {}),
    "expired": (AUDIENCE, {"exp": NOW - 600}),
    "not-yet": (AUDIENCE, {"nbf": NOW + 86400}),
    "issuer": (AUDIENCE, {"iss": "https://sts.windows.net/other/"}),
    "tenant": (AUDIENCE, {"tid": "other"}),
    "no-object": (AUDIENCE, {"oid": None}),
    "object-list": (AUDIENCE, {"oid": ["a"]}),
}


def access() -> Iterator[Case]:
    for name, headers in KEYS.items():
        yield from both(f"key-{name}", shut_out(headers))
    for name, audience in {"plain": AUDIENCE, "slash": f"{AUDIENCE}/"}.items():
        yield from both(f"token-{name}", token_opens(audience))
    for name, (audience, claims) in BAD_CLAIMS.items():
        yield ga(f"token-{name}", token_shuts(audience, claims))
    yield from both("token-create", creates_with_token)
    yield from both("token-not-listed", not_on_the_list)
    plays = {"unsigned": unsigned, "forged": forged, "tampered": tampered, "key-id": unknown_key_id}
    for name, play in plays.items():
        yield ga(f"token-{name}", play)
    yield ga("token-and-wrong-key", wrong_key_beats_token)


# Limits.


def too_often(api: Api) -> None:
    """The budget of one window, or of two where one ends meanwhile; then 429, and another caller is not concerned."""
    allowed, most = 0, api.version.max_requests
    while (answer := api.ask("GET", "no-such-id")).status == 404:
        allowed += 1
        assert allowed <= 2 * most
    assert allowed >= most
    check_gateway(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= api.version.window_seconds
    if api.version is PREVIEW:
        assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("50", "0")
    token = api.identity.token(AUDIENCE)
    assert with_token(api, token).status == 200
    if api.version is PREVIEW:
        time.sleep(int(answer.headers["Retry-After"]))
        assert api.ask("GET", "no-such-id").status == 404


def counts_down(api: Api) -> None:
    left = [int(api.ask("GET", "some-id").headers["X-RateLimit-Remaining"]) for _ in range(12)]
    steps = [before - after for before, after in pairwise(left)]
    assert sum(step == 1 for step in steps) >= 10  # a window may end among them


def too_many_active(api: Api) -> None:
    limit = api.version.max_active * 2 // 100
    ids: list[str] = []
    try:
        while (answer := api.create()).status == 201:
            ids.append(answer.id)
            assert len(ids) <= limit
        if api.version is GA:
            check_gateway(answer, 429)
            assert int(answer.headers["Retry-After"]) > 0
        else:
            check_refusal(PREVIEW, answer, 400)
        assert f"There are {limit} syntheses" in answer.error["message"]
        if api.version is GA:
            assert api.ask("DELETE", ids.pop()).status == 204
            ids.append(api.create().id)
    finally:
        for id in ids:
            api.ask("DELETE", id)


def limits() -> Iterator[Case]:
    yield from both("too-often", too_often)
    yield preview("counts-down", counts_down)
    yield ga("too-many-active", too_many_active, idle=True)


# Destinations.

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


CASES = [*access(), *limits(), *destinations()]
LAST_CASES = [preview("too-many-active", too_many_active, idle=True)]
"""Leave behind what only time would end."""
