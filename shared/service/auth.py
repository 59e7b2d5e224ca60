"""Who may call: holders of one of the service's keys, and those whom an Entra token names. Never anonymous.

Refusals have the form of the gateway in front of Azure's API, whichever version is asked for.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from shared.service.context import Rejected, Service

KEY_HEADER = "ocp-apim-subscription-key"
EVERYBODY = "*"
_CHALLENGE = 'AzureApiManagementKey realm="speechdrop",name="Ocp-Apim-Subscription-Key",type="header"'


def authenticate(service: Service, headers: Mapping[str, str]) -> str:
    """A name of the caller that is no secret. `headers` by lower-cased name. Raises Rejected (401, 403)."""
    shown = headers.get(KEY_HEADER, "")
    if _opens(shown, service.settings.service_keys):
        return f"key-{hashlib.sha256(shown.encode()).hexdigest()[:16]}"
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if shown or scheme.lower() != "bearer" or service.identify is None:
        raise _unknown("invalid subscription key or wrong API endpoint. Send a key as Ocp-Apim-Subscription-Key")
    caller = service.identify(token.strip())
    if caller is None:
        raise _unknown("an invalid token: it is not signed for this resource, or it has expired. Send a fresh one")
    if not {caller, EVERYBODY} & set(service.settings.entra_object_ids):
        raise Rejected(403, "PermissionDenied", "Principal does not have access to API/Operation.")
    return f"oid-{hashlib.sha256(caller.encode()).hexdigest()[:16]}"


def _opens(shown: str, keys: Sequence[str]) -> bool:
    """Every key is compared, each in constant time."""
    return any([hmac.compare_digest(shown.encode(errors="replace"), key.encode()) for key in keys])


def _unknown(why: str) -> Rejected:
    return Rejected(401, "401", f"Access denied due to {why}.", headers={"WWW-Authenticate": _CHALLENGE})
