"""The output formats that we can encode, as data, and what follows from a format without encoding anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

RIFF_HEADER_BYTES = 44


class Codec(Enum):
    RIFF_PCM = auto()
    MP3 = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    codec: Codec
    rate: int
    """Samples per second of the file, whatever the engine's own rate is."""
    kilobits: int = 0
    """Constant bit rate in kbit/s; 0 where the codec has none."""


def _mp3(rate_khz: int, kilobits: int) -> tuple[str, AudioFormat]:
    name = f"audio-{rate_khz}khz-{kilobits}kbitrate-mono-mp3"
    return name, AudioFormat(codec=Codec.MP3, rate=rate_khz * 1000, kilobits=kilobits)


FORMATS: Mapping[str, AudioFormat] = dict(
    [
        ("riff-24khz-16bit-mono-pcm", AudioFormat(codec=Codec.RIFF_PCM, rate=24_000)),
        _mp3(16, 32),
        _mp3(16, 64),
        _mp3(16, 128),
        _mp3(24, 48),
        _mp3(24, 96),
        _mp3(24, 160),
        _mp3(48, 96),
        _mp3(48, 192),
    ]
)

ENCODABLE: frozenset[str] = frozenset(FORMATS)
"""Names of the output formats that `encode` takes."""


def duration_ms(samples: int, sample_rate: int) -> int:
    """Whole milliseconds of sound in `samples`."""
    return samples * 1000 // sample_rate


def payload_bytes(format_name: str, file_bytes: int) -> int:
    """`sizeInBytes` of a file: its size without a RIFF header (the published example counts 120000 bytes for 2.5 s)."""
    has_header = FORMATS[format_name].codec is Codec.RIFF_PCM
    return file_bytes - RIFF_HEADER_BYTES if has_header else file_bytes
