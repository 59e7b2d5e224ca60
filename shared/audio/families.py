"""Which module encodes which codec, and what it needs to be installed. A new codec is a module and a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from shared.audio import amrwb, ffmpeg, mp3, silk, waves
from shared.batchapi.formats import FORMATS, OutputFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    encode: Callable[[OutputFormat, Iterator[bytes], int], Iterator[bytes]]
    """Takes the format, PCM of the format's rate in blocks, and how many samples they hold; yields the file."""
    needs: str = ""
    """What has to be installed, in words."""
    installed: Callable[[], bool] = lambda: True
    """Whether it is: answered without loading anything large."""


def _package(module: str) -> Callable[[], bool]:
    return lambda: find_spec(module) is not None


_WAVES = Family(encode=waves.encode, needs="the package numpy", installed=_package("numpy"))
_FFMPEG = Family(encode=ffmpeg.encode, needs="the package av", installed=_package("av"))

FAMILIES: Mapping[str, Family] = {
    "pcm": Family(encode=waves.encode),
    "alaw": _WAVES,
    "mulaw": _WAVES,
    "mp3": Family(encode=mp3.encode, needs="the package lameenc", installed=_package("lameenc")),
    "opus": _FFMPEG,
    "g722": _FFMPEG,
    "amr-wb": Family(encode=amrwb.encode, needs=f"the library {amrwb.LIBRARY}", installed=amrwb.found),
    "truesilk": Family(encode=silk.encode, needs="the package silk-python", installed=_package("pysilk")),
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
