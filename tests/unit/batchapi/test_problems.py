"""What an endpoint says of a failure goes into logs, rows and manifests: never with what opens a container."""

from __future__ import annotations

import json

from shared.batchapi.problems import read_error, read_synthesis_error

SIGNED = "Cannot write to https://a.blob.core.windows.net/results?sp=rcw&sig=abc%2Fdef%3D now"
SHOWN = "Cannot write to https://a.blob.core.windows.net/results?… now"


def test_no_signature_is_read_from_a_failed_synthesis() -> None:
    error = read_synthesis_error({"code": "InvalidData", "message": SIGNED})
    assert error
    assert error.message == SHOWN


def test_no_signature_is_read_from_a_refusal() -> None:
    assert read_error(json.dumps({"error": {"code": "x", "message": SIGNED}}).encode()).message == SHOWN
    details = {"title": "Bad", "errors": {"destinationContainerUrl": [SIGNED]}}
    assert SHOWN in read_error(json.dumps(details).encode()).message
