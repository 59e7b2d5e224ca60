"""An engine for tests and dry runs: any text is silence of a plausible length, its words evenly spread."""

from __future__ import annotations

from collections.abc import Iterator

from shared.engines.pieces import End, Piece, pieces, sentences_of
from shared.engines.words import timed, tokens
from shared.ports import SAMPLE_RATE, Chunk, Utterance

CHARACTERS_PER_SECOND = 15
"""Of English read aloud at rate 1."""
SAMPLE_BYTES = 2


class Silence:
    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """A chunk per sentence or less, together `len(text) / 15 / rate` seconds and never none."""
        samples = max(1, round(len(utterance.text) * SAMPLE_RATE / CHARACTERS_PER_SECOND / utterance.rate))
        parts = list(pieces(utterance.text, sentences_of("en"))) or [Piece("", End.SENTENCE)]
        characters = max(1, sum(len(part.text) for part in parts))
        said = done = 0
        for number, part in enumerate(parts, start=1):
            said += len(part.text)
            end = samples if number == len(parts) else samples * said // characters
            yield _chunk(part, end - done, SAMPLE_RATE)
            if part.end is End.PARAGRAPH:
                yield Chunk(pcm=b"")
            done = end


def _chunk(part: Piece, samples: int, rate: int) -> Chunk:
    words = tokens(part.text)
    length = max(1, len(part.text))
    spans = {
        index: (samples * token.start // length, samples * token.end // length) for index, token in enumerate(words)
    }
    return Chunk(
        pcm=bytes(samples * SAMPLE_BYTES),
        words=timed(words, spans, rate=rate, samples=samples),
        text=part.text,
        ends_sentence=part.end is not End.WORD,
    )
