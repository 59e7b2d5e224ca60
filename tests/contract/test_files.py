"""What a link names, read by ranges from Azurite: what a zip archive is unpacked from."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.adapters.blobs import AzureBlobs
from shared.adapters.connect import open_file, storage
from shared.adapters.remote import RANGE
from shared.errors import Conflict, Missing, StorageError
from shared.settings import Connection

pytestmark = pytest.mark.azurite


@pytest.fixture
def container(azurite: str) -> AzureBlobs:
    return storage(Connection(connection_string=azurite)).blobs(f"t{uuid4().hex}")


def link(container: AzureBlobs, name: str = "b", seconds: float = 600) -> str:
    return container.link(name, expires=datetime.now(UTC) + timedelta(seconds=seconds))


def test_reads_anywhere(container: AzureBlobs) -> None:
    content = bytes(range(256)) * (RANGE // 256 * 2 + 3)
    container.write("b", content)
    with open_file(lambda: link(container)) as file:
        assert file.read(3) == content[:3]
        assert file.seek(-5, io.SEEK_END) == len(content) - 5
        assert file.read() == content[-5:]
        assert file.read(1) == b""
        file.seek(RANGE - 2)
        assert file.read(RANGE + 4) == content[RANGE - 2 : 2 * RANGE + 2]
        file.seek(len(content) + 5)
        assert file.read(1) == b""


def test_an_archive_is_read_without_being_fetched_whole(container: AzureBlobs) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("large", bytes(3 * RANGE))
        packed.writestr("small", b"small")
    container.write("b", archive.getvalue())
    with open_file(lambda: link(container)) as file, zipfile.ZipFile(file) as found:
        assert found.read("small") == b"small"
        assert found.testzip() is None


def test_an_empty_file_is_empty(container: AzureBlobs) -> None:
    container.write("b", b"")
    with open_file(lambda: link(container)) as file:
        assert file.read() == b""


def test_a_file_that_changes_under_way_is_not_mixed_with_the_new_one(container: AzureBlobs) -> None:
    container.write("b", bytes(RANGE + 1))
    with open_file(lambda: link(container)) as file:
        file.read(1)
        container.write("b", b"1" * (RANGE + 1))
        file.seek(RANGE)
        with pytest.raises(Conflict):
            file.read(1)


def test_a_link_that_ran_out_is_asked_for_again(container: AzureBlobs) -> None:
    container.write("b", bytes(RANGE) + b"end")
    links = [link(container), link(container, seconds=-1), link(container)]
    given = iter(links)
    file = open_file(lambda: next(given))
    raw = file.raw  # type: ignore[attr-defined]
    raw._client = raw._opened()  # as if the first had run out since
    assert file.seek(RANGE) == RANGE
    assert file.read() == b"end"
    assert list(given) == []


def test_what_is_not_there_is_missing(container: AzureBlobs) -> None:
    container.write("other", b"")
    with pytest.raises(Missing):
        open_file(lambda: link(container))


def test_a_link_that_is_no_https_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(StorageError, match="no https URL") as told:
        open_file(lambda: "http://example.org/container/b?sig=secret")
    assert "secret" not in str(told.value)
