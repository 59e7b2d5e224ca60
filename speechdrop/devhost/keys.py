"""The host's keys, made once per data directory: function key, master key, and the blob webhook's system key."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    function: str = field(repr=False)
    """Opens functions of level `function`."""
    master: str = field(repr=False)
    """Opens everything, `/admin` too."""
    blobs_extension: str = field(repr=False)
    """Opens `/runtime/webhooks/blobs`."""


def keys_at(path: Path) -> Keys:
    """The keys kept in the file, which only its owner can read; made if there is none."""
    if not path.exists():
        made = Keys(**{name: secrets.token_urlsafe(32) for name in ("function", "master", "blobs_extension")})
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(made), file)
    return Keys(**json.loads(path.read_text(encoding="utf-8")))
