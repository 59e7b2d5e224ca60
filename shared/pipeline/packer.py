"""The packer's lease: one row, which keeps packers out of each other's way and remembers when the last job was sent.

It also says until when it is of no use to look at what waits. All that is for economy alone; that no part goes into two
jobs rests on the claims.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.errors import Conflict
from shared.pipeline.context import Pipeline
from shared.ports import Row

_KEY = ("packer", "lease")


class PackerLease:
    """The row as read when this was made; `last_sent` carries over from packer to packer."""

    def __init__(self, p: Pipeline) -> None:
        self._p = p
        self._row = p.app.get(*_KEY)
        values = self._row.values if self._row else {}
        self._until = _time(values.get("until"))
        self._look_at = _time(values.get("look_at"))
        self.last_sent = _time(values.get("last_sent"))

    @property
    def is_open(self) -> bool:
        """Nobody held it when it was read, and somebody who waited for company then may be due to leave."""
        now = self._p.clock()
        return not any(time is not None and time > now for time in (self._until, self._look_at))

    def take(self) -> bool:
        """False: another packer was first."""
        return self.is_open and self._renewed()

    def keep(self) -> bool:
        """Renews it where half of its life is over; False where it was lost meanwhile."""
        assert self._until
        return self._until - self._p.clock() > self._life / 2 or self._renewed()

    def let_go(self, *, look_at: datetime | None = None) -> None:
        """Nobody has to look before `look_at`, whatever comes."""
        self._look_at = look_at
        self._write(self._p.clock())

    @property
    def _life(self) -> timedelta:
        return timedelta(seconds=self._p.settings.http_timeout_seconds) + self._p.margin

    def _renewed(self) -> bool:
        return self._write(self._p.clock() + self._life)

    def _write(self, until: datetime) -> bool:
        times = {"until": until, "last_sent": self.last_sent, "look_at": self._look_at}
        values = {name: time.isoformat() for name, time in times.items() if time}
        row = Row(partition=_KEY[0], key=_KEY[1], values=values, etag=self._row.etag if self._row else "")
        try:
            self._row = self._p.app.replace(row) if self._row else self._p.app.insert(row)
        except Conflict:
            return False
        self._until = until
        return True


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None
