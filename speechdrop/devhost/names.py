"""Settings as the host reads them: local.settings.json, `%NAME%`, connections, and functions that are switched off."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from speechdrop.devhost.errors import StartError

HOST_STORAGE = "AzureWebJobsStorage"
EMULATOR = "UseDevelopmentStorage=true"
"""The value that means Azurite (https://learn.microsoft.com/azure/storage/common/storage-connect-azurite)."""


def local_settings(path: Path) -> dict[str, str]:
    """`Values` of local.settings.json; nothing where there is no such file. Raises StartError."""
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8")).get("Values", {})
    except ValueError as error:
        raise StartError(f"{path} is not JSON: {error}.") from error
    for key, value in values.items():
        if not isinstance(value, str):
            raise StartError(f"{path}: Values.{key} must be a string, as the host demands.")
    return dict(values)


def wants_emulator(environ: Mapping[str, str]) -> bool:
    """Whether Azurite must run: the host's storage is not named, or any setting asks for it."""
    return not has_connection(HOST_STORAGE, environ) or EMULATOR in environ.values()


def with_emulator(environ: Mapping[str, str], connection_string: str) -> dict[str, str]:
    """The settings with Azurite's connection string in each place that asks for it."""
    filled = {key: connection_string if value == EMULATOR else value for key, value in environ.items()}
    if not has_connection(HOST_STORAGE, filled):
        filled[HOST_STORAGE] = connection_string
    return filled


def has_connection(name: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(name)) or any(key.startswith(f"{name}__") for key in environ)


def resolve(text: str, environ: Mapping[str, str], *, function: str, place: str) -> str:
    """`text` with each `%NAME%` replaced by that setting; `place` is the binding's member, for the message.

    Raises StartError where a setting is missing or a `%` is not closed.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environ:
            raise StartError(f"Function {function}: {place} needs the setting {name}, which is missing; set it.")
        return environ[name]

    if text.count("%") % 2:
        raise StartError(f"Function {function}: {place} is '{text}', where a % is not closed.")
    return re.sub(r"%([^%]*)%", value, text)


def is_disabled(function: str, environ: Mapping[str, str]) -> bool:
    """https://learn.microsoft.com/azure/azure-functions/disable-function: `AzureWebJobs.NAME.Disabled`."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
    return any(environ.get(name, "").lower() in ("true", "1") for name in names)
