"""Which answers of storage are conflicts, to be met by reading again; and that no error shows a link's rights."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from shared.adapters.failures import told_as_ours
from shared.errors import Conflict, Missing, SpeechdropError, StorageError


def answer(kind: type[HttpResponseError], status: int, code: str) -> HttpResponseError:
    """As the storage SDK raises it."""
    error = kind(message="at https://account.example/blob?sig=secret")
    error.status_code = status
    error.error_code = code  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("kind", "status", "code", "expected"),
    [
        (ResourceExistsError, 409, "BlobAlreadyExists", Conflict),
        (ResourceExistsError, 409, "EntityAlreadyExists", Conflict),
        (ResourceModifiedError, 412, "ConditionNotMet", Conflict),
        (ResourceModifiedError, 412, "UpdateConditionNotSatisfied", Conflict),
        (ResourceNotFoundError, 404, "BlobNotFound", Missing),
        (ResourceExistsError, 409, "BlobArchived", StorageError),
        (ResourceExistsError, 409, "ContainerBeingDeleted", StorageError),
        (ResourceExistsError, 409, "BlobUsesCustomerSpecifiedEncryption", StorageError),
        (HttpResponseError, 503, "ServerBusy", StorageError),
    ],
)
def test_what_an_answer_is(
    kind: type[HttpResponseError], status: int, code: str, expected: type[SpeechdropError]
) -> None:
    with pytest.raises(SpeechdropError) as raised, told_as_ours("The blob a.txt"):
        raise answer(kind, status, code)
    assert type(raised.value) is expected
    assert "a.txt" in str(raised.value)
    assert "secret" not in str(raised.value)
