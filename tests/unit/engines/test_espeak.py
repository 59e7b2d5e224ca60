"""espeak-ng: a voice for each locale of the catalogue that no network speaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.batchapi.voices import VOICES
from shared.engines import engine
from shared.errors import InputError
from shared.ports import Chunk, Engine, Utterance

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def espeak() -> Engine:
    return engine("espeak")


def _chunks(espeak: Engine, text: str, voice: str = "de+f2", **manner: Any) -> list[Chunk]:
    return list(espeak.speak(Utterance(text=text, voice=voice, **manner)))


def _sound(espeak: Engine, text: str, **manner: Any) -> NDArray[np.int16]:
    return np.frombuffer(b"".join(chunk.pcm for chunk in _chunks(espeak, text, **manner)), "<i2")


def _words(chunk: Chunk) -> list[str]:
    return [word.text for word in chunk.words]


def test_every_voice_of_the_catalogue_speaks(espeak: Engine) -> None:
    for voice in sorted({voice.engine_voice for voice in VOICES if voice.engine == "espeak"}):
        (chunk,) = _chunks(espeak, "123", voice)
        assert np.frombuffer(chunk.pcm, "<i2").any(), voice


def test_words_are_the_authors_and_follow_each_other(espeak: Engine) -> None:
    first, second = _chunks(espeak, "Guten Tag, Herr Dr. Müller. Das kostet 3,50 €!")
    assert _words(first) == ["Guten", "Tag", ",", "Herr", "Dr.", "Müller", "."]
    assert _words(second) == ["Das", "kostet", "3,50", "€", "!"]
    for chunk in (first, second):
        ends = [0, *(word.offset + word.duration for word in chunk.words)]
        assert all(end <= word.offset for end, word in zip(ends, chunk.words, strict=False))
        assert ends[-1] <= len(chunk.pcm) // 48
        assert all(word.duration > 30 for word in chunk.words if not word.punctuation)


def test_words_of_a_language_without_spaces_are_told_apart(espeak: Engine) -> None:
    (chunk,) = _chunks(espeak, "今天天气很好。", "cmn")
    assert _words(chunk) == ["今", "天", "天", "气", "很好", "。"]


def test_words_that_are_spoken_as_one_share_its_time(espeak: Engine) -> None:
    (chunk,) = _chunks(espeak, "He is in the house.", "en")
    assert _words(chunk) == ["He", "is", "in", "the", "house", "."]
    assert all(word.duration > 0 for word in chunk.words)


@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_rate_changes_the_duration(espeak: Engine, rate: float) -> None:
    text = "Das ist ein ganz gewöhnlicher Satz mit einigen Wörtern"
    change = len(_sound(espeak, text)) / len(_sound(espeak, text, rate=rate))
    assert change == pytest.approx(rate, rel=0.2)


def test_volume_scales_the_signal(espeak: Engine) -> None:
    loud, soft = (np.abs(_sound(espeak, "Hallo", volume=volume)).max() for volume in (1.0, 0.25))
    assert soft / loud == pytest.approx(0.25, rel=0.05)  # espeak adds a little noise of its own


@pytest.mark.parametrize("text", ["***", " ", "\0", "\ud800", "🎉"])
def test_a_text_without_anything_to_say_is_a_short_silence(espeak: Engine, text: str) -> None:
    sound = _sound(espeak, text)
    assert 0 < len(sound) < 24_000
    assert not sound.any()


def test_another_voice_is_refused(espeak: Engine) -> None:
    with pytest.raises(InputError, match="no voice 'xx'"):
        _chunks(espeak, "Hallo", "xx")
