"""A lease that its holder renews while it works, so that it may be short: a dead holder is missed soon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from shared.errors import Conflict, SpeechdropError
from shared.ports import Clock


class Overtaken(SpeechdropError):
    """The lease ran out and somebody else has it, or what it was for is gone."""


class Lease:
    """`renew` stores a new end and raises Conflict where the row is not as its holder left it.

    `every`: seconds after which it is worth it, for a holder who has to know soon that another has the lease.
    """

    def __init__(
        self, clock: Clock, seconds: float, renew: Callable[[datetime], None], *, every: float | None = None
    ) -> None:
        self._clock, self._renew = clock, renew
        self._length = timedelta(seconds=seconds)
        self._every = self._length / 3 if every is None else min(self._length / 3, timedelta(seconds=every))
        self._renew_at = clock() + self._every

    def keep(self) -> None:
        """To be called often; stores only what is worth it. Raises Overtaken."""
        now = self._clock()
        if now < self._renew_at:
            return
        try:
            self._renew(now + self._length)
        except Conflict as error:
            raise Overtaken(str(error)) from error
        self._renew_at = now + self._every

    def kept(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks, the lease kept while they are consumed."""
        for chunk in chunks:
            self.keep()
            yield chunk
