"""SSML elements that name files: recordings, a background, lexicons. Where nothing may be fetched they say nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from shared.batchapi.model import LONGEST_FADE, LONGEST_SOURCE, LOUDEST, Background
from shared.ssml.inside import End, Inside, Start, Text, milliseconds
from shared.ssml.spans import Clip, Say

LONGEST_INSTEAD = 2000
"""Characters that may stand in for a recording; where there are more, they are spoken and nothing is fetched."""
MOST_LEXICONS = 5
"""Of one voice."""

_LOUDNESS = re.compile(r"\d{1,9}(?:\.\d{0,9})?")


def audio(start: Start) -> tuple[Inside, End | None]:
    """A recording in what stands in for another is not fetched."""
    url, spoken = start.get("src"), start.spoken
    if not (start.inside.fetching and _fetchable(url)):
        return start.inside, None
    mark = spoken.mark()

    def end() -> None:
        instead = spoken.take(mark)
        short = sum(len(span.text) for span in instead if isinstance(span, Say)) <= LONGEST_INSTEAD
        spoken.put([Clip(url, tuple(instead))] if short else instead)

    return replace(start.inside, fetching=False), end


def _fetchable(url: str) -> bool:
    return url.lower().startswith("https://") and len(url) <= LONGEST_SOURCE


def background(start: Start) -> tuple[Inside, End | None]:
    if start.inside.fetching and _fetchable(start.get("src")):
        volume = _LOUDNESS.fullmatch(start.get("volume"))
        background = Background(
            url=start.get("src"),
            volume=min(float(volume[0]), LOUDEST) if volume else 1.0,
            fade_in=_fade(start.get("fadein")),
            fade_out=_fade(start.get("fadeout")),
        )
        start.inside.backgrounds.append(background)
    return replace(start.inside, text=Text.SKIPPED), None


def _fade(value: str) -> int:
    """A bare number is in milliseconds."""
    time = milliseconds(f"{value}ms" if value.isdigit() else value)
    return min(time or 0, LONGEST_FADE)


def lexicon(start: Start) -> tuple[Inside, End | None]:
    url, lexicons = start.get("uri"), start.inside.wishes.lexicons
    if start.inside.fetching and _fetchable(url) and url not in lexicons and len(lexicons) < MOST_LEXICONS:
        lexicons.append(url)
    return start.inside, None
