"""espeak-ng as an engine: some hundred languages, small and robotic, with the places of words to the sample.

A voice is a language of espeak-ng with a variant after "+", e.g. "de+f2".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from shared.engines.libespeak import RATE, Espeak, Speech
from shared.engines.pieces import End, Piece, pieces, sentences_of
from shared.engines.signal import FULL_SCALE, Heard, Span, silence
from shared.engines.words import Token, timed, tokens
from shared.ports import SAMPLE_RATE, Chunk, Utterance

PARAGRAPH_SECONDS = 0.4
NOTHING_SECONDS = 0.25

_UNSPACED = frozenset({"cmn", "ja", "my", "th", "yue"})
"""Languages that are written without spaces between words."""
_ISO: dict[str, str] = {"cmn": "zh", "yue": "zh", "nb": "no"}


@lru_cache(maxsize=1)
def library() -> Espeak:
    """The only one of this process. Raises SettingsError."""
    return Espeak()


class EspeakEngine:
    def __init__(self, espeak: Espeak) -> None:
        self._espeak = espeak

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """A chunk per sentence, or per part of a very long one. Raises InputError: no such voice."""
        language = utterance.voice.partition("+")[0]
        said = False
        for piece in pieces(utterance.text, sentences_of(_ISO.get(language, language[:2]))):
            if any(map(str.isalnum, piece.text)):
                said = True
                yield self._chunk(piece, utterance, unspaced=language in _UNSPACED)
            if said and piece.end is End.PARAGRAPH:
                yield Chunk(pcm=silence(PARAGRAPH_SECONDS))
        if not said:
            yield Chunk(pcm=silence(NOTHING_SECONDS))

    def _chunk(self, piece: Piece, utterance: Utterance, *, unspaced: bool) -> Chunk:
        speech = self._espeak.speak(piece.text, utterance.voice, rate=utterance.rate, pitch=utterance.pitch)
        sound = _resampled(speech)
        said = tokens(piece.text, (word.position for word in speech.words) if unspaced else ())
        heard = Heard(sound.astype(np.float32) / np.float32(FULL_SCALE))
        spans = heard.words(_spans(said, speech, len(sound)), late=0)
        return Chunk(
            pcm=(sound * np.float32(utterance.volume)).astype("<i2").tobytes(),
            words=timed(said, spans, rate=SAMPLE_RATE, samples=len(sound)),
            text=piece.text,
            ends_sentence=piece.end is not End.WORD,
        )


def _resampled(speech: Speech) -> NDArray[np.int16]:
    sound: NDArray[np.int16] = soxr.resample(np.frombuffer(speech.pcm, "<i2"), RATE, SAMPLE_RATE)
    return sound


def _spans(said: tuple[Token, ...], speech: Speech, samples: int) -> dict[int, Span]:
    """Where each word is spoken; words that the library speaks as one share its time by their lengths."""
    words = [index for index, token in enumerate(said) if token.spoken]
    starts = [said[index].start for index in words]
    places: dict[int, int] = {}
    for word in speech.words:
        place = max(bisect_right(starts, word.position) - 1, 0)
        if place >= max(places, default=0):
            places.setdefault(place, word.sample * SAMPLE_RATE // RATE)
    spans: dict[int, Span] = {}
    ends = [*places.items(), (len(words), samples)][1:]
    for (place, start), (next_place, end) in zip(places.items(), ends, strict=True):
        shared = words[place:next_place]
        length = sum(len(said[index].text) for index in shared)
        done = 0
        for index in shared:
            first, done = done, done + len(said[index].text)
            spans[index] = (start + (end - start) * first // length, start + (end - start) * done // length)
    return spans
