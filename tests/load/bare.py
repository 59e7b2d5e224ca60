"""The peer that the service is measured against: a bare loop that speaks texts and encodes each to MP3, nothing else.

One process says the texts that it reads from standard input (a JSON list) with the engine `hibari`, one after the
other, and gives each one's sound to `lameenc` with the bit rate and quality that the service uses: no SSML, no queue,
no storage, no archive. It prints as JSON what it cost: CPU seconds (user and system, by `getrusage`) and wall-clock
seconds, both from before the voice is loaded to the last byte, and the samples of each text's sound.

The engine is the service's own class: it is a tenth cheaper than the package's own loop, so a stricter measure.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.load.inputs import VOICE
from tests.load.processes import machine_busy_seconds

ROOT = Path(__file__).parents[2]
RATE = 24_000
BITRATE_KBPS, LAME_QUALITY = 48, 5
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """What all processes of the bare loop together made and cost."""

    cpu_seconds: float
    wall_seconds: float
    """Of the slowest process."""
    other_cores: float
    """Cores that what else ran on this machine used meanwhile, on average."""
    samples: dict[str, int]
    """Of each text's sound."""

    @property
    def audio_seconds(self) -> float:
        return sum(self.samples.values()) / RATE


def speak_all(texts: Sequence[str], *, processes: int) -> Bare:
    """Every text once, shared out evenly among processes that run at the same time."""
    busy, begun = machine_busy_seconds(), time.perf_counter()
    shares = [texts[number::processes] for number in range(processes)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.load.bare"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in shares
    ]
    for process, share in zip(running, shares, strict=True):
        assert process.stdin
        process.stdin.write(json.dumps(share).encode())
        process.stdin.close()
        process.stdin = None
    told = [json.loads(process.communicate()[0]) for process in running]
    cpu_seconds = sum(each["cpu"] for each in told)
    other_seconds = max(machine_busy_seconds() - busy - cpu_seconds, 0.0)
    return Bare(
        cpu_seconds=cpu_seconds,
        wall_seconds=max(each["wall"] for each in told),
        other_cores=other_seconds / (time.perf_counter() - begun),
        samples={text: samples for each in told for text, samples in each["samples"].items()},
    )


def main() -> None:
    texts = json.load(sys.stdin)
    cpu, wall = _cpu_seconds(), time.perf_counter()
    samples = {text: _made(text) for text in texts}
    print(json.dumps({"cpu": _cpu_seconds() - cpu, "wall": time.perf_counter() - wall, "samples": samples}))


def _made(text: str) -> int:
    """Samples of the sound of `text`, once it is an MP3."""
    from shared.batchapi.voices import find_voice
    from shared.engines import engine
    from shared.ports import Utterance

    voice = find_voice(VOICE)
    assert voice
    chunks = engine("hibari").speak(Utterance(text=text, voice=voice.engine_voice))
    pcm = b"".join(chunk.pcm for chunk in chunks)
    assert _mp3(pcm)
    return len(pcm) // SAMPLE_BYTES


def _mp3(pcm: bytes) -> bytes:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(RATE)
    encoder.set_out_sample_rate(RATE)
    encoder.set_bit_rate(BITRATE_KBPS)
    encoder.set_quality(LAME_QUALITY)
    return bytes(encoder.encode(pcm)) + bytes(encoder.flush())


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
