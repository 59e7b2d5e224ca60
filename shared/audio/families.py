"""Which module encodes which codec, and what it needs to be installed. A new codec is a module and a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec

from shared.audio import amrwb, ffmpeg, mp3, silk, waves
from shared.batchapi.formats import FORMATS, OutputFormat

Encode = Callable[[OutputFormat, Iterator[bytes], int], Iterator[bytes]]
"""Takes a format, PCM of the format's rate in blocks, and how many samples they hold; yields the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    encode: Encode
    speed: int
    """Seconds of sound that a core makes into a file in one, to be relied on: less than `make formats` shows of a busy
    one, and no more than storage gives and takes."""
    quick: Encode | None = None
    """For so much sound that `encode` would take too long."""
    quick_speed: int = 0
    needs: str = ""
    """What has to be installed, in words."""
    installed: Callable[[], bool] = lambda: True
    """Whether it is: answered without loading anything large."""


def _package(module: str) -> Callable[[], bool]:
    return lambda: find_spec(module) is not None


_QUICK_OPUS = 5
"""Complexity: from 7 on libopus listens for music first, which takes longer than all the rest."""

_LAW = Family(encode=waves.encode, needs="the package numpy", installed=_package("numpy"), speed=200)
_OPUS = Family(
    encode=ffmpeg.encode,
    needs="the package av",
    installed=_package("av"),
    speed=30,
    quick=partial(ffmpeg.encode, complexity=_QUICK_OPUS),
    quick_speed=110,
)

FAMILIES: Mapping[str, Family] = {
    "pcm": Family(encode=waves.encode, speed=200),
    "alaw": _LAW,
    "mulaw": _LAW,
    "mp3": Family(encode=mp3.encode, needs="the package lameenc", installed=_package("lameenc"), speed=110),
    "opus": _OPUS,
    "g722": replace(_OPUS, speed=200, quick=None),
    "amr-wb": Family(encode=amrwb.encode, needs=f"the library {amrwb.LIBRARY}", installed=amrwb.found, speed=48),
    "truesilk": Family(
        encode=silk.encode,
        needs="the package silk-python",
        installed=_package("pysilk"),
        speed=28,
        quick=partial(silk.encode, complexity=silk.LEAST_COMPLEXITY),
        quick_speed=75,
    ),
}
"""By codec."""


def survey(families: Mapping[str, Family]) -> Mapping[str, str]:
    """The output formats that cannot be made here, and what each needs."""
    lacking = {codec: family.needs for codec, family in families.items() if not family.installed()}
    return {name: lacking[audio.codec] for name, audio in FORMATS.items() if audio.codec in lacking}


MISSING: Mapping[str, str] = survey(FAMILIES)
"""Output formats of the API that cannot be made on this machine: name, and what would have to be installed."""
ENCODABLE: frozenset[str] = frozenset(FORMATS.keys() - MISSING.keys())
"""Names of the output formats that `encode` takes."""
