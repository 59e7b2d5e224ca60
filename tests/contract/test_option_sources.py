"""What an uploader sets with the storage SDK arrives as options."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from azure.storage.blob import BlobServiceClient

from shared.adapters.connect import storage
from shared.domain.option_layers import read_metadata
from shared.settings import Connection

pytestmark = pytest.mark.azurite


def test_metadata_of_a_blob(azurite: str, unused: str) -> None:
    container = BlobServiceClient.from_connection_string(azurite).create_container(unused)
    metadata = {
        "Speechdrop_Voice": "en-GB-SoniaNeural",
        "speechdrop_rate": "+10%",
        "speechdrop_lexicon": quote('{"Zoë": "/ˈzəʊi/"}'),
        "title": "Notes",
    }
    container.upload_blob("notes/a.txt", b"Zoe.", metadata=metadata)
    blobs = storage(Connection(connection_string=azurite)).blobs(unused)
    info = blobs.head("notes/a.txt")
    assert info
    assert [item.metadata for item in blobs.list()] == [info.metadata]
    expected = {"voice": "en-GB-SoniaNeural", "rate": "+10%", "lexicon": {"Zoë": "/ˈzəʊi/"}}
    assert read_metadata(info.metadata) == expected


def test_a_file_is_read_no_further_than_asked(azurite: str, unused: str) -> None:
    """However long somebody's option file is."""
    container = BlobServiceClient.from_connection_string(azurite).create_container(unused)
    container.upload_blob("_speechdrop.json", b" " * 1_000_000)
    container.upload_blob("empty.json", b"")
    blobs = storage(Connection(connection_string=azurite)).blobs(unused)
    assert len(blobs.read("_speechdrop.json", length=65_537)) == 65_537
    assert blobs.read("empty.json", length=65_537) == b""
