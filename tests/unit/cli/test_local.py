"""The settings that a laptop runs with, and the guards before anything is started."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from shared.settings import Settings
from speechdrop.cli.local import DeploymentFailed, environment, held, kept_key, unused

CONNECTION = "UseDevelopmentStorage=true"


def test_the_pipeline_and_the_service_are_joined_by_url_and_key_alone() -> None:
    settings = Settings.from_env(environment({}, connection=CONNECTION, url="http://127.0.0.1:7071", key="secret"))
    assert settings.speech_endpoint == "http://127.0.0.1:7071"
    assert settings.service_keys == (settings.speech_key,) == ("secret",)
    assert settings.host_storage == settings.content_storage
    assert settings.ledger


def test_a_setting_of_the_caller_wins_but_not_over_the_joints() -> None:
    base = {"VOICE": "en-GB-RyanNeural", "STUCK_SECONDS": "99", "SPEECH_KEY": "of the cloud"}
    environ = environment(base, connection=CONNECTION, url="http://127.0.0.1:1", key="secret")
    assert (environ["VOICE"], environ["STUCK_SECONDS"], environ["SPEECH_KEY"]) == ("en-GB-RyanNeural", "99", "secret")


def test_times_keep_the_protocols_order() -> None:
    """A sender needs its HTTP timeout and the margin within its lease."""
    settings = Settings.from_env(environment({}, connection=CONNECTION, url="http://127.0.0.1:1", key="secret"))
    assert settings.http_timeout_seconds + settings.lease_margin_seconds < settings.lease_seconds


def test_the_key_is_drawn_once_and_private(tmp_path: Path) -> None:
    key = kept_key(tmp_path)
    assert len(key) == 32
    assert kept_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_two_on_one_data_folder_are_refused(tmp_path: Path) -> None:
    with held(tmp_path / "run"), pytest.raises(DeploymentFailed, match="Another speechdrop"), held(tmp_path / "run"):
        pass
    with held(tmp_path / "run"):
        pass


def test_a_taken_port_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(DeploymentFailed, match=f"Port {port} is taken .* PORT="):
            unused(port)
    assert unused(port) == port
