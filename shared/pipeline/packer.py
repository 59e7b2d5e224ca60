"""The packer's lease: one row, which keeps packers out of each other's way and remembers when the last job was sent.

It is for economy alone; that no part goes into two jobs rests on the claims.
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
        self.last_sent = _time(values.get("last_sent"))

    @property
    def is_held(self) -> bool:
        """By another packer, when it was read."""
        return self._until is not None and self._until > self._p.clock()

    def take(self) -> bool:
        """False: another packer was first."""
        return not self.is_held and self.renew()

    def renew(self) -> bool:
        """For one more job; False where it was lost meanwhile."""
        life = timedelta(seconds=self._p.settings.http_timeout_seconds) + self._p.margin
        return self._write(self._p.clock() + life)

    def let_go(self) -> None:
        self._write(self._p.clock())

    def _write(self, until: datetime) -> bool:
        values = {"until": until.isoformat(), "last_sent": self.last_sent.isoformat() if self.last_sent else ""}
        row = Row(partition=_KEY[0], key=_KEY[1], values=values, etag=self._row.etag if self._row else "")
        try:
            self._row = self._p.app.replace(row) if self._row else self._p.app.insert(row)
        except Conflict:
            return False
        return True


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None
