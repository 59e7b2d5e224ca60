"""The real voice: what is measured on its signal."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.engines import engine
from shared.errors import InputError, SettingsError
from shared.ports import Engine, Utterance

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]
LAMP_ROOM = ROOT / "samples" / "articles" / "the-lamp-room.txt"
SENTENCE = "The rainbow is a division of white light into many beautiful colors."


@pytest.fixture(scope="module")
def voice() -> Engine:
    return engine("hibari")


def _say(voice: Engine, text: str, **manner: Any) -> NDArray[np.int16]:
    chunks = voice.speak(Utterance(text=text, voice="heart", **manner))
    return np.frombuffer(b"".join(chunk.pcm for chunk in chunks), "<i2")


def _seconds(sound: NDArray[np.int16]) -> float:
    return len(sound) / 24_000


def _loudness(sound: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean(sound.astype(float) ** 2)))


def _silences(sound: NDArray[np.int16]) -> list[float]:
    """Seconds of each stretch in which nothing can be heard, in steps of 10 ms."""
    frames = np.abs(sound[: len(sound) // 240 * 240].astype(int)).reshape(-1, 240).max(axis=1) < 131
    return [sum(1 for _ in run) / 100 for quiet, run in groupby(frames) if quiet]


def test_a_sentence_is_heard_at_the_pace_of_speech(voice: Engine) -> None:
    sound = _say(voice, SENTENCE)
    assert len(SENTENCE) / 20 < _seconds(sound) < len(SENTENCE) / 10
    assert _loudness(sound) > 300


def test_the_same_text_gives_the_same_bytes_whatever_was_said_before(voice: Engine) -> None:
    first = _say(voice, SENTENCE)
    _say(voice, SENTENCE * 3)
    assert np.array_equal(first, _say(voice, SENTENCE))


@pytest.mark.parametrize("rate", [0.5, 0.75, 1.5, 2.0])
def test_rate_changes_the_duration(voice: Engine, rate: float) -> None:
    change = _seconds(_say(voice, SENTENCE)) / _seconds(_say(voice, SENTENCE, rate=rate))
    assert change == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("volume", [0.2, 0.5, 0.0])
def test_volume_scales_the_signal(voice: Engine, volume: float) -> None:
    change = _loudness(_say(voice, SENTENCE, volume=volume)) / _loudness(_say(voice, SENTENCE))
    assert change == pytest.approx(volume, abs=0.01)


def test_a_chunk_per_sentence_that_knows_titles(voice: Engine) -> None:
    chunks = list(voice.speak(Utterance(text="Dr. Smith is in. He waits. Come!", voice="heart")))
    assert len(chunks) == 3


def test_a_paragraph_ends_in_a_longer_pause_than_a_sentence_and_none_is_long(voice: Engine) -> None:
    between_sentences = max(_silences(_say(voice, "This is one. This is two.")))
    between_paragraphs = max(_silences(_say(voice, "This is one.\n\nThis is two.")))
    assert 0.3 < between_sentences < between_paragraphs - 0.2
    assert between_paragraphs < 1.2


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_no_silence_is_longer_than_a_second_at_any_rate(voice: Engine, rate: float) -> None:
    text = "Is it so? Yes… perhaps. Wait, no — never! (He left.) Then: nothing; “nothing at all.”"
    assert max(_silences(_say(voice, text, rate=rate))) <= 1.0


@pytest.mark.parametrize("text", ["***", "😀🎉", "…", " ", "你好", "\u200b", "\ud800", "&"])
def test_a_text_without_anything_to_say_is_a_short_silence(voice: Engine, text: str) -> None:
    sound = _say(voice, text)
    assert 0 < _seconds(sound) < 1
    assert not sound.any()


@pytest.mark.parametrize(
    "text", ["9" * 400, "9," * 300, "1.2.3." * 50, "[a](/about/)", "It's '₂ª", "7c\u200d -£0️₂", "½" * 99]
)
def test_odd_texts_are_spoken(voice: Engine, text: str) -> None:
    assert _loudness(_say(voice, text)) > 100


def test_memory_stays_bounded_without_punctuation() -> None:
    program = """
from shared.engines import engine
from shared.ports import Utterance
from tests.peak import most_memory
def peak(text):
    longest = max(len(chunk.pcm) for chunk in engine("hibari").speak(Utterance(text=text, voice="heart")))
    assert longest < 60 * 48_000
    return most_memory() // 2**20
before = peak("word " * 80)
print(max(map(peak, ["word " * 600, "x" * 3000, "%" * 1000 + "a"])) - before)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200


def test_another_voice_is_refused(voice: Engine) -> None:
    with pytest.raises(InputError, match="no voice 'emma'"):
        list(voice.speak(Utterance(text="Hello.", voice="emma")))


def test_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.engines import hibari

    monkeypatch.setattr(hibari, "MODEL_SHA256", "0" * 64)
    with pytest.raises(SettingsError, match="is not the model of hibari-tts"):
        hibari.load()


def test_nothing_is_sent_or_kept(tmp_path: Path) -> None:
    """Nor by ONNX Runtime, whose telemetry leaves a device id in the home folder wherever it runs."""
    program = """
import socket, sys
sys.addaudithook(lambda event, args: sys.exit(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
from shared.engines import engine
from shared.ports import Utterance
said = list(engine("hibari").speak(Utterance(text="Zorblax says hello.", voice="heart")))
assert said and 'onnxruntime' in sys.modules
"""
    environment = {"HOME": str(tmp_path), "PYTHONPATH": ".", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def _onset(sound: NDArray[np.int16]) -> float:
    """Milliseconds until the energy of 5 ms first comes within 40 dB of the loudest: measured apart from the engine."""
    frames = sound[: len(sound) // 120 * 120].astype(float).reshape(-1, 120)
    energy = np.sqrt((frames**2).mean(axis=1))
    return float(np.argmax(energy > energy.max() / 100) * 5)


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        "Please close the door.",
        "Apples and oranges are fruit.",
        "She sells sea shells.",
        "Forty-two people came at 5:30 pm.",
        "He went home.",
        "Mr. Jones paid $3.50.",
        "Zebras run.",
    ],
)
@pytest.mark.parametrize("rate", [0.5, 1.0, 1.5])
def test_the_first_word_begins_where_the_sound_does(voice: Engine, text: str, rate: float) -> None:
    (chunk,) = voice.speak(Utterance(text=text, voice="heart", rate=rate))
    sound = np.frombuffer(chunk.pcm, "<i2")
    assert chunk.words[0].offset == pytest.approx(_onset(sound), abs=50)
    spoken = [word for word in chunk.words if not word.punctuation]
    silent_from = len(sound) / 24 - _onset(sound[::-1])
    assert spoken[-1].offset + spoken[-1].duration == pytest.approx(silent_from, abs=100)


def test_a_thousand_words_are_all_told_in_order_within_the_sound(voice: Engine) -> None:
    text = LAMP_ROOM.read_text(encoding="utf-8")
    told: list[str] = []
    sentences: list[str] = []
    for chunk in voice.speak(Utterance(text=text, voice="heart")):
        ends = [0, *(word.offset + word.duration for word in chunk.words)]
        assert all(end <= word.offset for end, word in zip(ends, chunk.words, strict=False))
        assert ends[-1] <= len(chunk.pcm) // 48
        assert all(word.duration >= 20 for word in chunk.words if not word.punctuation), chunk.text
        told += [word.text for word in chunk.words]
        sentences += [chunk.text] if chunk.text else []
    assert len(text.split()) >= 1000
    assert "".join(told) == "".join(text.split())
    assert " ".join(sentences) == " ".join(text.split())
