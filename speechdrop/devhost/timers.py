"""The timer trigger: one thread per function, so that a timer never overlaps itself; all in one process.

The rules stand in schedule.py; this module waits, runs and stores the status.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from azure.functions.timer import TimerRequest

from speechdrop.devhost.index import Function, TimerTrigger
from speechdrop.devhost.invoke import FunctionFailed, Invoker
from speechdrop.devhost.schedule import Status, at_start
from speechdrop.devhost.store import Store

log = logging.getLogger("devhost")

_LONGEST_WAIT_SECONDS = 30.0
"""The clock is read again this often, since a laptop that slept has not counted the time."""


class Timer:
    def __init__(self, function: Function, trigger: TimerTrigger, *, invoker: Invoker, store: Store) -> None:
        self._function, self._trigger, self._invoker, self._store = function, trigger, invoker, store
        self._monitored = trigger.use_monitor and trigger.schedule.is_monitored(_now())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_time, name=function.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Fires no more; returns when what runs has ended."""
        self._stop.set()
        self._thread.join()

    def _keep_time(self) -> None:
        schedule, now = self._trigger.schedule, _now()
        status = self._store.status(self._function.name) if self._monitored else None
        first = at_start(schedule, status, now, run_on_startup=self._trigger.run_on_startup)
        if first:
            self._run(past_due=first.past_due, status=status)
        else:
            self._save(last=status.last if status else None, now=now)
        while self._wait_until(schedule.next_after(_now())):
            self._run(past_due=False, status=self._store.status(self._function.name) if self._monitored else None)

    def _wait_until(self, moment: datetime) -> bool:
        """Whether the moment came; False: the host stops."""
        while (left := (moment - _now()).total_seconds()) > 0:
            if self._stop.wait(min(left, _LONGEST_WAIT_SECONDS)):
                return False
        return not self._stop.is_set()

    def _run(self, *, past_due: bool, status: Status | None) -> None:
        began = _now()
        try:
            self._invoker.call(self._function, request(past_due=past_due, status=status))
        except FunctionFailed as error:
            log.error("function=%s timer failed, fires again as planned: %s", self._function.name, error)
        self._save(last=began, now=_now())

    def _save(self, *, last: datetime | None, now: datetime) -> None:
        if self._monitored:
            schedule = self._trigger.schedule
            status = Status(expression=schedule.expression, last=last, next=schedule.next_after(now), updated=now)
            self._store.save_status(self._function.name, status)


def request(*, past_due: bool, status: Status | None) -> TimerRequest:
    """What a timer function is given."""
    known = {}
    if status:
        last = status.last.isoformat() if status.last else "0001-01-01T00:00:00"
        known = {"Last": last, "Next": status.next.isoformat(), "LastUpdated": status.updated.isoformat()}
    return TimerRequest(past_due=past_due, schedule_status=known, schedule={"AdjustForDST": True})


def _now() -> datetime:
    return datetime.now(UTC)
