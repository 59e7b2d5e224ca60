"""Settings: what each accepts, and what a person is told of one that is wrong."""

from __future__ import annotations

from dataclasses import fields

import pytest

from shared.errors import SettingsError
from shared.settings import Connection, Settings

STORAGE = {"AzureWebJobsStorage": "host account", "CONTENT_STORAGE": "content account"}

GOOD = [
    ("DEPLOYMENT_ID", "abc123", "abc123"),
    ("INBOX_CONTAINER", "drop-here", "drop-here"),
    ("INBOX_CONTAINER", "abc", "abc"),
    ("SPEECH_ENDPOINT", "https://name.cognitiveservices.azure.com/", "https://name.cognitiveservices.azure.com"),
    ("SPEECH_ENDPOINT", "http://127.0.0.1:7071", "http://127.0.0.1:7071"),
    ("SPEECH_ENDPOINT", "", ""),
    ("SPEECH_KEY", "anything", "anything"),
    ("SPEECH_API_VERSION", "3.1-preview1", "3.1-preview1"),
    ("MAX_STARTS", "1", 1),
    ("MAX_STARTS", "100", 100),
    ("HTTP_TIMEOUT_SECONDS", "0.5", 0.5),
    ("HTTP_TIMEOUT_SECONDS", "235", 235.0),
    ("LEASE_SECONDS", "125", 125.0),
    ("SERVICE_KEYS", "one, two,,", ("one", "two")),
    ("SERVICE_KEYS", "", ()),
    ("ENGINE", "silence", "silence"),
    ("LEDGER", "True", True),
    ("LEDGER", "0", False),
    ("DESTINATION_HOSTS", ".example.org,host", (".example.org", "host")),
    ("BYOS_CONTAINER", "", ""),
    ("BYOS_CONTAINER", "results", "results"),
    ("ENTRA_KEYS_URL", "https://login.example.org/keys", "https://login.example.org/keys"),
    ("ENTRA_KEYS_URL", "http://127.0.0.1:7/keys", "http://127.0.0.1:7/keys"),
    ("ENTRA_KEYS_URL", "http://localhost:7/keys", "http://localhost:7/keys"),
    ("ENTRA_AUDIENCE", "https://cognitiveservices.azure.com/", "https://cognitiveservices.azure.com"),
    ("ENTRA_OBJECT_IDS", "a,b", ("a", "b")),
    ("REQUEST_LIMIT_PERCENT", "0", 0),
    ("RESULT_LINK_SECONDS", "604800", 604800.0),
]

BAD = [
    ("DEPLOYMENT_ID", "With-Hyphen", "1 to 16 of a-z and 0-9"),
    ("DEPLOYMENT_ID", "", "1 to 16 of a-z and 0-9"),
    ("INBOX_CONTAINER", "In box", "a container name"),
    ("KEEP_ROWS_DAYS", "31", "a whole number from 32"),
    ("INBOX_CONTAINER", "ab", "a container name"),
    ("INBOX_CONTAINER", "a--b", "a container name"),
    ("RESULTS_CONTAINER", "a" * 64, "a container name"),
    ("SPEECH_ENDPOINT", "name.cognitiveservices.azure.com", "an http or https URL"),
    ("SPEECH_ENDPOINT", "ftp://host", "an http or https URL"),
    ("SPEECH_ENDPOINT", "https://", "an http or https URL"),
    ("SPEECH_ENDPOINT", "http://[", "an http or https URL"),
    ("SPEECH_API_VERSION", "2023-01-01", "one of 2024-04-01, 3.1-preview1"),
    ("VOICE", "two words", "a voice name"),
    ("OUTPUT_FORMAT", "mp3", "one of Azure's output formats"),
    ("MAX_STARTS", "0", "a whole number from 1 to 100"),
    ("MAX_STARTS", "101", "a whole number from 1 to 100"),
    ("MAX_STARTS", "five", "a whole number from 1 to 100"),
    ("MAX_STARTS", "2.5", "a whole number from 1 to 100"),
    ("HTTP_TIMEOUT_SECONDS", "0", "a number from 0.1 to 600"),
    ("HTTP_TIMEOUT_SECONDS", "nan", "a number from 0.1 to 600"),
    ("HTTP_TIMEOUT_SECONDS", "a minute", "a number from 0.1 to 600"),
    ("LEASE_SECONDS", "-1", "a number from 0 to"),
    ("ENGINE", "loud", "one of catalogue, silence"),
    ("LEDGER", "yes", "true or false"),
    ("BYOS_CONTAINER", "In box", "empty, or a container name"),
    ("ENTRA_KEYS_URL", "http://login.example.org/keys", "an https URL"),
    ("ENTRA_TENANT", "a tenant", "a tenant's id"),
    ("REQUEST_LIMIT_PERCENT", "-1", "a whole number"),
    ("RESULT_LINK_SECONDS", "604801", "a number from 1 to 604800"),
    ("RESULT_LINK_SECONDS", "0", "a number from 1 to 604800"),
]


@pytest.mark.parametrize(("key", "text", "value"), GOOD)
def test_good_values_are_taken(key: str, text: str, value: object) -> None:
    assert getattr(Settings.from_env(STORAGE | {key: text}), key.lower()) == value


@pytest.mark.parametrize(("key", "text", "meaning"), BAD)
def test_bad_values_are_told_with_key_value_and_what_is_good(key: str, text: str, meaning: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(STORAGE | {key: text})
    message = str(caught.value)
    assert message.startswith(f"The setting {key} is '{text}'; it must be {meaning}")


def test_every_default_passes_its_own_check() -> None:
    """Written out and read back, the defaults are themselves."""
    settings = Settings.from_env(STORAGE)
    written = {
        item.name.upper(): ",".join(value) if isinstance(value := getattr(settings, item.name), tuple) else str(value)
        for item in fields(Settings)
        if "check" in item.metadata
    }
    assert Settings.from_env(STORAGE | written) == settings


def test_unknown_keys_are_none_of_ours() -> None:
    assert Settings.from_env(STORAGE | {"PATH": "/bin", "max_starts": "x"}) == Settings.from_env(STORAGE)


def test_secrets_are_not_shown() -> None:
    settings = Settings.from_env(
        {"AzureWebJobsStorage": "s3cret-1", "CONTENT_STORAGE": "s3cret-2"}
        | {"SPEECH_KEY": "s3cret-3", "SERVICE_KEYS": "s3cret-4"}
    )
    assert settings.speech_key == "s3cret-3"
    assert "s3cret" not in repr(settings)


def test_a_missing_connection_is_named() -> None:
    with pytest.raises(SettingsError, match=r"AzureWebJobsStorage is missing; .* AzureWebJobsStorage__blobServiceUri"):
        Settings.from_env({})


def test_an_app_without_the_pipeline_needs_no_content_storage() -> None:
    assert not Settings.from_env({"AzureWebJobsStorage": "x"}).content_storage


def test_connections_by_string_or_by_endpoints_and_identity() -> None:
    settings = Settings.from_env(
        {
            "AzureWebJobsStorage": "AccountName=a;AccountKey=b",
            "CONTENT_STORAGE__blobServiceUri": "https://a.blob.core.windows.net",
            "CONTENT_STORAGE__queueServiceUri": "https://a.queue.core.windows.net",
            "CONTENT_STORAGE__tableServiceUri": "https://a.table.core.windows.net",
            "CONTENT_STORAGE__clientId": "id",
        }
    )
    assert settings.host_storage == Connection(connection_string="AccountName=a;AccountKey=b")
    assert settings.content_storage == Connection(
        blob_uri="https://a.blob.core.windows.net",
        queue_uri="https://a.queue.core.windows.net",
        table_uri="https://a.table.core.windows.net",
        client_id="id",
    )


def test_a_blob_connection_may_use_the_short_name_of_its_endpoint() -> None:
    settings = Settings.from_env(
        {"AzureWebJobsStorage": "x", "CONTENT_STORAGE__serviceUri": "https://a.blob.core.windows.net"}
    )
    assert settings.content_storage.blob_uri == "https://a.blob.core.windows.net"


def test_a_lease_in_which_nothing_could_be_sent_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="LEASE_SECONDS is '124'; it must be at least HTTP_TIMEOUT_SECONDS"):
        Settings.from_env(STORAGE | {"LEASE_SECONDS": "124"})


def test_results_are_no_documents() -> None:
    with pytest.raises(SettingsError, match="INBOX_CONTAINER and RESULTS_CONTAINER are both 'inbox'"):
        Settings.from_env(STORAGE | {"RESULTS_CONTAINER": "inbox"})
    other = STORAGE | {"RESULTS_CONTAINER": "inbox", "RESULTS_STORAGE": "UseDevelopmentStorage=true"}
    assert Settings.from_env(other).results_container == "inbox"
