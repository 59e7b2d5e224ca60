"""What a process is told when it starts a part whose settings are missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared import wiring
from shared.errors import SettingsError

TOKENS = {
    "ENTRA_ISSUERS": "https://sts.example.org/",
    "ENTRA_KEYS_URL": "https://keys.example.org",
    "ENTRA_OBJECT_IDS": "a",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for cached in (wiring.settings, wiring.service, wiring.pipeline):
        cached.cache_clear()
    for name in ("CONTENT_STORAGE", "BYOS_CONTAINER", *TOKENS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("SPEECH_ENDPOINT", "http://127.0.0.1:9")
    yield monkeypatch
    for cached in (wiring.settings, wiring.service, wiring.pipeline):
        cached.cache_clear()


def test_the_service_alone_needs_no_content_storage() -> None:
    service = wiring.service()
    assert service.identify is None
    assert service.byos is None


def test_the_pipeline_names_the_storage_that_it_lacks() -> None:
    with pytest.raises(SettingsError, match=r"CONTENT_STORAGE is missing; .* CONTENT_STORAGE__blobServiceUri"):
        wiring.pipeline()


def test_the_service_opens_what_is_brought_and_whom_tokens_name(environment: pytest.MonkeyPatch) -> None:
    for name, value in {"BYOS_CONTAINER": "brought", **TOKENS}.items():
        environment.setenv(name, value)
    service = wiring.service()
    assert service.byos is not None
    assert service.identify is not None


@pytest.mark.parametrize("missing", ["ENTRA_KEYS_URL", "ENTRA_OBJECT_IDS"])
def test_tokens_are_not_half_on(environment: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in TOKENS.items():
        if name != missing:
            environment.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{missing} is missing; ENTRA_ISSUERS needs it"):
        wiring.service()
