"""How a network that turns phonemes into sound and durations becomes an engine: piece by piece, with word times.

Speaks in bounded memory whatever the text: pieces and runs of phonemes are short, and one thread of a process does the
work for all others. Six that speak hibari's voice took 900 MB each on its own, take 370 MB so, and less processor time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from shared.engines.pieces import End, Piece, pieces, sentences_of
from shared.engines.signal import LATE, RATE, Heard, Samples, Span, pcm, silence
from shared.engines.words import Token, timed, tokens
from shared.marks import unmarked
from shared.ports import Chunk, Utterance

# A network puts about 0.3 s of near-silence before its speech and 0.45 s after it, twice that at half speed.
TAIL_SECONDS = {End.WORD: 0.05, End.SENTENCE: 0.45, End.PARAGRAPH: 0.45}
PARAGRAPH_SECONDS = 0.4
"""Added to the tail: about a second from paragraph to paragraph."""
NOTHING_SECONDS = 0.25
"""Said of a text without a single thing to say."""

_CLAUSE_END = re.compile(r"[,;:—–.!?…)] ")
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="speech")


@dataclass(frozen=True, slots=True)
class Phonemes:
    text: str
    """One character for each phoneme, stress mark, space or punctuation."""
    words: tuple[int | None, ...]
    """For each character the index of the token that it is spoken for."""

    def runs(self, longest: int) -> Iterator[Phonemes]:
        """Cut after clauses, else words, so that no run is longer than `longest`."""
        start = 0
        while len(self.text) - start > longest:
            window = self.text[start : start + longest]
            clauses = [match.end() for match in _CLAUSE_END.finditer(window, longest // 2)]
            end = start + (clauses[-1] if clauses else window.rfind(" ", 1) + 1 or longest)
            yield Phonemes(self.text[start:end], self.words[start:end])
            start = end
        if start < len(self.text):
            yield Phonemes(self.text[start:], self.words[start:])

    def only(self, known: Mapping[str, int]) -> Phonemes:
        """Without the characters that a network does not know."""
        kept = [place for place, character in enumerate(self.text) if character in known]
        return Phonemes("".join(self.text[place] for place in kept), tuple(self.words[place] for place in kept))


Phonemize = Callable[[str, tuple[Token, ...]], Phonemes]
"""The phonemes of a piece of text that has these tokens."""


class Network(Protocol):
    @property
    def vocabulary(self) -> Mapping[str, int]:
        """The number of each phoneme."""
        ...

    @property
    def longest(self) -> int:
        """Most phonemes that it speaks at once: its memory grows with them."""
        ...

    def sound(self, phonemes: str, voice: str, rate: float) -> tuple[Samples, list[int]]:
        """Sound at RATE, and the samples of a pad, of each phoneme, and of a pad again, in this order."""
        ...


def speak(network: Network, utterance: Utterance, phonemize: Phonemize, language: str) -> Iterator[Chunk]:
    """A chunk per sentence, or per part of a very long one. `language`: two letters of ISO 639."""
    said = False
    for piece in pieces(utterance.text, sentences_of(language)):
        for chunk in _piece(network, utterance, phonemize, piece):
            said = True
            yield chunk
    if not said:
        yield Chunk(pcm=silence(NOTHING_SECONDS))


def _piece(network: Network, utterance: Utterance, phonemize: Phonemize, piece: Piece) -> Iterator[Chunk]:
    text = unmarked(piece.text)
    said = tokens(text)
    spoken = any(map(str.isalnum, text))
    runs = list(phonemize(piece.text, said).only(network.vocabulary).runs(network.longest)) if spoken else []
    first_token = 0
    for number, run in enumerate(runs, start=1):
        last = number == len(runs)
        end_token = len(said) if last else max([first_token, *(word + 1 for word in run.words if word is not None)])
        sound, durations = _worker.submit(network.sound, run.text, utterance.voice, utterance.rate).result()
        heard = Heard(sound)
        start, end = heard.speech(TAIL_SECONDS[piece.end if last else End.WORD])
        found = heard.words(_spans(run, durations), late=LATE)
        spans = {word - first_token: (a - start, b - start) for word, (a, b) in found.items() if word >= first_token}
        yield Chunk(
            pcm=pcm(sound[start:end], utterance.volume),
            words=timed(said[first_token:end_token], spans, rate=RATE, samples=end - start),
            text=text if number == 1 else "",
            ends_sentence=last and piece.end is not End.WORD,
        )
        first_token = end_token
    if piece.end is End.PARAGRAPH:
        yield Chunk(pcm=silence(PARAGRAPH_SECONDS))


def _spans(run: Phonemes, durations: list[int]) -> dict[int, Span]:
    """Where the durations have each token; the time of a space is that of the word before it."""
    spans: dict[int, Span] = {}
    places = list(accumulate(durations))
    before: int | None = None
    for character, owner, start, end in zip(run.text, run.words, places, places[1:], strict=False):
        before = word = before if character == " " else owner
        if word is not None:
            spans[word] = (min(start, spans.get(word, (start, end))[0]), end)
    return spans
