"""Kokoro, where `make kokoro` has installed it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.batchapi.voices import VOICES
from shared.engines import engine
from shared.engines.kokoro import VOICES as VOICE_FILES
from shared.errors import InputError
from shared.marks import marked
from shared.ports import Utterance

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.kokoro


def test_all_voices_are_there() -> None:
    files = {path.stem for path in VOICE_FILES.glob("*.bin")}
    assert files == {voice.engine_voice for voice in VOICES if voice.engine == "kokoro"}


def test_every_voice_speaks() -> None:
    sounds = set()
    for voice in sorted({voice.engine_voice for voice in VOICES if voice.engine == "kokoro"}):
        text = "नमस्ते।" if voice.startswith("h") else "Hello."
        (chunk,) = engine("kokoro").speak(Utterance(text=text, voice=voice))
        assert 0.3 < len(chunk.pcm) / 48_000 < 3, voice
        assert np.sqrt(np.mean(np.frombuffer(chunk.pcm, "<i2").astype(float) ** 2)) > 100, voice
        sounds.add(chunk.pcm)
    assert len(sounds) == 54


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("af_heart", "The rainbow has seven colors."),
        ("bm_george", "Dr. Smith paid $3.50 at 5:30 pm."),
        ("zf_xiaobei", "The rainbow has seven colors."),
        ("hf_alpha", "यह एक घर है।"),
        ("ef_dora", "Tengo cien años y vivo en la casa grande."),
        ("ff_siwis", "C’est l’été et les enfants s’amusent."),
        ("if_sara", "Ciao, gli amici cantano nella strada."),
        ("pm_alex", "O menino não come a maçã."),
    ],
)
def test_words_are_the_authors_and_follow_each_other(voice: str, text: str) -> None:
    (chunk,) = engine("kokoro").speak(Utterance(text=text, voice=voice))
    spoken = [word for word in chunk.words if not word.punctuation]
    assert [word.text for word in spoken] == [word.strip(",") for word in text[:-1].split()]
    ends = [0, *(word.offset + word.duration for word in chunk.words)]
    assert all(end <= word.offset for end, word in zip(ends, chunk.words, strict=False))
    assert all(word.duration > 0 for word in spoken)
    sound = np.frombuffer(chunk.pcm, "<i2").astype(float)
    assert np.sqrt(np.mean(sound**2)) > 300


@pytest.mark.parametrize("voice", ["", "ef_nobody"])
def test_another_voice_is_refused(voice: str) -> None:
    with pytest.raises(InputError, match=f"no voice '{voice}'"):
        list(engine("kokoro").speak(Utterance(text="Hola", voice=voice)))


def test_phones_are_heard() -> None:
    word = "{} costa poco."
    sounds = [
        b"".join(chunk.pcm for chunk in engine("kokoro").speak(Utterance(text=word.format(said), voice="if_sara")))
        for said in ("Pizza", marked("Pizza", "ˈpit.t͡sa"), marked("Pizza", "ˈruota"))
    ]
    assert len(set(sounds)) == 3


def test_memory_stays_bounded_without_punctuation() -> None:
    program = """
from shared.engines import engine
from shared.ports import Utterance
from tests.peak import most_memory
list(engine("kokoro").speak(Utterance(text="palabra " * 100, voice="ef_dora")))
print(most_memory() // 2**20)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 700
