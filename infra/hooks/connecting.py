"""The smoke test's way in: endpoint and containers, by the login of the person who deploys, or by a key that is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.storage.blob import BlobServiceClient

from infra.hooks.az import LOG_IN, HookFailed
from shared.adapters.blobs import AzureBlobs
from shared.adapters.connect import SPEECH_SCOPE, storage
from shared.adapters.speech import HttpSpeechApi
from shared.batchapi.versions import VERSIONS
from shared.errors import NotAccepted
from shared.ports import Blobs
from shared.settings import Settings

BLOB_ENDPOINT = "CONTENT_STORAGE_BLOB_ENDPOINT"
"""Output of infra/main.bicep. Not the setting's own name: Windows knows no lower case in names of variables."""


def endpoint(settings: Settings, environ: Mapping[str, str]) -> HttpSpeechApi:
    """Raises HookFailed: azd's environment names none."""
    if not settings.speech_endpoint:
        raise HookFailed(
            "azd's environment has no SPEECH_ENDPOINT; it is an output of infra/main.bicep: `azd provision`."
        )
    return HttpSpeechApi(
        settings.speech_endpoint,
        VERSIONS[settings.speech_api_version],
        credential=settings.speech_key or _bearer(environ),
        timeout=settings.http_timeout_seconds,
    )


def inbox_and_results(settings: Settings, environ: Mapping[str, str]) -> tuple[Blobs, Blobs]:
    """Raises HookFailed: azd's environment names no storage account."""
    names = (settings.inbox_container, settings.results_container)
    if settings.content_storage:
        account = storage(settings.content_storage)
        return account.blobs(names[0]), account.blobs(names[1])
    url = environ.get(BLOB_ENDPOINT, "")
    if not url.startswith("https://"):
        raise HookFailed(f"azd's environment has no usable {BLOB_ENDPOINT}; run `azd provision`.")
    service = BlobServiceClient(url, credential=Login(environ))
    inbox, results = (AzureBlobs(service.get_container_client(name), None) for name in names)
    return inbox, results


def _bearer(environ: Mapping[str, str]) -> Callable[[], str]:
    credential = Login(environ)

    def bearer() -> str:
        try:
            return credential.get_token(SPEECH_SCOPE).token
        except AzureError as error:
            raise NotAccepted(f"There is no token for the endpoint ({type(error).__name__}). {LOG_IN}") from error

    return bearer


class Login:
    """A TokenCredential: az's login, in the tenant of azd's subscription, or azd's own where az gives no token.

    Neither is enough alone: in a workflow az cannot renew its login after some ten minutes
    (github.com/Azure/azure-cli/issues/28708), and azd knows no tenant by a subscription.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        from azure.identity import AzureCliCredential, AzureDeveloperCliCredential

        self._az = AzureCliCredential(subscription=environ.get("AZURE_SUBSCRIPTION_ID"), process_timeout=60)
        tenant = environ.get("AZURE_TENANT_ID", "")
        self._azd = AzureDeveloperCliCredential(tenant_id=tenant, process_timeout=60)

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Raises azure.core's ClientAuthenticationError."""
        try:
            token: AccessToken = self._az.get_token(*scopes, **options)
        except ClientAuthenticationError:
            token = self._azd.get_token(*scopes, **options)
        return token
