"""Every setting, read once from an environment that is passed in. The README lists them; a test keeps both equal.

A setting's name is its field's in capitals; its unit is in the name. Storage connections follow the Functions host:
`NAME` holds a connection string, or `NAME__blobServiceUri`, `NAME__queueServiceUri`, `NAME__tableServiceUri` and
`NAME__clientId` name endpoints that a managed identity enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from shared.checks import (
    Check,
    container,
    container_or_none,
    count,
    flag,
    format_name,
    keys_url,
    matching,
    names,
    number,
    one_of,
    seconds,
    url,
)
from shared.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A storage account: by connection string, or by endpoints and identity."""

    connection_string: str = field(default="", repr=False)
    blob_uri: str = ""
    queue_uri: str = ""
    table_uri: str = ""
    client_id: str = ""

    def __bool__(self) -> bool:
        """Whether it names an account at all."""
        return bool(self.connection_string or self.blob_uri)

    @property
    def has_queues(self) -> bool:
        """Whether the account's queues can be reached."""
        return bool(self.connection_string or self.queue_uri)


CATALOGUE = "catalogue"
_PREPARING_SECONDS = 5
"""Of a sender's lease, for what comes before its create."""


def _setting(default: Any, check: Check) -> Any:
    return field(default=default, metadata={"check": check})


def _secret(check: Check) -> Any:
    return field(default=check(""), repr=False, metadata={"check": check, "secret": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host_storage: Connection = field(default_factory=Connection)
    """`AzureWebJobsStorage`: the host's own account; ours for tables, queues, request blobs."""
    content_storage: Connection = field(default_factory=Connection)
    """`CONTENT_STORAGE`: the account of inbox and results; the pipeline alone needs it."""
    results_storage: Connection = field(default_factory=Connection)
    """`RESULTS_STORAGE`: the account of the results, where it is another one."""
    deployment_id: str = _setting("speechdrop", matching(r"[a-z0-9]{1,16}", "1 to 16 of a-z and 0-9"))
    """Begins every job id, so that deployments may share an endpoint."""
    inbox_container: str = _setting("inbox", container)
    results_container: str = _setting("results", container)
    work_container: str = _setting("speechdrop-work", container)
    """Request blobs and kept inputs, private."""

    # The pipeline's endpoint.
    speech_endpoint: str = _setting("", url)
    """Base URL of the Batch Synthesis endpoint, e.g. https://NAME.cognitiveservices.azure.com."""
    speech_key: str = _secret(str)
    """`Ocp-Apim-Subscription-Key`; "": the managed identity enters."""
    speech_api_version: str = _setting("2024-04-01", one_of("2024-04-01", "3.1-preview1"))
    voice: str = _setting("en-US-JennyNeural", matching(r"\S{1,100}", "a voice name"))
    output_format: str = _setting("audio-24khz-48kbitrate-mono-mp3", format_name)

    # The pipeline's limits and times (docs/protocol.md says what each is for).
    max_document_bytes: int = _setting(8 * 1024 * 1024, count(1, 64 * 1024 * 1024))
    max_option_bytes: int = _setting(64 * 1024, count(2, 1024 * 1024))
    max_option_folders: int = _setting(16, count(1, 512))
    """Folders above a document, the container included: each costs a read."""
    input_characters: int = _setting(4000, count(200, 50_000))
    """Longest input that splitting makes."""
    max_book_entries: int = _setting(10_000, count(1, 1_000_000))
    """Files in an EPUB."""
    max_book_bytes: int = _setting(32 * 1024 * 1024, count(1, 256 * 1024 * 1024))
    """Of an EPUB's texts, unpacked."""
    max_book_ratio: int = _setting(100, count(2, 1000))
    """Unpacked bytes of an EPUB's file for each packed one; files below 1 MiB may have more."""
    max_cover_bytes: int = _setting(4 * 1024 * 1024, count(1, 64 * 1024 * 1024))
    max_starts: int = _setting(5, count(1, 100))
    max_attempts: int = _setting(3, count(1, 10))
    http_timeout_seconds: float = _setting(60.0, number(0.1, 600))
    lease_seconds: float = _setting(300.0, seconds)
    lease_margin_seconds: float = _setting(60.0, seconds)
    accept_window_seconds: float = _setting(600.0, seconds)
    pack_recent_seconds: float = _setting(5.0, seconds)
    pack_quiet_seconds: float = _setting(2.0, seconds)
    pack_oldest_seconds: float = _setting(20.0, seconds)
    max_active_jobs: int = _setting(100, count(1, 10_000))
    """Given to the endpoint at once; one document fills half of them at most."""
    max_requests_per_second: float = _setting(5.0, number(0.1, 1000))
    """Made of the endpoint by all instances together, ten seconds' worth of them at once."""
    back_off_first_seconds: float = _setting(5.0, seconds)
    back_off_most_seconds: float = _setting(300.0, seconds)
    unseen_get_seconds: float = _setting(60.0, seconds)
    """A running job that a list does not show is asked for by GET this long after the last such GET."""
    deadline_seconds: float = _setting(5 * 24 * 3600.0, seconds)
    destination_seconds: float = _setting(7 * 24 * 3600.0, seconds)
    """Life of the SAS in `destinationContainerUrl`, the longest that a user delegation key allows."""
    destination_backdate_seconds: float = _setting(900.0, seconds)
    destination_verdict_seconds: float = _setting(24 * 3600.0, seconds)
    """After this long without a job to show it, whether the endpoint takes our destination is learnt anew."""
    missing_file_seconds: float = _setting(600.0, seconds)
    max_result_bytes: int = _setting(64 * 1024**3, count(1, 2**40))
    """Of a job's files that we unpack ourselves. The longest text of one job, spoken at 48 kHz, makes some 13 GB."""
    extras_at_once_bytes: int = _setting(16 * 1024 * 1024, count(0, 2**40))
    """Of audio: a combined file of so much is made on the spot, one of more by a message of its own."""
    replaced_files_seconds: float = _setting(24 * 3600.0, seconds)
    """Audio that a newer manifest does not list is removed so long after it."""
    keep_requests_seconds: float = _setting(30 * 24 * 3600.0, seconds)
    """Requests, which a retry takes its texts from, are removed so long after their job."""
    keep_rows_days: int = _setting(90, count(32, 3650))
    """Rows of older versions, and of documents that are gone, are removed after so many days. So are the day's charges:
    those of a whole month are needed for its budget."""
    collect_seconds: float = _setting(300.0, seconds)
    """Of each sweep, for removing."""
    slice_documents: int = _setting(50, count(1, 50))
    """At most what is marked in one transaction: parts of 64 KiB, in 4 MiB."""
    function_timeout_seconds: float = _setting(3600.0, seconds)
    """The host's own. No longer, as an instance that is scaled in lets a function run for an hour at most
    (https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout)."""
    function_grace_seconds: float = _setting(300.0, seconds)
    stuck_seconds: float = _setting(300.0, seconds)
    """A `finishing` job without progress for this long is nudged again."""
    poison_hidden_seconds: float = _setting(240.0, number(1, 7 * 24 * 3600))
    """A message that failed too often, and still cannot be followed, is looked at again so long after."""
    sweep_overlap_seconds: float = _setting(3600.0, seconds)
    sweep_patience_seconds: float = _setting(0.0, number(0, 24 * 3600))
    """A sweep leaves what is younger to its event."""
    sweep_seconds: float = _setting(900.0, seconds)
    """A sweep that takes longer goes on with the next firing of its timer."""

    # Money (docs/budgets.md).
    daily_characters: int = _setting(0, count(0, 10**12))
    """Of a UTC day; documents beyond them are held until the day turns. 0: as many as there are."""
    monthly_characters: int = _setting(0, count(0, 10**12))
    dry_run: bool = _setting(False, flag)
    """Documents are counted and priced, and nothing is sent."""
    price_per_million: float = _setting(15.0, number(0, 10**6))
    """Of characters, in whatever money: for what is told of a dry run."""

    # Notices of documents that have ended (docs/notices.md).
    notice_queue: str = _setting("", container_or_none)
    """A queue of the content's account; "": none."""
    notice_url: str = _setting("", url)
    """A webhook; "": none."""
    notice_secret: str = _secret(str)
    """What notices to the webhook are signed with: base64, with or without `whsec_`."""
    notice_seconds: float = _setting(7 * 24 * 3600.0, seconds)
    """After so long a notice is given up."""
    notice_back_off_most_seconds: float = _setting(3600.0, seconds)
    notice_round_seconds: float = _setting(20.0, seconds)
    """Of each of the timer's rounds, for notices to one receiver."""

    # The service.
    service_keys: tuple[str, ...] = _secret(names)
    """Keys that callers may show, comma separated; several at once for rotation."""
    service_container: str = _setting("synthesis-work", container)
    service_outputs_container: str = _setting("batchsynthesis-output", container)
    engine: str = _setting(CATALOGUE, one_of(CATALOGUE, "silence"))
    """`catalogue`: each voice is spoken by its own engine; another engine speaks for all voices, without sound."""
    ledger: bool = _setting(False, flag)
    """Keep an append-only ledger of accepted syntheses: development and tests."""
    segment_characters: int = _setting(5000, count(100, 100_000))
    speak_lease_seconds: float = _setting(120.0, seconds)
    """A work item begun this long ago and not done is given out again."""
    result_link_seconds: float = _setting(24 * 3600.0, number(1, 7 * 24 * 3600))
    """At most what a user delegation key allows."""
    destination_hosts: tuple[str, ...] = _setting(
        (".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn"), names
    )
    """Where `destinationContainerUrl` may point: a host, or with a leading dot all below it; `host:port` for a port
    that is not https's own (of this machine, any)."""
    destination_patience_seconds: float = _setting(24 * 3600.0, seconds)
    """A destination that gives no answer is tried for so long, and no longer than its signature lasts; then the
    synthesis has failed."""
    fetch_hosts: tuple[str, ...] = _setting((), names)
    """Where recordings and lexicons that a synthesis names may be fetched from, by https, in the same form."""
    byos_container: str = _setting("", container_or_none)
    """Of the host's account: where results are unpacked that name no container; "": nowhere."""
    request_limit_percent: int = _setting(100, count(0, 1_000_000))
    """Of the documented number of requests, for each caller; 0: as many as they like."""
    active_limit_percent: int = _setting(100, count(0, 1_000_000))
    """Of the documented number of syntheses that have not ended; 0: as many as they like."""

    # Callers with Entra tokens; without ENTRA_ISSUERS there are none.
    entra_issuers: tuple[str, ...] = _setting((), names)
    """`iss` of tokens, e.g. https://sts.windows.net/TENANT/."""
    entra_keys_url: str = _setting("", keys_url)
    """The JSON Web Key Set that tokens are signed with."""
    entra_audience: str = _setting("https://cognitiveservices.azure.com", url)
    """`aud` of tokens, with or without a slash at its end."""
    entra_tenant: str = _setting("", matching(r"[\w.-]*", "a tenant's id"))
    """`tid` of tokens; "": any that the issuers sign for."""
    entra_object_ids: tuple[str, ...] = _setting((), names)
    """`oid` of those who may call; `*`: everybody with a valid token."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Raises SettingsError naming the key and its value (a secret's value is not shown)."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            check = item.metadata.get("check")
            key = item.name.upper()
            if check and key in environ:
                values[item.name] = _checked(key, environ[key], check, secret=item.metadata.get("secret", False))
        host = _connection("AzureWebJobsStorage", environ)
        content = _connection("CONTENT_STORAGE", environ, required=False)
        results = _connection("RESULTS_STORAGE", environ, required=False)
        settings = cls(host_storage=host, content_storage=content, results_storage=results, **values)
        if settings.lease_seconds < settings.http_timeout_seconds + settings.lease_margin_seconds + _PREPARING_SECONDS:
            raise SettingsError(
                f"The setting LEASE_SECONDS is '{settings.lease_seconds:g}'; it must be at least HTTP_TIMEOUT_SECONDS "
                f"and LEASE_MARGIN_SECONDS together and {_PREPARING_SECONDS} more, or nothing could ever be sent."
            )
        if not results and settings.inbox_container == settings.results_container:
            raise SettingsError(
                f"The settings INBOX_CONTAINER and RESULTS_CONTAINER are both '{settings.inbox_container}'; they must "
                "be two, or what is made of a document would be taken for documents itself."
            )
        return settings


def _checked(key: str, text: str, check: Check, *, secret: bool) -> Any:
    try:
        return check(text)
    except ValueError as error:
        shown = "not usable" if secret else f"'{text}'"
        raise SettingsError(f"The setting {key} is {shown}; it must be {error}.") from error


def _connection(name: str, environ: Mapping[str, str], *, required: bool = True) -> Connection:
    connection = Connection(
        connection_string=environ.get(name, ""),
        blob_uri=environ.get(f"{name}__blobServiceUri", environ.get(f"{name}__serviceUri", "")),
        queue_uri=environ.get(f"{name}__queueServiceUri", ""),
        table_uri=environ.get(f"{name}__tableServiceUri", ""),
        client_id=environ.get(f"{name}__clientId", ""),
    )
    if required and not connection:
        raise missing_connection(name)
    return connection


def missing_connection(name: str) -> SettingsError:
    return SettingsError(
        f"The setting {name} is missing; set it to a connection string, or {name}__blobServiceUri to an endpoint."
    )
