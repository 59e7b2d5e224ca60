"""Who may call: holders of one of the service's keys. Never anonymous."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

from shared.service.context import Rejected

KEY_HEADER = "ocp-apim-subscription-key"


def authenticate(headers: Mapping[str, str], keys: Sequence[str]) -> None:
    """`headers` by lower-cased name. Raises Rejected (401). Every key is compared, each in constant time."""
    shown = headers.get(KEY_HEADER, "").encode()
    if not any([hmac.compare_digest(shown, key.encode()) for key in keys]):
        raise Rejected(
            401,
            "Unauthorized",
            "Access denied due to a missing or invalid subscription key. Send it as Ocp-Apim-Subscription-Key.",
        )
