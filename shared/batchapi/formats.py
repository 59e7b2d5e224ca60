"""The API's 37 output formats: what each name means. Which of them can be made here is `shared.audio`'s to say.

Extensions other than wav and mp3 are our choice; the vendor documents only those two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_FORMAT = "riff-24khz-16bit-mono-pcm"

_EXTENSIONS = {"pcm": "pcm", "alaw": "alaw", "mulaw": "mulaw", "truesilk": "silk", "opus": "opus"}
_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "webm": "audio/webm",
    "opus": "audio/ogg; codecs=opus",  # RFC 7845: an .opus file is Ogg; audio/opus is for packets in RTP
    "amr": "audio/amr-wb",
    "g722": "audio/g722",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    name: str
    codec: str
    """pcm, alaw, mulaw, truesilk, mp3, opus, amr-wb or g722."""
    container: str
    """riff, ogg, webm, or "" for none."""
    rate: int
    """Samples per second."""
    bitrate: int | None
    """Bits per second; None: variable."""
    extension: str
    content_type: str


def _format(name: str, codec: str, container: str, rate: int, bitrate: int | None, extension: str) -> OutputFormat:
    content_type = _TYPES.get(extension, "application/octet-stream")
    return OutputFormat(
        name=name,
        codec=codec,
        container=container,
        rate=rate,
        bitrate=bitrate,
        extension=extension,
        content_type=content_type,
    )


_PCM_RATES = {"8khz": 8000, "16khz": 16000, "22050hz": 22050, "24khz": 24000, "44100hz": 44100, "48khz": 48000}


def _waves() -> list[OutputFormat]:
    """RIFF and headerless PCM and G.711, and SILK."""
    rows = []
    for container, extension in (("riff", "wav"), ("raw", None)):
        holder = "riff" if container == "riff" else ""
        for label, rate in _PCM_RATES.items():
            name = f"{container}-{label}-16bit-mono-pcm"
            rows.append(_format(name, "pcm", holder, rate, rate * 16, extension or _EXTENSIONS["pcm"]))
        for law in ("alaw", "mulaw"):
            name = f"{container}-8khz-8bit-mono-{law}"
            rows.append(_format(name, law, holder, 8000, 64_000, extension or _EXTENSIONS[law]))
    for rate in (16000, 24000):
        rows.append(_format(f"raw-{rate // 1000}khz-16bit-mono-truesilk", "truesilk", "", rate, None, "silk"))
    return rows


def _compressed() -> list[OutputFormat]:
    rows = []
    for khz, bitrates in ((16, (32, 64, 128)), (24, (48, 96, 160)), (48, (96, 192))):
        for kbit in bitrates:
            name = f"audio-{khz}khz-{kbit}kbitrate-mono-mp3"
            rows.append(_format(name, "mp3", "", khz * 1000, kbit * 1000, "mp3"))
    for container, rates in (("ogg", (16, 24, 48)), ("webm", (16, 24))):
        for khz in rates:
            name = f"{container}-{khz}khz-16bit-mono-opus"
            rows.append(_format(name, "opus", container, khz * 1000, None, container))
    rows.append(_format("webm-24khz-16bit-24kbps-mono-opus", "opus", "webm", 24000, 24_000, "webm"))
    for khz, kbit in ((16, 32), (24, 24), (24, 48)):
        name = f"audio-{khz}khz-16bit-{kbit}kbps-mono-opus"
        rows.append(_format(name, "opus", "", khz * 1000, kbit * 1000, "opus"))
    rows.append(_format("amr-wb-16000hz", "amr-wb", "", 16000, None, "amr"))
    rows.append(_format("g722-16khz-64kbps", "g722", "", 16000, 64_000, "g722"))
    return rows


FORMATS: Mapping[str, OutputFormat] = {row.name: row for row in (*_waves(), *_compressed())}


def audio_name(number: int, output_format: OutputFormat) -> str:
    """File name of the sound of input `number` (from 1): `0001.wav`; wider than four digits from 10,000 on."""
    return f"{number:04d}.{output_format.extension}"
