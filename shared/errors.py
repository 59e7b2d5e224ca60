"""The error tree, whole.

SpeechdropError
├── SettingsError            a setting is missing or wrong; names key and value
├── Conflict                 a row or blob is not as the writer read it (insert: it exists already)
├── Missing                  a blob is not there
├── StorageError             storage refused a request or gave no answer
├── Undelivered              a receiver of notices did not take one; try later
├── InputError               a user's document or request cannot be used; carries where, why and the remedy
└── EndpointError            the Batch Synthesis endpoint's answer to a request of ours
    ├── NotAccepted          definitely not accepted; try later (no connection, 429)
    ├── Refused              definitely not accepted; the same request would be refused again (400, 401, 403, 413 …)
    └── OutcomeUnknown       it may have been accepted (time-out after sending, 5xx, broken reply)
"""

from __future__ import annotations

from pathlib import PurePath
from traceback import extract_tb


def told(error: Exception) -> str:
    """What logs and reports may tell of it. Of a fault that nobody foresaw that is its kind and place: its words may
    quote whatever it met."""
    if isinstance(error, SpeechdropError):
        return str(error)
    places = [f" in {PurePath(frame.filename).name}, line {frame.lineno}" for frame in extract_tb(error.__traceback__)]
    return type(error).__name__ + "".join(places[-1:])


class SpeechdropError(Exception):
    """Base of every error that Speechdrop raises on purpose."""


class SettingsError(SpeechdropError):
    """A setting is missing or wrong. The message names its key and its value."""


class Conflict(SpeechdropError):
    """Somebody else wrote first: read again."""


class Missing(SpeechdropError):
    """No such blob."""


class StorageError(SpeechdropError):
    """Storage refused a request, or gave no answer: `status` is the HTTP status, 0 where there was none."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Undelivered(SpeechdropError):
    """A receiver did not take a notice. `of_all`: nor would it take another one now."""

    def __init__(self, message: str, *, of_all: bool = True) -> None:
        super().__init__(message)
        self.of_all = of_all


class InputError(SpeechdropError):
    """A document or request that cannot be used, told to its owner.

    `where` is a position a person can find ("line 3, column 7"; "byte 1024"; a member name) or "" for the whole;
    `remedy` is one sentence that says what to do.
    """

    def __init__(self, why: str, *, remedy: str, where: str = "") -> None:
        super().__init__(f"{where}: {why}" if where else why)
        self.why, self.where, self.remedy = why, where, remedy


class EndpointError(SpeechdropError):
    """An answer, or none, of the Batch Synthesis endpoint. `status` is the HTTP status, 0 where there was no answer.

    `said` has the endpoint's own words, which may quote a document: they are not part of the message, which logs show.
    """

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None, said: str = "") -> None:
        super().__init__(message)
        self.status, self.retry_after, self.said = status, retry_after, said


class NotAccepted(EndpointError):
    """The request was not accepted for a reason that passes."""


class Refused(EndpointError):
    """The request was not accepted, and would not be if it came again unchanged."""


class OutcomeUnknown(EndpointError):
    """Whether the request was accepted cannot be known from what came back."""
