"""The speech engines by name. Each is one module, imported when it is first asked for, by the worker only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from shared.errors import SettingsError
from shared.ports import Engine

__all__ = ["engine"]

_loaded: dict[str, Engine] = {}
_loading = threading.Lock()


def engine(name: str) -> Engine:
    """The engine of this name, loaded once per process.

    Raises SettingsError: there is no such engine, or what it needs is not installed as it should be.
    """
    if name not in _ENGINES:
        raise SettingsError(f"The setting ENGINE is '{name}'; it must be one of {', '.join(_ENGINES)}.")
    with _loading:
        if name not in _loaded:
            _loaded[name] = _ENGINES[name]()
        return _loaded[name]


def _hibari() -> Engine:
    from shared.engines.hibari import load

    return load()


def _silence() -> Engine:
    from shared.engines.silence import Silence

    return Silence()


_ENGINES: Mapping[str, Callable[[], Engine]] = {"hibari": _hibari, "silence": _silence}
