"""What the load tests have spoken: jobs of fifty inputs of sixty characters, all different, the same each run."""

from __future__ import annotations

import os
import random

JOBS = int(os.environ.get("LOAD_JOBS", "200"))
"""Fewer make a quick look, not a proof."""
INPUTS = 50
CHARACTERS = 60
OUTPUT_FORMAT = "audio-24khz-48kbitrate-mono-mp3"
VOICE = "en-US-JennyNeural"

_TEXT = """
the a boat river morning light paper market green small walks finds opens letter garden winter under silver quick
seven people talk about every house window street never always bridge stone water on in by old two red tea ink
"""
_WORDS = _TEXT.split()


def job_inputs(jobs: int) -> list[list[str]]:
    """The inputs of each job, in order."""
    draw = random.Random(60)
    seen: set[str] = set()
    while len(seen) < jobs * INPUTS:
        seen.add(_sentence(draw))
    texts = sorted(seen)
    draw.shuffle(texts)
    return [texts[start : start + INPUTS] for start in range(0, len(texts), INPUTS)]


def _sentence(draw: random.Random) -> str:
    while True:
        words: list[str] = []
        while len(text := " ".join(words)) < CHARACTERS - 1:
            words.append(draw.choice(_WORDS))
        if len(text) == CHARACTERS - 1:
            return text.capitalize() + "."
