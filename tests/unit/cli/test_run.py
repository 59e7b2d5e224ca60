"""The mirrored folder, and the request that `run` prints."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from click.testing import CliRunner

from speechdrop.cli.app import main
from speechdrop.cli.local import free_port
from speechdrop.cli.run import Folder, example


def test_a_file_counts_once_it_stands_still(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    file = tmp_path / "a.txt"
    file.write_text("half")
    assert folder.settled() == {}
    file.write_text("half of it")
    assert folder.settled() == {}
    assert folder.settled() == {"a.txt": file}
    assert folder.settled() == {}


def test_a_changed_file_counts_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    file = tmp_path / "a.txt"
    file.write_text("same length")
    folder.settled()
    assert folder.settled() == {"a.txt": file}
    os.utime(file, ns=(1, 1))
    folder.settled()
    assert folder.settled() == {"a.txt": file}
    file.unlink()
    assert folder.settled() == {}


def test_options_are_dropped_before_documents(tmp_path: Path) -> None:
    """What they are for is spoken under those that are there when it comes."""
    for name in ("a.txt", "b/a.txt", "b/_speechdrop.json", "a.txt.json", "z.JSON"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    folder = Folder(tmp_path)
    folder.settled()
    assert list(folder.settled()) == ["a.txt.json", "b/_speechdrop.json", "z.JSON", "a.txt", "b/a.txt"]


def test_the_published_request_is_changed_in_url_and_key_only() -> None:
    text = example("http://127.0.0.1:7071", "0123abcd")
    assert "Your" not in text
    curl, *rest = shlex.split(text)
    assert curl == "curl"
    assert rest[-1] == "http://127.0.0.1:7071/api/texttospeech/3.1-preview1/batchsynthesis"
    assert "Ocp-Apim-Subscription-Key: 0123abcd" in rest
    body = rest[rest.index("-d") + 1]
    assert "<speak version='1.0' xml:lang='en-US'>\n\t\t\t\t<voice" in body
    assert body.endswith("},\n}")


def test_a_wrong_setting_is_one_plain_message(tmp_path: Path) -> None:
    """No traceback: the setting's key, its value, and what it must be."""
    done = CliRunner().invoke(
        main,
        [
            "run",
            "--data",
            str(tmp_path / "data"),
            "--inbox",
            str(tmp_path / "in"),
            "--port",
            str(free_port()),
        ],
        env={"POLL_SCHEDULE": "*/1 * * * * *", "SPEECH_API_VERSION": "2023"},
    )
    assert done.exit_code == 1
    assert "SPEECH_API_VERSION is '2023'" in done.output
    assert "2024-04-01, 3.1-preview1" in done.output
