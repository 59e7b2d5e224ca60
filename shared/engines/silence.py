"""An engine for tests and dry runs: any text is silence of a plausible length. Needs no library."""

from __future__ import annotations

from collections.abc import Iterator

from shared.ports import Chunk, Utterance

CHARACTERS_PER_SECOND = 15
"""Of English read aloud at rate 1."""
CHUNK_SAMPLES = 240_000
SAMPLE_BYTES = 2


class Silence:
    sample_rate = 24_000

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """Chunks of at most ten seconds, together `len(text) / 15 / rate` seconds and never none."""
        left = max(1, round(len(utterance.text) * self.sample_rate / CHARACTERS_PER_SECOND / utterance.rate))
        while left > 0:
            samples = min(left, CHUNK_SAMPLES)
            yield Chunk(pcm=bytes(samples * SAMPLE_BYTES))
            left -= samples
