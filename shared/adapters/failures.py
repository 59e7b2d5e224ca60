"""The storage SDK's errors as ours, in one place.

The SDK retries by itself, so a write may meet its own first try: a `Conflict` may also mean that the row or blob is as
its writer wanted it. Whoever gets one reads again and looks. What is neither a conflict nor a missing blob becomes a
`StorageError` without the SDK's error as its cause: that one's text may show a URL with its SAS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableTransactionError

from shared.errors import Conflict, Missing, StorageError

_CONFLICTS = frozenset(
    {"BlobAlreadyExists", "ContainerAlreadyExists", "EntityAlreadyExists", "QueueAlreadyExists", "TableAlreadyExists"}
)
"""The codes of a 409 that say: it is there already."""


@contextmanager
def told_as_ours(what: str) -> Iterator[None]:
    """Raises Conflict, Missing, or StorageError; `what` names the row, blob or queue."""
    try:
        yield
    except (ResourceExistsError, ResourceModifiedError) as error:
        code = error_code(error)
        if error.status_code == 409 and code not in _CONFLICTS:
            # Archived, locked, being deleted: reading again is no help.
            raise StorageError(f"{what}: storage answered 409 {code}.", status=409) from None
        raise Conflict(f"{what} was changed by another or exists.") from error
    except ResourceNotFoundError as error:
        raise Missing(f"{what} is not there.") from error
    except HttpResponseError as error:
        code, status = error_code(error), error.status_code or 0
        if isinstance(error, TableTransactionError) and status in (404, 409, 412):
            raise Conflict(f"{what}: a row of the transaction was changed by another ({code}).") from error
        if code == "InvalidBlockList":
            raise Conflict(f"{what} was written by another at the same time.") from error
        raise StorageError(f"{what}: storage answered {status} {code}.", status=status) from None
    except AzureError as error:
        raise StorageError(f"{what}: no answer of the storage ({type(error).__name__}).") from None


def error_code(error: HttpResponseError) -> str:
    """The service's own word, such as `TableNotFound`; "" where it gave none."""
    code = getattr(error, "error_code", None)
    if code is None:
        code = getattr(error.response, "headers", {}).get("x-ms-error-code")
    return str(getattr(code, "value", code) or "")
