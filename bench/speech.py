"""How much faster than real time the default voice speaks, with and without encoding, in one process and in two.

`python -m bench.speech` takes some 20 seconds and prints seconds of sound per second of waiting.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from itertools import cycle
from multiprocessing.synchronize import Barrier

from rich.console import Console
from rich.table import Table

from shared.audio import encode
from shared.engines import engine
from shared.ports import SAMPLE_RATE, Utterance

SECONDS = 4.0
"""Of speaking, for each row."""
FORMATS = (None, "audio-24khz-48kbitrate-mono-mp3")
SAMPLE_BYTES = 2

TEXT = """The harbour wakes before the town does. At five the first boat comes in, low in the water, and two men who
have not spoken all night begin to talk at once. Boxes go up, ice goes down; somebody whistles. By 6:30 the fish is
sold, the quay is washed, and nothing is left of it all but gulls and a smell of diesel.

Is that a hard life? Mrs. Arden, who kept the books for 31 years, would not say so. "Hard is when they don't come
back," she says, and turns a page. She has written down every box since 1989: 412,000 of them, at £18.40 on average."""


def spoken(output_format: str | None, ready: Barrier) -> float:
    """Seconds of sound per second, of one process that begins when all are ready."""
    voice = engine("hibari")
    list(voice.speak(Utterance(text="Ready.", voice="heart")))
    ready.wait()
    begun = time.perf_counter()
    samples = 0
    for pcm in _sounds():
        if output_format:
            pieces = encode(output_format, [pcm], sample_rate=SAMPLE_RATE, samples=len(pcm) // SAMPLE_BYTES)
            sum(map(len, pieces))
        samples += len(pcm) // SAMPLE_BYTES
        if time.perf_counter() - begun > SECONDS:
            break
    return samples / SAMPLE_RATE / (time.perf_counter() - begun)


def _sounds() -> Iterator[bytes]:
    """The text's sound over and over, whole each time, as the service makes it."""
    for text in cycle([TEXT]):
        chunks = engine("hibari").speak(Utterance(text=text, voice="heart"))
        yield b"".join(chunk.pcm for chunk in chunks)


def measure(processes: int, output_format: str | None) -> float:
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        ready = manager.Barrier(processes)
        with context.Pool(processes) as pool:
            return sum(pool.starmap(spoken, [(output_format, ready)] * processes, chunksize=1))


def main() -> None:
    table = Table("encoded as", "1 process", "2 processes", title="hibari: seconds of sound per second")
    for output_format in FORMATS:
        alone, both = (measure(processes, output_format) for processes in (1, 2))
        table.add_row(output_format or "not at all", f"{alone:.0f}", f"{both:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
