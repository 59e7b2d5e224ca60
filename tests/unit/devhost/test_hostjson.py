"""host.json with the host's defaults, its overrides, and its mistakes."""

import json
from pathlib import Path
from typing import Any

import pytest

from speechdrop.devhost import hostjson
from speechdrop.devhost.azurite import REPOSITORY
from speechdrop.devhost.errors import StartError
from speechdrop.devhost.hostjson import Batching, parse
from speechdrop.devhost.timespan import seconds


def test_without_host_json_the_hosts_defaults_hold(tmp_path: Path) -> None:
    assert hostjson.read(tmp_path / "host.json", {}).route_prefix == "api"
    config = parse({}, {}, cores=2)
    assert (config.queues, config.queue_max_dequeue) == (Batching(size=16, threshold=16), 5)
    assert (config.queue_retry_seconds, config.queue_poll_most_seconds, config.base64) == (0, 60, True)
    assert (config.blobs, config.blob_max_dequeue) == (Batching(size=9, threshold=7), 5)
    assert config.timeout_seconds == 1800


def test_members_and_overrides_of_any_case() -> None:
    queues = {"batchSize": 1, "newBatchThreshold": 0, "visibilityTimeout": "00:00:30", "messageEncoding": "None"}
    content = {"functionTimeout": "-1", "extensions": {"http": {"routePrefix": "/a/b/"}, "queues": queues}}
    config = parse(content, {"AzureFunctionsJobHost__extensions__queues__BATCHSIZE": "3"}, cores=1)
    assert config.queues == Batching(size=3, threshold=0)
    assert (config.queue_retry_seconds, config.base64, config.route_prefix) == (30, False, "a/b")
    assert config.timeout_seconds is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"extensions": {"queues": {"batchSize": 33}}}, r"extensions.queues.batchSize is 33; .* from 1 to 32"),
        (
            {"extensions": {"queues": {"maxPollingInterval": 5}}},
            r"maxPollingInterval is 5; it must be a time as hh:mm:ss",
        ),
        (
            {"extensions": {"queues": {"messageEncoding": "hex"}}},
            r"messageEncoding is 'hex'; it must be base64 or none",
        ),
        ({"extensions": {"blobs": {"poisonBlobThreshold": 0}}}, r"poisonBlobThreshold is 0"),
        ({"functionTimeout": "10 minutes"}, r"functionTimeout is '10 minutes'"),
    ],
)
def test_a_wrong_member_is_named_with_its_value(content: dict[str, Any], message: str) -> None:
    with pytest.raises(StartError, match=message):
        parse(content, {})


def test_what_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{")
    with pytest.raises(StartError, match="is not JSON"):
        hostjson.read(tmp_path / "host.json", {})


def test_our_own_host_json() -> None:
    """The service's paths are Azure's own: no prefix. Small batches: one message may be minutes of speech."""
    config = hostjson.read(REPOSITORY / "host.json", {})
    assert config.route_prefix == ""
    assert config.queues.size + config.queues.threshold <= 8
    content = json.loads((REPOSITORY / "host.json").read_text())
    assert content["extensionBundle"]["version"] == "[4.*, 5.0.0)"


@pytest.mark.parametrize(
    ("text", "expected"), [("00:00:00.2", 0.2), ("00:10:00", 600), ("1.02:03:04", 93784), ("23:59:59", 86399)]
)
def test_time_spans(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)
