"""Opens storage accounts: by connection string, or by endpoints that a managed identity enters.

All clients of a process share one pool of HTTP connections, so building one is cheap and threads reuse what is open.
The SDK repeats what is safe to repeat, a few times within seconds (`failures` says what a writer sees of it).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, lru_cache
from time import monotonic
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient, ExponentialRetry
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from shared.adapters.blobs import AzureBlobs
from shared.adapters.links import DelegationKeys, SasSigner
from shared.adapters.queues import AzureQueue
from shared.adapters.remote import remote_file
from shared.adapters.tables import AzureTable
from shared.adapters.transport import transport
from shared.errors import NotAccepted, SettingsError, StorageError
from shared.hosts import is_loopback
from shared.settings import Connection

if TYPE_CHECKING:
    from azure.identity import ManagedIdentityCredential

SPEECH_SCOPE = "https://cognitiveservices.azure.com/.default"
_TOKEN_SECONDS = 60

_DEVELOPMENT = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    # The emulator's key, published and the same everywhere.
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1"
)


class Storage:
    """One storage account. Its tables, containers and queues are made when a first write finds them missing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def table(self, name: str) -> AzureTable:
        return AzureTable(self._tables.get_table_client(name))

    def blobs(self, container: str) -> AzureBlobs:
        return AzureBlobs(self._blobs.get_container_client(container), self._signer)

    def queue(self, name: str) -> AzureQueue:
        return AzureQueue(self._queues.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy()))

    def open_container(self, url: str) -> AzureBlobs:
        return open_container(url)

    @cached_property
    def _tables(self) -> TableServiceClient:
        client: TableServiceClient = self._client(
            TableServiceClient, self._connection.table_uri, "table", **_table_retries()
        )
        return client

    @cached_property
    def _blobs(self) -> BlobServiceClient:
        client: BlobServiceClient = self._client(
            BlobServiceClient, self._connection.blob_uri, "blob", retry_policy=_retries()
        )
        return client

    @cached_property
    def _queues(self) -> QueueServiceClient:
        client: QueueServiceClient = self._client(
            QueueServiceClient, self._connection.queue_uri, "queue", retry_policy=_retries()
        )
        return client

    @cached_property
    def _signer(self) -> SasSigner:
        if not self._connection.connection_string:
            return SasSigner(self._blobs, DelegationKeys(self._blobs))
        account_key = getattr(self._blobs.credential, "account_key", None)

        def key(starts: datetime, expires: datetime) -> dict[str, Any]:
            if account_key is None:
                raise SettingsError("The storage connection string has no AccountKey, which links are signed with.")
            return {"account_key": account_key}

        return SasSigner(self._blobs, key)

    def _client(self, kind: Any, uri: str, service: str, **options: Any) -> Any:
        connection = self._connection
        if connection.connection_string:
            text = connection.connection_string.strip()
            text = _DEVELOPMENT if text.rstrip(";").lower() == "usedevelopmentstorage=true" else text
            try:
                return kind.from_connection_string(text, transport=transport("127.0.0.1" in text), **options)
            except ValueError:
                # The SDK's own message is left out: it may repeat the string.
                raise SettingsError("A storage connection string is not usable: it lacks an endpoint or key.") from None
        if not uri:
            raise SettingsError(f"A storage connection has no {service} endpoint; set its …__{service}ServiceUri.")
        return kind(uri, credential=_credential(connection.client_id), transport=transport(_is_local(uri)), **options)


@lru_cache
def storage(connection: Connection) -> Storage:
    return Storage(connection)


def open_container(url: str) -> AzureBlobs:
    """A container by its URL with a SAS, and with its rights. It is not made if missing, copies and links nothing.

    Redirects are not followed: the URL's host was checked, another's was not.
    """
    return AzureBlobs(ContainerClient.from_container_url(url, **_as_linked(url)), None)


def open_file(link: Callable[[], str]) -> IO[bytes]:
    """The blob at a link with a SAS, to be read anywhere; `link` is asked for another where one has run out under way.

    Raises Missing; StorageError, also for a link that is neither https nor of this machine. Reading raises them too,
    and Conflict where the blob was changed since it was opened.
    """

    def opened() -> BlobClient:
        url = link()
        if urlsplit(url).scheme != "https" and not _is_local(url):
            raise StorageError("The endpoint's link to its result is no https URL.")
        return BlobClient.from_blob_url(url, **_as_linked(url))

    return remote_file(opened)


def _as_linked(url: str) -> dict[str, Any]:
    return {"transport": transport(_is_local(url)), "retry_policy": _retries(), "permit_redirects": False}


def token(client_id: str = "") -> Callable[[], str]:
    """Gives the managed identity's token for the Speech endpoint, and for a minute the same one without asking.

    The credential keeps it longer, until it nears its end. Raises NotAccepted.
    """
    credential = _credential(client_id)
    kept, until = "", 0.0

    def bearer() -> str:
        nonlocal kept, until
        if monotonic() >= until:
            try:
                kept = str(credential.get_token(SPEECH_SCOPE).token)
            except AzureError as error:
                raise NotAccepted(f"The managed identity gave no token ({type(error).__name__}).") from error
            until = monotonic() + _TOKEN_SECONDS
        return kept

    return bearer


@lru_cache
def _credential(client_id: str) -> ManagedIdentityCredential:
    # Imported here: it is slow to load, and a laptop never needs it.
    from azure.identity import ManagedIdentityCredential

    # The identity's endpoint is near. By the SDK's defaults one that hangs would hold a function up for an hour.
    return ManagedIdentityCredential(client_id=client_id or None, connection_timeout=5, read_timeout=10, retry_total=2)


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def _retries() -> ExponentialRetry:
    return ExponentialRetry(initial_backoff=0, increment_base=2, retry_total=3, random_jitter_range=1)


def _table_retries() -> dict[str, Any]:
    return {"retry_total": 3, "retry_backoff_factor": 0.5, "retry_backoff_max": 8}
