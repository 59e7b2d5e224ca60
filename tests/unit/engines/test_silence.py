"""The engine that says nothing."""

from __future__ import annotations

import pytest

from shared.engines.silence import Silence
from shared.ports import Utterance


def _pcm(text: str, rate: float = 1.0) -> bytes:
    return b"".join(chunk.pcm for chunk in Silence().speak(Utterance(text=text, voice="any", rate=rate)))


@pytest.mark.parametrize(("rate", "seconds"), [(1.0, 20.0), (2.0, 10.0), (0.5, 40.0)])
def test_silence_lasts_as_long_as_speech_would(rate: float, seconds: float) -> None:
    pcm = _pcm("x" * 300, rate)
    assert len(pcm) == seconds * 24_000 * 2
    assert not any(pcm)


def test_chunks_are_bounded() -> None:
    chunks = list(Silence().speak(Utterance(text="x" * 5000, voice="any")))
    assert max(len(chunk.pcm) for chunk in chunks) <= 30 * 24_000 * 2


def test_no_text_is_one_sample() -> None:
    assert _pcm("") == b"\0\0"


def test_words_are_spread_evenly_over_a_chunk_per_sentence() -> None:
    first, second = Silence().speak(Utterance(text="One two. Three!", voice="any"))
    assert [(word.text, word.offset, word.punctuation) for word in first.words] == [
        ("One", 0, False),
        ("two", 285, False),
        (".", 499, True),
    ]
    assert (first.text, second.text) == ("One two.", "Three!")
    assert (first.ends_sentence, second.ends_sentence) == (True, True)
