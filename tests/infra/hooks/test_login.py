"""Whose login the smoke test enters by: az's, and azd's where az has none that still lasts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError

from infra.hooks.connecting import Login
from shared.adapters.connect import SPEECH_SCOPE

ENVIRON = {"AZURE_SUBSCRIPTION_ID": "11111111-2222-3333-4444-555555555555"}
EXPIRED = "echo 'ERROR: AADSTS700024: Client assertion is not within its valid time range.' >&2; exit 1"
NOBODY = "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1"


def by_az(token: str) -> str:
    return f"""echo '{{"accessToken": "{token}", "expires_on": {int(time.time()) + 3600}}}'; echo "$@" > "$0.asked" """


def by_azd(token: str) -> str:
    return f"""echo '{{"token": "{token}", "expiresOn": "2099-01-01T00:00:00Z"}}'"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(tools: Path, name: str, script: str) -> None:
    (tools / name).write_text(f"#!/bin/sh\n{script}\n")
    (tools / name).chmod(0o755)


def test_it_is_azs_in_the_subscriptions_tenant(tools: Path) -> None:
    install(tools, "az", by_az("of-az"))
    install(tools, "azd", by_azd("of-azd"))
    assert Login(ENVIRON).get_token(SPEECH_SCOPE).token == "of-az"
    asked = (tools / "az.asked").read_text().split()
    assert asked[asked.index("--subscription") + 1] == ENVIRON["AZURE_SUBSCRIPTION_ID"]


@pytest.mark.parametrize("az", [EXPIRED, NOBODY, None])
def test_it_is_azds_where_az_gives_none(tools: Path, az: str | None) -> None:
    if az:
        install(tools, "az", az)
    install(tools, "azd", by_azd("of-azd"))
    assert Login(ENVIRON).get_token(SPEECH_SCOPE).token == "of-azd"


def test_without_either_there_is_none(tools: Path) -> None:
    with pytest.raises(ClientAuthenticationError):
        Login(ENVIRON).get_token(SPEECH_SCOPE)
