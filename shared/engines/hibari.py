"""Hibari: neural English speech on one CPU thread, its model inside the package `hibari-tts`; touches no network.

Speaks piece by piece, so memory is bounded whatever the text. The same utterance always gives the same bytes.
Word times are not given yet; the model can tell them (one more output, 25 ms per step and phoneme).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hibari
import numpy as np
from hibari import dsp
from numpy.typing import NDArray

from shared.engines.phones import linked
from shared.engines.pieces import End, Piece, pieces
from shared.errors import InputError, SettingsError
from shared.ports import Chunk, Utterance

VOICE = "heart"
MODEL_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
"""Of hibari-tts 0.2.1: another model would be another voice."""
SEED = 0
SLOWEST, FASTEST = 0.5, 2.0

PHONEMES = 400
"""Longest run that the model sees at once, some 30 s of sound: its memory grows with it."""
FULL_SCALE = 32_767

# The model puts about 0.3 s of near-silence before its speech and 0.45 s after it, twice that at half speed.
LEAD_SECONDS = 0.12
TAIL_SECONDS = {End.WORD: 0.05, End.SENTENCE: 0.45, End.PARAGRAPH: 0.45}
PARAGRAPH_SECONDS = 0.4
"""Added to the tail: about a second from paragraph to paragraph."""
NOTHING_SECONDS = 0.25
"""Said of a text without a single thing to say."""
SOUND_THRESHOLD = 0.004
FRAME = 240
"""Samples looked at together for the ends of the sound: 10 ms."""

_LONG_NUMBER = re.compile(r"\d(?:[,.]?\d){15,}")
_ODD = re.compile(r"[^A-Za-z ]+")
_DIGIT = re.compile(r"\d")

Samples = NDArray[np.float32]


def load() -> Hibari:
    """Loads the packaged model. Raises SettingsError where it is not the one that this code was made for."""
    # ONNX Runtime reports to Microsoft by default, on Linux since 1.32, unless this is set before it is first imported
    # (its Privacy.md); the package imports it when it loads a model.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    model = Path(hibari.__file__).parent / "assets" / "hibari.onnx"
    if hashlib.sha256(model.read_bytes()).hexdigest() != MODEL_SHA256:
        raise SettingsError(
            f"The setting ENGINE is 'hibari', but {model} is not the model of hibari-tts 0.2.1; "
            "install requirements-service.txt again."
        )
    return Hibari(hibari.Hibari(voice=VOICE, model=str(model), threads=1))


class Hibari:
    sample_rate = dsp.SR

    def __init__(self, synthesizer: Any) -> None:
        """`synthesizer`: a loaded `hibari.Hibari`."""
        self._synthesizer = synthesizer
        self._noise = _Noise()

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """A chunk per sentence, or per part of a very long one; `pitch` is left.

        Raises InputError: no such voice here.
        """
        if utterance.voice != VOICE:
            raise InputError(f"hibari has no voice '{utterance.voice}'", remedy=f"Use the voice '{VOICE}'.")
        said = False
        for piece in pieces(_readable(utterance.text), self._synthesizer.split_sentences):
            for pcm in self._piece(piece, utterance):
                said = True
                yield Chunk(pcm=pcm)
        if not said:
            yield Chunk(pcm=_silence(NOTHING_SECONDS))

    def _piece(self, piece: Piece, utterance: Utterance) -> Iterator[bytes]:
        runs = list(_runs(self._phonemes(piece.text)))
        for number, run in enumerate(runs, start=1):
            end = piece.end if number == len(runs) else End.WORD
            yield _pcm(_trimmed(self._sound(run, utterance.rate), end), utterance.volume)
        if piece.end is End.PARAGRAPH:
            yield _silence(PARAGRAPH_SECONDS)

    def _phonemes(self, text: str) -> str:
        if not any(map(str.isalnum, text)):
            return ""
        try:
            return str(self._synthesizer.g2p(text))
        except (LookupError, TypeError, ValueError):
            # The package's number reader fails at odd mixtures such as "'₂ª": better that than the whole document.
            return str(self._synthesizer.g2p(_ODD.sub(" ", text)))

    def _sound(self, phonemes: str, rate: float) -> Samples:
        ids = np.asarray([self._synthesizer.ids(phonemes)], np.int64)
        speed = np.asarray([min(max(rate, SLOWEST), FASTEST)], np.float32)
        frames = self._synthesizer.sess.run(None, {"ids": ids, "speed": speed})
        sound: Samples = dsp.synth(*(output[0] for output in frames), self._noise)
        return sound


class _Noise:
    """Stands in for a fresh `default_rng(SEED)`, of which synthesis takes one draw: drawing was a fifth of all time."""

    def __init__(self) -> None:
        self._drawn = np.zeros(0, np.float32)

    def standard_normal(self, size: tuple[int, int], dtype: type[np.float32]) -> Samples:
        count, drawn = size[0] * size[1], self._drawn
        if count > len(drawn):
            drawn = self._drawn = np.random.default_rng(SEED).standard_normal(count, dtype)
        return drawn[:count].reshape(size).copy()


def _readable(text: str) -> str:
    """`text` without what the package would take for its own notation, or fail at."""
    spelled = _LONG_NUMBER.sub(lambda number: " ".join(_DIGIT.findall(number[0])), text)
    return linked(spelled)


def _runs(phonemes: str) -> Iterator[str]:
    """Cuts at spaces, so that no run has more than PHONEMES."""
    rest = phonemes
    while len(rest) > PHONEMES:
        cut = rest.rfind(" ", 1, PHONEMES) + 1 or PHONEMES
        yield rest[:cut]
        rest = rest[cut:]
    if rest:
        yield rest


def _trimmed(sound: Samples, end: End) -> Samples:
    """`sound` with at most LEAD_SECONDS before its first audible frame and the tail that belongs to `end`."""
    frames = np.abs(sound[: len(sound) // FRAME * FRAME]).reshape(-1, FRAME).max(axis=1)
    audible = np.flatnonzero(frames > SOUND_THRESHOLD)
    if not len(audible):
        return sound[:FRAME]
    first = int(audible[0]) * FRAME - int(LEAD_SECONDS * dsp.SR)
    last = (int(audible[-1]) + 1) * FRAME + int(TAIL_SECONDS[end] * dsp.SR)
    return sound[max(first, 0) : last]


def _pcm(sound: Samples, volume: float) -> bytes:
    scaled = sound * np.float32(FULL_SCALE * volume)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE, out=scaled).astype("<i2").tobytes()


def _silence(seconds: float) -> bytes:
    return bytes(2 * int(seconds * dsp.SR))
