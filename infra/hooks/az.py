"""The Azure CLI as the hooks use it: found, run, and its failures read. It holds the login; no hook holds a secret."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MISSING = "The Azure CLI (az) is not on PATH. Install it: https://learn.microsoft.com/cli/azure/install-azure-cli"
LOG_IN = "Log in with `az login` (in the tenant of the subscription), then repeat with `azd hooks run postdeploy`."
_LONGEST_SECONDS = 1800
"""A deployment whose handshake fails is given up by Resource Manager itself long before."""


class HookFailed(Exception):
    """A hook cannot go on. The message says what was wrong, where, and what to do; it holds no secret."""


class AzFailed(HookFailed):
    """`az` ended with an error; `said` is its own words, without keys."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    value: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Token(expires={self.expires.isoformat()})"


@dataclass(frozen=True, slots=True)
class Az:
    path: str

    @classmethod
    def find(cls) -> Az:
        """`az`, or on Windows `az.cmd`. Raises HookFailed: there is none."""
        path = shutil.which("az") or shutil.which("az.cmd")
        if not path:
            raise HookFailed(MISSING)
        return cls(path)

    def run(self, *arguments: str, timeout: float = _LONGEST_SECONDS) -> Any:
        """What it answers, as JSON; None where it answers nothing. Raises AzFailed. `timeout` is in seconds."""
        command = [self.path, *arguments, "--only-show-errors", "--output", "json"]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=timeout)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise AzFailed(f"az {arguments[0]} timed out after {timeout:g} s.") from error
        if done.returncode:
            raise AzFailed(without_secrets(done.stderr or done.stdout).strip() or f"az ended with {done.returncode}.")
        try:
            return json.loads(done.stdout) if done.stdout.strip() else None
        except ValueError as error:
            raise AzFailed(f"az {arguments[0]} did not answer with JSON.") from error

    def token(self, *, tenant_of: str) -> Token:
        """For the management API, in the tenant of the subscription `tenant_of`. Raises HookFailed.

        The resource is not named: then it is the very token that `az login` left. One for another name of the same API
        would have to be asked for anew, which a workflow's login can do for ten minutes only.
        """
        try:
            answer = self.run("account", "get-access-token", "--subscription", tenant_of)
        except AzFailed as error:
            raise HookFailed(f"The Azure CLI gave no token. {LOG_IN} It said: {error.said}") from error
        # expires_on is seconds since 1970, and new in 2.54; the older expiresOn is local time.
        if "expires_on" not in answer:
            raise HookFailed("The Azure CLI is older than 2.54: run `az upgrade`.")
        return Token(value=answer["accessToken"], expires=datetime.fromtimestamp(answer["expires_on"], UTC))

    def management(self) -> str:
        """Base URL of the management API in the cloud that az is logged in to. Raises HookFailed."""
        try:
            return str(self.run("cloud", "show")["endpoints"]["resourceManager"]).rstrip("/")
        except AzFailed as error:
            raise HookFailed(f"The Azure CLI does not work: {error.said}") from error


def without_secrets(text: str) -> str:
    """Keys and signatures in URLs, and bearer tokens, become `…`."""
    text = re.sub(r"(?i)\b((?:code|sig|key)=)[^&\s\"']+", r"\1…", text)
    return re.sub(r"\beyJ[\w-]{10,}\.[\w.-]+", "…", text)
