"""Hibari: neural English speech on one CPU thread, its model inside the package `hibari-tts`; touches no network.

The same utterance always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hibari
import numpy as np
from hibari import dsp

from shared.engines import neural
from shared.engines.english import english
from shared.engines.network import session
from shared.engines.signal import Samples
from shared.errors import InputError, SettingsError
from shared.ports import Chunk, Utterance

VOICE = "heart"
MODEL_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
"""Of hibari-tts 0.2.1: another model would be another voice."""
DURATIONS = "/Clip_output_0"
DURATION_SAMPLES = 600
SEED = 0
SLOWEST, FASTEST = 0.5, 2.0


def load() -> Hibari:
    """Loads the packaged model. Raises SettingsError where it is not the one that this code was made for."""
    assets = Path(hibari.__file__).parent / "assets"
    model = (assets / "hibari.onnx").read_bytes()
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise SettingsError(
            f"The voice 'hibari' cannot be loaded: {assets / 'hibari.onnx'} is not the model of hibari-tts 0.2.1; "
            "install requirements-service.txt again."
        )
    vocabulary = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
    return Hibari(_Network(session(model, DURATIONS), vocabulary), english())


class Hibari:
    def __init__(self, network: neural.Network, english: neural.Phonemize) -> None:
        self._network, self._english = network, english

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """A chunk per sentence, or per part of a very long one; `pitch` is left.

        Raises InputError: no such voice here.
        """
        if utterance.voice != VOICE:
            raise InputError(f"hibari has no voice '{utterance.voice}'", remedy=f"Use the voice '{VOICE}'.")
        yield from neural.speak(self._network, utterance, self._english, "en")


class _Network:
    longest = 400
    """Some 30 s of sound."""

    def __init__(self, session: Any, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = vocabulary
        self._session = session
        self._noise = _Noise()

    def sound(self, phonemes: str, voice: str, rate: float) -> tuple[Samples, list[int]]:
        ids = np.asarray([[0, *(self.vocabulary[phoneme] for phoneme in phonemes), 0]], np.int64)
        speed = np.asarray([min(max(rate, SLOWEST), FASTEST)], np.float32)
        *frames, durations = self._session.run(None, {"ids": ids, "speed": speed})
        sound: Samples = dsp.synth(*(output[0] for output in frames), self._noise)
        return sound, [round(steps) * DURATION_SAMPLES for steps in durations.ravel().tolist()]


class _Noise:
    """Stands in for a fresh `default_rng(SEED)`, of which synthesis takes one draw: drawing was a fifth of all time."""

    def __init__(self) -> None:
        self._drawn = np.zeros(0, np.float32)

    def standard_normal(self, size: tuple[int, int], dtype: type[np.float32]) -> Samples:
        count, drawn = size[0] * size[1], self._drawn
        if count > len(drawn):
            drawn = self._drawn = np.random.default_rng(SEED).standard_normal(count, dtype)
        return drawn[:count].reshape(size).copy()
