"""Cases of who may call, how often, and how much at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import jwt

from shared.batchapi import problems
from shared.batchapi.versions import GA, PREVIEW
from tests.contract.service.api import Answer, Api, body_of
from tests.contract.service.cases import Case, both, check_gateway, check_refusal, ga, preview
from tests.contract.service.cases_paths import VOICES

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
        assert answer.error["message"] == problems.too_many_active(limit)
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


CASES = [*access(), *limits()]
LAST_CASES = [preview("too-many-active", too_many_active, idle=True)]
"""Leave behind what only time would end."""
