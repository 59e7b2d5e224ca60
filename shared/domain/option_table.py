"""Every option as a row: what it is for, what acts on it, and which values it takes. `options` has the fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from shared.batchapi.formats import FORMATS
from shared.domain import option_values as values
from shared.domain.option_values import Values
from shared.ssml import prosody
from shared.ssml.spoken import LONGEST_PAUSE


class Acts(Enum):
    """Where an option takes effect."""

    JOB = auto()
    """In the properties of the job, whatever it speaks."""
    CONFIG = auto()
    """In the job's `synthesisConfig` where it speaks plain text, else in the text of each input."""
    TEXT = auto()
    """In the text of each input, as SSML."""
    AFTER = auto()
    """On what the job brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    about: str
    acts: Acts
    values: Values


_NAME = values.text(r"[A-Za-z][A-Za-z0-9_-]{0,63}", "a name of letters, digits, - and _")
_WORDS = "or one of "

OPTIONS: Mapping[str, Option] = {
    "voice": Option(
        about="Name of the voice, as the endpoint has it",
        acts=Acts.CONFIG,
        values=values.text(r"[!-~]{1,100}", 'the name of a voice, such as "en-GB-SoniaNeural"'),
    ),
    "language": Option(
        about="Locale in which a multilingual voice is to speak; without it, the voice's own",
        acts=Acts.TEXT,
        values=values.text(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", 'a locale, such as "de-DE"'),
    ),
    "style": Option(about="Speaking style, for voices that have some", acts=Acts.CONFIG, values=_NAME),
    "style_degree": Option(about="How strong the style is", acts=Acts.CONFIG, values=values.number(0.01, 2)),
    "role": Option(about="Role that the voice plays, for voices that have some", acts=Acts.CONFIG, values=_NAME),
    "rate": Option(
        about="Speed",
        acts=Acts.CONFIG,
        values=values.text_or_number(
            prosody.RATE,
            'a number from 0.5 to 2, a percentage of change such as "+10%" or "-20%", '
            + _WORDS
            + ", ".join(prosody.RATES),
            low=0.5,
            high=2,
        ),
    ),
    "pitch": Option(
        about="Pitch",
        acts=Acts.CONFIG,
        values=values.text(
            prosody.PITCH,
            'a change such as "+5%", "-2st" or "+20Hz", a pitch such as "180Hz", '
            + _WORDS
            + ", ".join(prosody.PITCHES),
        ),
    ),
    "volume": Option(
        about="Volume",
        acts=Acts.CONFIG,
        values=values.text_or_number(
            prosody.VOLUME,
            'a number from 0 to 100, a change such as "+10", "-10" or "-20%", ' + _WORDS + ", ".join(prosody.VOLUMES),
            low=0,
            high=100,
        ),
    ),
    "paragraph_pause_ms": Option(
        about="Pause between two paragraphs, in milliseconds; 0: what is natural",
        acts=Acts.TEXT,
        values=values.count(0, LONGEST_PAUSE),
    ),
    "lexicon": Option(
        about="How words are pronounced; the lexicons of all sources hold together, word by word",
        acts=Acts.TEXT,
        values=values.lexicon(),
    ),
    "output_format": Option(
        about="Azure's name of the audio format",
        acts=Acts.JOB,
        values=values.one_of(
            tuple(FORMATS),
            "one of the API's output formats, such as riff-24khz-16bit-mono-pcm, audio-24khz-48kbitrate-mono-mp3 "
            "or ogg-24khz-16bit-mono-opus",
        ),
    ),
    "word_boundary": Option(about="Times of the words, as files", acts=Acts.JOB, values=values.flag()),
    "sentence_boundary": Option(about="Times of the sentences, as files", acts=Acts.JOB, values=values.flag()),
    "combined": Option(about="One audio file of the whole document besides", acts=Acts.AFTER, values=values.flag()),
    "subtitles": Option(
        about="Subtitles of the whole document; they turn both boundaries on",
        acts=Acts.AFTER,
        values=values.several(("srt", "vtt")),
    ),
    "m4b": Option(about="An audio book with chapters besides", acts=Acts.AFTER, values=values.flag()),
}
"""By name, in the order of the documentation."""


def schema() -> dict[str, Any]:
    """The JSON Schema of an option file, as docs/options.schema.json has it."""
    members = {
        name: {"description": option.about, "anyOf": [dict(option.values.schema), {"type": "null"}]}
        for name, option in OPTIONS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Speechdrop options: _speechdrop.json, or <name of a document>.json",
        "description": "null: as if no folder above had set it.",
        "type": "object",
        "properties": {SCHEMA_MEMBER: {"type": "string"}, **members},
        "additionalProperties": False,
    }


SCHEMA_MEMBER = "$schema"
"""For editors; not an option."""
