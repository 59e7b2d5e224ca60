"""What an endpoint says of a failure goes into rows and manifests: never with what opens a container or an account."""

from __future__ import annotations

import json

import pytest

from shared.batchapi.problems import read_error, read_synthesis_error, says_too_many_active, too_many_active

SIGNED = "Cannot write to https://a.blob.core.windows.net/results?sp=rcw&sig=abc%2Fdef%3D now"
SHOWN = "Cannot write to https://a.blob.core.windows.net/results?… now"


def test_no_signature_is_read_from_a_failed_synthesis() -> None:
    error = read_synthesis_error({"code": "InvalidData", "message": SIGNED})
    assert error
    assert error.message == SHOWN


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("The signature sig=abc%2Fdef%3D is old.", "The signature … is old."),
        ("No account has AccountKey=Eby8vdM02xNO+/==;", "No account has …"),
        ("Bearer eyJhbGciOi.eyJzdWIi.c2ln is not valid", "Bearer … is not valid"),
        ("Invalid key 0123456789abcdef0123456789abcdef.", "Invalid key …."),
        ("Request 8d1b5f0e-3b5a-4b7e-9d5b-0f1e2d3c4b5a failed: is it too long?", None),
    ],
)
def test_no_key_and_no_token_is_read(secret: str, shown: str | None) -> None:
    error = read_synthesis_error({"code": "InvalidData", "message": secret})
    assert error
    assert error.message == (shown or secret)


def test_no_signature_is_read_from_a_refusal() -> None:
    assert read_error(json.dumps({"error": {"code": "x", "message": SIGNED}}).encode()).message == SHOWN
    details = {"title": "Bad", "errors": {"destinationContainerUrl": [SIGNED]}}
    assert SHOWN in read_error(json.dumps(details).encode()).message


@pytest.mark.parametrize(
    ("words", "is_it"),
    [
        (too_many_active(200), True),
        ("You tried to create a new batch synthesis job that would exceed the limit of 200 active jobs.", True),
        ("Too many active syntheses", True),
        ("The number of concurrent jobs has reached its maximum.", True),
        ("InvalidRequest: The voice en-US-InteractiveNeural is unknown.", False),
        ("The text is longer than the limit: 'an attractive harbour'", False),
        ("Deactivate it. There is a limit.", False),
    ],
)
def test_a_full_endpoint_is_known_by_its_words(words: str, is_it: bool) -> None:
    assert says_too_many_active(words) is is_it
