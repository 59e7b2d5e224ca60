"""Settings, `%NAME%`, connections, and functions switched off."""

import json
from pathlib import Path

import pytest

from speechdrop.devhost import names
from speechdrop.devhost.errors import StartError


def resolve(text: str, environ: dict[str, str]) -> str:
    return names.resolve(text, environ, function="intake", place="path")


def test_percent_names_are_replaced() -> None:
    environ = {"INBOX": "in", "A_B": "x"}
    assert resolve("%INBOX%/{name}-%A_B%", environ) == "in/{name}-x"
    assert resolve("plain/{name}", environ) == "plain/{name}"


def test_a_missing_setting_is_named_with_function_and_member() -> None:
    with pytest.raises(StartError, match="Function intake: path needs the setting INBOX, which is missing"):
        resolve("%INBOX%/{name}", {})


def test_an_open_percent_is_refused() -> None:
    with pytest.raises(StartError, match="path is 'a%b', where a % is not closed"):
        resolve("a%b", {})


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, True),
        ({"AzureWebJobsStorage": ""}, True),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, True),
        ({"AzureWebJobsStorage": "AccountName=a"}, False),
        ({"AzureWebJobsStorage__blobServiceUri": "https://a"}, False),
        ({"AzureWebJobsStorage": "AccountName=a", "CONTENT": "UseDevelopmentStorage=true"}, True),
    ],
)
def test_when_the_emulator_is_wanted(environ: dict[str, str], wanted: bool) -> None:
    assert names.wants_emulator(environ) is wanted


def test_the_emulator_is_filled_in_where_it_is_asked_for_and_nowhere_else() -> None:
    environ = {"CONTENT": "UseDevelopmentStorage=true", "OTHER": "AccountName=a"}
    filled = {"CONTENT": "emulator", "OTHER": "AccountName=a", "AzureWebJobsStorage": "emulator"}
    assert names.with_emulator(environ, "emulator") == filled
    assert names.with_emulator({"AzureWebJobsStorage": "AccountName=a"}, "e") == {
        "AzureWebJobsStorage": "AccountName=a"
    }


@pytest.mark.parametrize(
    ("environ", "disabled"),
    [
        ({}, False),
        ({"AzureWebJobs.poll.Disabled": "true"}, True),
        ({"AzureWebJobs.poll.Disabled": "1"}, True),
        ({"AzureWebJobs_poll_Disabled": "True"}, True),
        ({"AzureWebJobs.poll.Disabled": "false"}, False),
        ({"AzureWebJobs.other.Disabled": "true"}, False),
    ],
)
def test_functions_switched_off(environ: dict[str, str], disabled: bool) -> None:
    assert names.is_disabled("poll", environ) is disabled


def test_local_settings(tmp_path: Path) -> None:
    path = tmp_path / "local.settings.json"
    assert names.local_settings(path) == {}
    path.write_text(json.dumps({"IsEncrypted": False, "Values": {"A": "1"}}))
    assert names.local_settings(path) == {"A": "1"}
    path.write_text(json.dumps({"Values": {"A": 1}}))
    with pytest.raises(StartError, match=r"Values\.A must be a string"):
        names.local_settings(path)
    path.write_text("{")
    with pytest.raises(StartError, match="is not JSON"):
        names.local_settings(path)
