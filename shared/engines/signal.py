"""What a network's sound is heard to do: where it begins and ends, and each of its words.

The networks put silence around their speech, begin words some 33 ms before their durations say so, and count the pause
after the last word as part of it; all that is corrected by what can be heard.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shared.ports import SAMPLE_RATE

Samples = NDArray[np.float32]
Span = tuple[int, int]

RATE = SAMPLE_RATE
FRAME = 240
"""Samples looked at together: 10 ms."""
THRESHOLD = 0.004
"""Of full scale; below it nothing is heard."""
FULL_SCALE = 32_767
LATE = RATE * 33 // 1000
"""By how much durations lag behind the sound, on average of hibari's voice and Kokoro's."""
REACH = RATE * 60 // 1000
"""How far before its place a word that follows a silence may begin."""
LEAD_SECONDS = 0.12


class Heard:
    def __init__(self, sound: Samples) -> None:
        self._samples = len(sound)
        frames = np.abs(sound[: len(sound) // FRAME * FRAME]).reshape(-1, FRAME).max(axis=1)
        self._audible = np.flatnonzero(frames > THRESHOLD)

    def speech(self, tail_seconds: float) -> Span:
        """The speech with at most LEAD_SECONDS before it and `tail_seconds` after it; a frame where there is none."""
        if not len(self._audible):
            return 0, min(FRAME, self._samples)
        start = int(self._audible[0]) * FRAME - int(LEAD_SECONDS * RATE)
        end = (int(self._audible[-1]) + 1) * FRAME + int(tail_seconds * RATE)
        return max(start, 0), min(end, self._samples)

    def words(self, durations: Mapping[int, Span], *, late: int) -> dict[int, Span]:
        """Where each word is heard, given where the engine has it, which is `late` samples late on average; both by
        the word's index, in order."""
        found: dict[int, Span] = {}
        ended = 0
        for place, index in enumerate(sorted(durations)):
            start, end = durations[index]
            if place < len(durations) - 1:
                end -= late
            earliest = max(start - late - REACH, ended) if place else 0
            audible = self._between(earliest, end)
            start = max(start - late, ended)
            if len(audible):
                onset = int(audible[0]) * FRAME
                start = max(onset if onset > earliest or not place else start, ended)
                end = (int(audible[-1]) + 1) * FRAME
            ended = max(end, start)
            found[index] = (start, ended)
        return found

    def _between(self, start: int, end: int) -> NDArray[np.intp]:
        first, last = np.searchsorted(self._audible, (-(-start // FRAME), max(end, 0) // FRAME))
        return self._audible[first:last]


def pcm(sound: Samples, volume: float) -> bytes:
    """Signed 16 bit little endian."""
    scaled = sound * np.float32(FULL_SCALE * volume)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE, out=scaled).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    return bytes(2 * int(seconds * RATE))
