"""A timer's round over many rows: what fails with one of them keeps none of the others from its turn."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Conflict, SpeechdropError
from shared.ports import Row

log = logging.getLogger(__name__)


class Turns:
    def __init__(self) -> None:
        self._failure: SpeechdropError | None = None

    @contextmanager
    def of(self, row: Row) -> Iterator[None]:
        """A conflict is none: somebody else is at it, and the next round looks again."""
        try:
            yield
        except Conflict:
            pass
        except SpeechdropError as error:
            log.error("What %s/%s stands for cannot be seen to now: %s", row.partition, row.key, error)
            self._failure = error

    def end(self) -> None:
        """Raises what failed last, so that the host counts a failure."""
        if self._failure:
            raise self._failure
