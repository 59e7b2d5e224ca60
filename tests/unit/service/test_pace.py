"""The longest text that a request holds can be made into a file of each format before the host ends its archiver."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.batchapi.formats import FORMATS
from shared.batchapi.versions import GA
from shared.errors import InputError
from shared.service.pace import pace
from shared.settings import Settings
from speechdrop.devhost.hostjson import parse

ROOT = Path(__file__).parents[3]
LIFE = Settings().function_timeout_seconds
CHARACTERS_PER_SECOND = 16
"""Of English prose, as the built-in voice speaks it."""
LONGEST_TEXT = GA.max_body_bytes / CHARACTERS_PER_SECOND
HOURS = {"mp3": 88, "opus": 88, "truesilk": 60, "amr-wb": 38, "pcm": 160, "alaw": 160, "mulaw": 160, "g722": 160}
"""Of sound, at most, by codec."""
CARE_HOURS = {"opus": 24, "truesilk": 22}
NAMES = {"mp3": "MP3", "opus": "Opus", "truesilk": "SILK", "amr-wb": "AMR-WB", "pcm": "PCM, G.711 and G.722"}

every_format = pytest.mark.parametrize("name", FORMATS)


@every_format
def test_a_body_at_its_limit_that_is_all_text_can_be_made(name: str) -> None:
    pace(name, LONGEST_TEXT, LIFE).take(LONGEST_TEXT)


@every_format
def test_the_longest_sound_is_what_the_page_says(name: str) -> None:
    codec = FORMATS[name].codec
    assert int(pace(name, 1000 * 3600, LIFE).longest / 3600) == HOURS[codec]
    care = 3600 * CARE_HOURS.get(codec, HOURS[codec])
    assert not pace(name, care, LIFE).quick
    assert pace(name, care + 3600, LIFE).quick
    page = (ROOT / "docs/api-compatibility.md").read_text()
    assert all(f"{told} {HOURS[codec]} h" in page for codec, told in NAMES.items())
    assert all(f"{NAMES[codec]} over {hours}" in page for codec, hours in CARE_HOURS.items())


def test_what_comes_before_counts() -> None:
    paced = pace("ogg-24khz-16bit-mono-opus", 1000 * 3600, LIFE)
    paced.take(paced.longest / 2)
    with pytest.raises(InputError, match="with that of the long inputs before it"):
        paced.take(paced.longest / 2 + 1)
    paced.take(paced.longest / 2)


def test_the_host_gives_the_time_that_is_counted_on() -> None:
    assert parse(json.loads((ROOT / "host.json").read_text()), {}, cores=1).timeout_seconds == LIFE
